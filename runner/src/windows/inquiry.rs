//! Questions that only a program of Windows answers: started by its absolute path in clean
//! surroundings, with a limit of time and of bytes. The programs only read here, so that they
//! may be ended.

use std::io::Read as _;
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

use super::{environment, failure, system, system_folder};

/// Output that is read at most, in bytes.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// One question.
pub(super) struct Inquiry<'a> {
    /// Path of the program below the system folder.
    pub(super) program: &'a str,
    /// Fixed words, none from outside.
    pub(super) arguments: &'a [&'a str],
    /// How long it may take.
    pub(super) limit: Duration,
}

/// What a program wrote, and the code that it ended with.
pub(super) struct Told {
    /// The first 64 KiB.
    pub(super) output: Vec<u8>,
    /// Exit code.
    pub(super) code: u32,
}

/// Asks.
///
/// # Errors
/// The program could not be started, or took too long; in words.
pub(super) fn ask(inquiry: &Inquiry<'_>) -> Result<Told, String> {
    let folder = system_folder::system_folder();
    let windows = system_folder::windows_folder();
    let temporary = format!(r"{windows}\Temp");
    let child = Command::new(format!(r"{folder}\{}", inquiry.program))
        .args(inquiry.arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment::variables(&system::folders(), &temporary))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .creation_flags(CREATE_NO_WINDOW)
        .spawn()
        .map_err(|error| failure(format!("start `{}`", inquiry.program), &error).to_string())?;
    answer(child, inquiry)
}

fn answer(mut child: Child, inquiry: &Inquiry<'_>) -> Result<Told, String> {
    let Inquiry { program, limit, .. } = inquiry;
    let deadline = Instant::now() + *limit;
    let output = child.stdout.take();
    let output = output.ok_or_else(|| format!("`{program}` has no output"))?;
    // On a thread of its own: whatever the tool starts may hold the pipe open after its end.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(LONGEST_OUTPUT).read_to_end(&mut bytes);
        // Nobody waits for it any more when this fails.
        let _ = sender.send(read.map(|_| bytes));
    });
    let output = receiver.recv_timeout(*limit);
    let code = wait(&mut child, deadline)
        .ok_or_else(|| format!("`{program}` took more than {} s", limit.as_secs()))?;
    match output {
        Ok(Ok(output)) => Ok(Told {
            output,
            code: u32::from_ne_bytes(code.to_ne_bytes()),
        }),
        Ok(Err(_)) | Err(_) => Err(format!("the output of `{program}` cannot be read")),
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
        thread::sleep(Duration::from_millis(50));
    }
}
