//! Codes of Group Policy findings, `GW2xxx`: `GW20xx` what cannot be made, `GW21xx` and up what
//! the linter finds.

use crate::problem::{Code, Severity};

/// A path that clients would not take as written.
pub static UNUSABLE_PATH: Code = Code {
    id: "GW2001",
    severity: Severity::Error,
    title: "a path for the task cannot be used",
    page: "The task starts the bootstrap from a UNC path that is written into the policy as it \
           stands. A short server name, a `%`, a `$(` or more than 260 characters would make \
           each server fail without a word, so such a path is refused at build time.",
};

/// A text that a policy file cannot carry.
pub static UNUSABLE_TEXT: Code = Code {
    id: "GW2002",
    severity: Severity::Error,
    title: "a text cannot be written into a policy file",
    page: "Policy files are XML 1.0, which has no way to express most control characters, and \
           dates with four-digit years. Change the value in the config.",
};

/// A policy value that servers would ignore or misread.
pub static UNUSABLE_SETTING: Code = Code {
    id: "GW2003",
    severity: Severity::Error,
    title: "a policy value cannot be used",
    page: "The sensor and the antivirus read policy values without complaint and ignore those \
           that are not in the form they expect: the sensor's proxy is `host:port` without a \
           scheme, the antivirus proxy is a URL, a device tag has at most 200 characters, and an \
           exclusion of a whole drive would switch the protection off. Such values are refused \
           at build time.",
};

/// Every code of this concern.
pub static ALL: &[&Code] = &[&UNUSABLE_PATH, &UNUSABLE_TEXT, &UNUSABLE_SETTING];
