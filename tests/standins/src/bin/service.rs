//! Stands in for a Windows service that a program under test only looks at (`WinDefend`,
//! `LanmanServer`, `DiagTrack`): it runs until it is asked to stop.
//!
//! The name under which it is installed does not matter: a service in a process of its own
//! is told apart by the service manager.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    use gangway_standins::windows::service::{self, Status};

    match service::run("", Status::run_until_stopped) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}
