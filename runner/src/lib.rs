//! The bootstrap: brings one Windows Server to onboarded (or offboarded), proves what it did,
//! and can be ended at any moment.
//!
//! `look -> decide -> fetch -> act -> look -> report`. All logic stands here and is tested on
//! any system; the effects are those of [`machine::Machine`], done by `windows/` alone. The
//! decision itself is `gangway_contract::decide`.

pub mod after_installer;
pub mod bundle;
pub mod codes;
pub mod command_line;
pub mod commands;
pub mod connectivity;
mod crash_point;
pub mod daily;
pub mod data_folder;
pub mod execute;
pub mod failure;
pub mod fetch;
pub mod host_report;
pub mod journal;
mod leftovers;
pub mod machine;
pub mod path;
pub mod patience;
mod precheck;
pub mod probe;
pub mod program;
pub mod protection;
pub mod redact;
pub mod relay;
mod retire;
pub mod run;
pub mod selfcheck;
pub mod stop;
mod switch;
pub mod tell;
pub mod told;
pub mod upkeep;
pub mod verdict;
#[cfg(windows)]
pub mod windows;
