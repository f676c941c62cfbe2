//! State of a Windows feature, by the one tool that every Windows has for it.

use std::io::Read as _;
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gangway_contract::Fact;
use gangway_contract::facts::FeatureState;
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

use super::failure;
use crate::probe::feature_state_of;

/// It answers within seconds; a component store that is being worked on makes it wait.
const LIMIT: Duration = Duration::from_secs(60);
/// Exit code for a feature that this Windows does not have (`CBS_E_UNKNOWN_UPDATE`).
const UNKNOWN_FEATURE: u32 = 0x800f_080c;
/// Output that is read at most, in bytes.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// Asks for the state of `Windows-Defender`. The tool only reads here, so it may be ended.
pub(super) fn feature_state(system: &str) -> Fact<FeatureState> {
    let child = Command::new(format!(r"{system}\dism.exe"))
        .args([
            "/English",
            "/Online",
            "/Get-FeatureInfo",
            "/FeatureName:Windows-Defender",
        ])
        .current_dir(system)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .creation_flags(CREATE_NO_WINDOW)
        .spawn();
    match child {
        Ok(child) => answer(child),
        Err(error) => Fact::unknown(failure("start `dism.exe`", &error).to_string()),
    }
}

fn answer(mut child: Child) -> Fact<FeatureState> {
    let deadline = Instant::now() + LIMIT;
    let Some(output) = child.stdout.take() else {
        return Fact::unknown("`dism.exe` has no output");
    };
    // On a thread of its own: whatever the tool starts may hold the pipe open after its end.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(LONGEST_OUTPUT).read_to_end(&mut bytes);
        // Nobody waits for it any more when this fails.
        let _ = sender.send(read.map(|_| bytes));
    });
    let output = receiver.recv_timeout(LIMIT);
    let code = wait(&mut child, deadline);
    match (output, code) {
        (_, Some(code)) if u32::from_ne_bytes(code.to_ne_bytes()) == UNKNOWN_FEATURE => {
            Fact::Absent
        }
        (Ok(Ok(bytes)), Some(0)) => feature_state_of(&String::from_utf8_lossy(&bytes)),
        (_, Some(code)) => Fact::unknown(format!("`dism.exe` ended with code {code:x}")),
        (_, None) => Fact::unknown(format!("`dism.exe` took more than {} s", LIMIT.as_secs())),
    }
}

/// The exit code; none when the tool had to be ended.
fn wait(child: &mut Child, deadline: Instant) -> Option<i32> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return status.code();
        }
        if Instant::now() >= deadline {
            // One that has ended meanwhile cannot be ended; either way it is gone.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(100));
    }
}
