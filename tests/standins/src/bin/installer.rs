//! Stands in for another installer at work, as a service: holds the mutex of the Windows Installer,
//! which Wine's does not have, from its start until the test puts `C:\standins\installer-ended.txt`.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    use gangway_standins::windows::service;

    match service::run("", windows::work) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}

#[cfg(windows)]
mod windows {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use gangway_standins::FOLDER;
    use gangway_standins::windows::mutex;
    use gangway_standins::windows::service::Status;

    /// No test holds it longer.
    const LIMIT: Duration = Duration::from_secs(300);

    pub(super) fn work(status: &Status) {
        let Ok(held) = mutex::hold(r"Global\_MSIExecute") else {
            status.stopped(1);
            return;
        };
        // Only now: a program that waits for this service finds the mutex held.
        status.running();
        let start = Instant::now();
        let ended = Path::new(FOLDER).join("installer-ended.txt");
        while start.elapsed() < LIMIT && !ended.exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(held);
        status.run_until_stopped();
    }
}
