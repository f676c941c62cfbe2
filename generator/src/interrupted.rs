//! TERM, INT and HUP (on Windows a closed console): what was begun is taken away, a program that
//! was started is ended, and then this one ends.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use tempfile::NamedTempFile;

/// How often a program that was started is looked at.
const POLL: Duration = Duration::from_millis(20);

/// What is to be taken away: files, and folders with all that is in them.
static LEFTOVERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Folders that are taken away after that, as far as nothing is in them; the innermost first.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What is done about things that no path of this machine leads to, with what tells one from another.
static UNDOINGS: Mutex<Vec<(Arc<()>, Undo)>> = Mutex::new(Vec::new());

/// What is done when a signal comes.
type Undo = Box<dyn FnOnce() + Send>;

/// Programs that run for us.
static CHILDREN: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

/// Programs whose streams somebody here reads and writes.
static RUNNING: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

/// How many works are there that end in order by themselves when they are told to.
static IN_ORDER: Mutex<usize> = Mutex::new(0);

/// Has a signal come while such a work was going on?
static TOLD_TO_END: AtomicBool = AtomicBool::new(false);

/// Held while stopping would leave a thing half done.
static UNDISTURBED: Mutex<()> = Mutex::new(());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the signals tidy up and end the program with this exit code. One that whoever
/// started it ignores, as `nohup` does with HUP, stays ignored.
///
/// # Errors
/// The system takes no handler; the program then ends as if there were none.
pub fn tidy_up_on_signals(exit_code: i32) -> io::Result<()> {
    on_signal(move || {
        // The second one does not wait for the order of the first.
        if *locked(&IN_ORDER) > 0 && !TOLD_TO_END.swap(true, Ordering::SeqCst) {
            return;
        }
        // All held to the end: nothing new is begun meanwhile.
        let _undisturbed = locked(&UNDISTURBED);
        let children = locked(&CHILDREN);
        let running = locked(&RUNNING);
        for child in children.iter() {
            end_with_its_own(&mut locked(child), &[]);
        }
        for child in running.iter() {
            let mut child = locked(child);
            let _ = child.kill();
            let _ = child.wait();
        }
        let mut undoings = locked(&UNDOINGS);
        // What was begun last stands in what was begun before.
        while let Some((_, undo)) = undoings.pop() {
            undo();
        }
        let leftovers = locked(&LEFTOVERS);
        for leftover in leftovers.iter() {
            remove(leftover);
        }
        for temporary in temporaries() {
            remove(&temporary);
        }
        for folder in locked(&FOLDERS).iter() {
            let _ = fs::remove_dir(folder);
        }
        end(exit_code);
    })
}

#[cfg(unix)]
fn on_signal(act: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let heard = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| !is_ignored(&status, *signal));
    let mut signals = signal_hook::iterator::Signals::new(heard)?;
    thread::Builder::new().spawn(move || {
        for _ in signals.forever() {
            act();
        }
    })?;
    Ok(())
}

/// Read in the mask `SigIgn` of proc(5), whose lowest bit is signal 1. Systems without it do not
/// tell without unsafe code; there no signal counts as ignored.
#[cfg(unix)]
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

#[cfg(not(unix))]
fn on_signal(act: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(act).map_err(io::Error::other)
}

/// Ends a program and, where the system keeps them together, all that it started; not those programs of ours
/// that are `others`.
fn end_with_its_own(child: &mut Child, others: &[u32]) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
    #[cfg(target_os = "linux")]
    end_orphans(others);
    #[cfg(not(target_os = "linux"))]
    let _ = others;
}

/// Ends every process that came to this one because its own parent ended, until there is none. The kernel
/// gives them to the first thread, in whose list programs of ours may be, too, when it started them.
#[cfg(target_os = "linux")]
fn end_orphans(others: &[u32]) {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
    const ROUNDS: usize = 50;
    let list = format!("/proc/self/task/{}/children", std::process::id());
    let children = || -> Vec<Pid> {
        let list = fs::read_to_string(&list).unwrap_or_default();
        let pids = list.split_whitespace().map(str::parse::<i32>);
        pids.flatten()
            .filter(|pid| u32::try_from(*pid).is_ok_and(|pid| !others.contains(&pid)))
            .filter_map(Pid::from_raw)
            .collect()
    };
    for _ in 0..ROUNDS {
        let orphans = children();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            let _ = kill_process(orphan, Signal::KILL);
            let _ = waitpid(Some(orphan), WaitOptions::empty());
        }
    }
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
    const TRIES: usize = 100;
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

/// Folders that a signal takes away when they are empty by then, until this is dropped.
#[derive(Debug)]
pub struct EmptyFolders(Vec<PathBuf>);

impl EmptyFolders {
    /// From before they are made; the innermost first.
    pub fn at(folders: &[PathBuf]) -> Self {
        locked(&FOLDERS).extend_from_slice(folders);
        Self(folders.to_vec())
    }
}

impl Drop for EmptyFolders {
    fn drop(&mut self) {
        locked(&FOLDERS).retain(|folder| !self.0.contains(folder));
    }
}

/// Something that a signal undoes, until this is dropped.
#[derive(Debug)]
pub struct Begun(Arc<()>);

impl Begun {
    /// From before it is begun. What undoes it must come to an end by itself, and goes neither through
    /// [`undisturbed`] nor through [`Running::start`], and begins nothing that is undone: a signal holds
    /// all three.
    pub fn undone_by(undo: impl FnOnce() + Send + 'static) -> Self {
        let known = Arc::new(());
        locked(&UNDOINGS).push((Arc::clone(&known), Box::new(undo)));
        Self(known)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        locked(&UNDOINGS).retain(|(known, _)| !Arc::ptr_eq(known, &self.0));
    }
}

/// A work that looks whether a signal [`came`](InOrder::is_told_to_end) and then ends in order: until this is
/// dropped, the first signal tells it, and the second one ends the program as always.
#[derive(Debug)]
pub struct InOrder(());

impl InOrder {
    /// From before anything is begun.
    pub fn begin() -> Self {
        *locked(&IN_ORDER) += 1;
        Self(())
    }

    /// Has a signal come?
    pub fn is_told_to_end(&self) -> bool {
        TOLD_TO_END.load(Ordering::SeqCst)
    }
}

impl Drop for InOrder {
    fn drop(&mut self) {
        *locked(&IN_ORDER) -= 1;
    }
}

/// A program whose streams are read and written here.
#[derive(Debug)]
pub struct Running {
    child: Arc<Mutex<Child>>,
    /// Does a signal end it?
    is_known: bool,
}

/// Standard input, output and error of a program, as far as they are pipes.
pub type Streams = (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>);

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        // A signal finds it, or it is never started.
        let mut running = locked(&RUNNING);
        let mut started = Self::start_to_undo(command)?;
        running.push(Arc::clone(&started.child));
        started.is_known = true;
        Ok(started)
    }

    /// Starts one that a signal does not end, because it is what a signal does.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_to_undo(command: &mut Command) -> io::Result<Self> {
        let child = Arc::new(Mutex::new(command.spawn()?));
        Ok(Self {
            child,
            is_known: false,
        })
    }

    /// Its streams, once.
    pub fn streams(&self) -> Streams {
        let mut child = locked(&self.child);
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    }

    /// Ends it.
    pub fn kill(&self) {
        let _ = locked(&self.child).kill();
    }

    /// Waits until it has ended; its streams have, so that is soon.
    ///
    /// # Errors
    /// The system cannot say how it ended.
    pub fn wait(&self) -> io::Result<ExitStatus> {
        const SOON: Duration = Duration::from_millis(1);
        loop {
            // Not held while this sleeps: a signal takes it.
            if let Some(status) = locked(&self.child).try_wait()? {
                return Ok(status);
            }
            thread::sleep(SOON);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What a signal does holds the list, and a program of its own is not in it.
        if self.is_known {
            locked(&RUNNING).retain(|child| !Arc::ptr_eq(child, &self.child));
        }
    }
}

/// Does what must not be cut in the middle; a signal waits for its end.
pub fn undisturbed<T>(act: impl FnOnce() -> T) -> T {
    let _undisturbed = locked(&UNDISTURBED);
    act()
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With a status of its own choice.
    Itself(ExitStatus),
    /// It took longer than it may, and was ended.
    PastLimit,
    /// Nobody wanted it any longer, and it was ended.
    Unwanted,
}

/// Starts a program and waits for it, for so long at most and until `unwanted`. It has a process
/// group of its own, so it cannot ask at the terminal. Unless it succeeds, all that it started is
/// ended with it: on Linux also what left its group, because this process becomes the parent of
/// orphans (`PR_SET_CHILD_SUBREAPER`). What a program that succeeds leaves running is its own
/// affair: agents that keep keys stay.
///
/// # Errors
/// It does not start, or the system cannot say how it ended.
pub fn run(
    command: &mut Command,
    limit: Duration,
    unwanted: &dyn Fn() -> bool,
) -> io::Result<Ended> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    // `CREATE_NEW_PROCESS_GROUP` (process creation flags): Ctrl-C is for this program alone, which decides
    // what becomes of the other.
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(command, 0x200);
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let child = {
        // A signal finds it, or it is never started.
        let mut children = locked(&CHILDREN);
        let child = Arc::new(Mutex::new(command.spawn()?));
        children.push(Arc::clone(&child));
        child
    };
    let begun = Instant::now();
    let ended = loop {
        // Not held while this sleeps: a signal takes it.
        let found = locked(&child).try_wait();
        let ended = match found {
            Ok(Some(status)) => Some(Ok(Ended::Itself(status))),
            Ok(None) if begun.elapsed() >= limit => Some(Ok(Ended::PastLimit)),
            Ok(None) if unwanted() => Some(Ok(Ended::Unwanted)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        };
        if let Some(ended) = ended {
            if !matches!(ended, Ok(Ended::Itself(status)) if status.success()) {
                // Held: what starts meanwhile would be taken for one of its own.
                let (children, running) = (locked(&CHILDREN), locked(&RUNNING));
                let known = children.iter().chain(running.iter());
                let others: Vec<u32> = known
                    .filter(|known| !Arc::ptr_eq(known, &child))
                    .map(|known| locked(known).id())
                    .collect();
                end_with_its_own(&mut locked(&child), &others);
            }
            break ended;
        }
        thread::sleep(POLL);
    };
    locked(&CHILDREN).retain(|known| !Arc::ptr_eq(known, &child));
    ended
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Tests of one process, and whoever signs two bundles at once in it, do not meet.
    #[test]
    fn programs_that_run_at_once_are_each_waited_for_and_leave_the_others_alone() {
        let ended = |script: &str, limit| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            run(&mut command, limit, &|| false).unwrap()
        };
        let long = Duration::from_secs(60);
        thread::scope(|scope| {
            let patient: Vec<_> = (0..4)
                .map(|_| scope.spawn(move || ended("sleep 1", long)))
                .collect();
            for _ in 0..4 {
                let cut = ended("sleep 60", Duration::from_millis(100));
                assert_eq!(cut, Ended::PastLimit);
            }
            for one in patient {
                let found = one.join().unwrap();
                assert!(
                    matches!(found, Ended::Itself(status) if status.success()),
                    "{found:?}"
                );
            }
        });
    }

    #[test]
    fn ignored_signals_are_read_in_the_mask() {
        let status = "SigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        for (signal, ignored) in [(1, true), (2, false), (13, true), (15, false)] {
            assert_eq!(is_ignored(status, signal), ignored, "{signal}");
        }
        assert!(!is_ignored("", 1));
    }
}
