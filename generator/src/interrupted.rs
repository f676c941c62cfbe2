//! TERM, INT and HUP (on Windows a closed console): what was begun is taken away, a program that
//! was started is ended, and then this one ends.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use tempfile::NamedTempFile;

/// How often a program that was started is looked at.
const POLL: Duration = Duration::from_millis(20);

/// What is to be taken away: files, and folders with all that is in them.
static LEFTOVERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The program that runs for us.
static CHILD: Mutex<Option<Child>> = Mutex::new(None);

/// Held while stopping would leave a thing half done.
static UNDISTURBED: Mutex<()> = Mutex::new(());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the signals tidy up and end the program with this exit code.
///
/// # Errors
/// The system takes no handler; the program then ends as if there were none.
pub fn tidy_up_on_signals(exit_code: i32) -> io::Result<()> {
    ctrlc::set_handler(move || {
        let _undisturbed = locked(&UNDISTURBED);
        if let Some(child) = locked(&CHILD).as_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for leftover in locked(&LEFTOVERS).iter() {
            remove(leftover);
        }
        for temporary in temporaries() {
            remove(&temporary);
        }
        end(exit_code);
    })
    .map_err(io::Error::other)
}

#[expect(
    clippy::exit,
    reason = "other threads are in the middle of work that nobody wants any more"
)]
fn end(exit_code: i32) -> ! {
    std::process::exit(exit_code)
}

/// Another thread may still write into the folder, so one try may not be enough.
fn remove(path: &Path) {
    const TRIES: usize = 20;
    for _ in 0..TRIES {
        let removed = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => thread::sleep(POLL),
            _ if path.exists() => {}
            _ => return,
        }
    }
}

/// A file in the system's folder for them that a signal takes away; so does dropping it.
///
/// # Errors
/// The system refuses.
pub fn temporary() -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&prefix()).tempfile()
}

/// Of the names of this process's temporary files.
fn prefix() -> String {
    format!(".gangway-{}-", std::process::id())
}

fn temporaries() -> Vec<PathBuf> {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(&prefix())
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(ours)
        .collect()
}

/// A file or folder that a signal takes away, until this is dropped.
#[derive(Debug)]
pub struct Leftover {
    path: PathBuf,
}

impl Leftover {
    /// From before it is made.
    pub fn at(path: &Path) -> Self {
        let path = path.to_owned();
        locked(&LEFTOVERS).push(path.clone());
        Self { path }
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let mut leftovers = locked(&LEFTOVERS);
        if let Some(index) = leftovers.iter().position(|path| *path == self.path) {
            leftovers.swap_remove(index);
        }
    }
}

/// Does what must not be cut in the middle; a signal waits for its end.
pub fn undisturbed<T>(act: impl FnOnce() -> T) -> T {
    let _undisturbed = locked(&UNDISTURBED);
    act()
}

/// Waits for a program, for so long at most; none when it had to be ended.
///
/// # Errors
/// The system cannot say how it ended.
pub fn wait(child: Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    *locked(&CHILD) = Some(child);
    let begun = Instant::now();
    let ended = loop {
        if let Some(child) = locked(&CHILD).as_mut() {
            match child.try_wait() {
                Ok(None) if begun.elapsed() < limit => {}
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break Ok(None);
                }
                ended => break ended,
            }
        }
        thread::sleep(POLL);
    };
    locked(&CHILD).take();
    ended
}
