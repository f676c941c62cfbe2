//! Every code of the intake: what it means in general and what to do.

use crate::problem::{Code, Severity};

/// A given path cannot be read.
pub static UNREADABLE: Code = Code {
    id: "GW1001",
    severity: Severity::Error,
    title: "a path cannot be read",
    page: "The operating system refused to open or read the path. Nothing is known about it, \
           so nothing is built from it.\n\nCheck that the path exists and that the account \
           that runs Gangway may read it.",
};

/// A file has no bytes.
pub static EMPTY: Code = Code {
    id: "GW1002",
    severity: Severity::Error,
    title: "a file is empty",
    page: "An empty file is nearly always a download that was cut off before it began, or a \
           place holder of a file synchronisation that was never filled.\n\nDownload it again, \
           or take it out of the folder.",
};

/// A file is none of the packages that are known.
pub static UNKNOWN: Code = Code {
    id: "GW1003",
    severity: Severity::Note,
    title: "a file is not a known package",
    page: "The file is listed with its SHA-256 and left alone: it goes into no bundle. Files \
           are recognised by content, so renaming it changes nothing.",
};

/// All of them, in the order of their numbers.
pub static ALL: &[&Code] = &[&UNREADABLE, &EMPTY, &UNKNOWN];
