//! Problem codes of fleet reports (`GW4xxx`).

use crate::problem::{Code, Severity};

/// A file among the reports that is none.
pub static UNREADABLE_REPORT: Code = Code {
    id: "GW4001",
    severity: Severity::Warning,
    title: "a report cannot be understood",
    page: "The file is no report of a bootstrap, is larger than any report, or was cut off while \
it was written. It counts for nothing, and the server it may belong to is judged by its other \
reports.\n\nLook at the file named. Reports end in `.json`; a bootstrap writes `.tmp` first and \
renames it when it is whole.",
};

/// A report of a server that nobody expected.
pub static UNEXPECTED_SERVER: Code = Code {
    id: "GW4002",
    severity: Severity::Warning,
    title: "servers report that the list of expected ones does not name",
    page: "The list given with `--expected` decides whose state counts: the share of servers that \
are done, and the threshold, are of its servers alone. A server that reports and is not on it is \
new, was renamed, or lies in a unit that the export left out; or the policy reaches further than \
it was meant to.\n\nExport the list again. When the server is still not on it, look at where the \
policy is linked.",
};

/// Every code of this folder, by number.
pub static ALL: &[&Code] = &[&UNREADABLE_REPORT, &UNEXPECTED_SERVER];
