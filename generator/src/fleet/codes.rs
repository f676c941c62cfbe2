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

/// Every code of this folder, by number.
pub static ALL: &[&Code] = &[&UNREADABLE_REPORT];
