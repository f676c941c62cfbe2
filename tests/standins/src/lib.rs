//! Windows programs that stand in, under Wine, for what a real server would have: Windows
//! PowerShell running `Install.ps1`, the Defender sensor service, and small system tools.
//!
//! They are built for the stub's own target, copied into a test's Wine prefix, and never
//! shipped. Each appends its command line to [`calls`] and takes its orders from
//! [`behaviour`], both plain files below `C:\standins`, so that a test on the Linux side can
//! write and read them without Wine.

pub mod behaviour;
pub mod blob;
pub mod calls;
pub mod install_script;
#[cfg(windows)]
pub mod windows;

/// Folder of the stand-ins' files inside the prefix.
pub const FOLDER: &str = r"C:\standins";

/// What every program here says on a system that is not Windows, and its exit code.
///
/// The workspace builds on Linux as a whole; these programs mean nothing there.
#[expect(
    clippy::print_stderr,
    reason = "this is the whole program on that system"
)]
pub fn for_windows_only() -> std::process::ExitCode {
    eprintln!("error: this stand-in runs on Windows (under Wine) only");
    std::process::ExitCode::from(2)
}
