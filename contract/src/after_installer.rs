//! The start of the bootstrap by an installer package: what the package says, and what the bootstrap
//! does for it.

/// Word of the command line: an installer that waits for nothing has started this.
pub const ARGUMENT: &str = "--after-installer";

/// Seconds without a working installer, in a row, before such a run starts one. Group Policy installs
/// its packages one after the other, and the Windows Installer is free for moments between them.
pub const QUIET_S: u32 = 30;
