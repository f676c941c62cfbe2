//! Stands in for a small system tool under the name it is copied to (`timeout.exe`,
//! `wusa.exe`, `dism.exe`, `eventcreate.exe`, …): records the call and follows the test's
//! orders (`gangway_standins::behaviour`), else ends with 0 at once.
//!
//! Orders, all optional: `sleep_ms`; `print` (a line of output); `set_number` and `set_text`
//! (`KEY|NAME|VALUE` below `HKEY_LOCAL_MACHINE`); `delete` (`KEY|NAME`); `copy` (`FROM|TO`);
//! `extract` (a file that is copied into the folder of the argument `/t:`); `script` (a command script to run and wait for); `run` (the real program: it gets the same
//! arguments and its exit code is passed on); `exit`.
//!
//! As `timeout` it keeps the two habits that matter to the onboarding script: without a
//! console it ends at once with 1, with one it waits, a tenth of what was asked.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

// Not `ExitCode`, which has 8 bits: an exit code of 32 bits, as the real tools have.
#[cfg(windows)]
fn main() {
    std::process::exit(windows::run());
}

#[cfg(windows)]
mod windows {
    use std::io::IsTerminal as _;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use gangway_standins::behaviour::Behaviour;
    use gangway_standins::calls;
    use gangway_standins::windows::registry;

    /// Exit code when the call cannot be recorded: a value that no real tool uses.
    const NOT_RECORDED: i32 = 0x00C0_FFEE;

    pub(super) fn run() -> i32 {
        let name = calls::own_name();
        let arguments = calls::own_arguments();
        let Ok(call) = calls::record(&name, &arguments) else {
            return NOT_RECORDED;
        };
        let orders = Behaviour::of(&name, call, &arguments);
        if name == "timeout" && orders == Behaviour::default() {
            return timeout();
        }
        if let Some(pause) = orders.number("sleep_ms") {
            std::thread::sleep(Duration::from_millis(pause));
        }
        for line in orders.all("print") {
            print(line);
        }
        change_registry(&orders);
        for (from, to) in orders.all("copy").filter_map(|line| line.split_once('|')) {
            complain_unless(std::fs::copy(from, to).is_ok(), to);
        }
        for from in orders.all("extract") {
            complain_unless(extract(from).is_some(), from);
        }
        for script in orders.all("script") {
            let done = std::process::Command::new(r"C:\windows\system32\cmd.exe")
                .args(["/d", "/c", script])
                .status();
            complain_unless(done.is_ok_and(|status| status.success()), script);
        }
        if let Some(program) = orders.text("run") {
            return real(program);
        }
        orders.number("exit").unwrap_or(0)
    }

    /// Puts a file into the folder that `/t:` names, as self-extracting packages do.
    fn extract(from: &str) -> Option<()> {
        let mut arguments = std::env::args();
        let folder = arguments.find_map(|argument| argument.strip_prefix("/t:").map(PathBuf::from));
        let (from, folder) = (Path::new(from), folder?);
        std::fs::create_dir_all(&folder).ok()?;
        std::fs::copy(from, folder.join(from.file_name()?)).ok()?;
        Some(())
    }

    fn timeout() -> i32 {
        if !std::io::stdin().is_terminal() {
            return 1;
        }
        let seconds = std::env::args().find_map(|argument| argument.parse::<u64>().ok());
        std::thread::sleep(Duration::from_millis(100 * seconds.unwrap_or(0)));
        0
    }

    fn change_registry(orders: &Behaviour) {
        for (key, name, value) in orders.all("set_number").filter_map(three) {
            let done = registry::set_number(key, name, value.parse().unwrap_or(0));
            complain_unless(done.is_ok(), key);
        }
        for (key, name, value) in orders.all("set_text").filter_map(three) {
            complain_unless(registry::set_text(key, name, value).is_ok(), key);
        }
        for (key, name) in orders.all("delete").filter_map(|line| line.split_once('|')) {
            registry::delete(key, name);
        }
    }

    fn three(line: &str) -> Option<(&str, &str, &str)> {
        let (key, rest) = line.split_once('|')?;
        let (name, value) = rest.split_once('|')?;
        Some((key, name, value))
    }

    fn real(program: &str) -> i32 {
        std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .status()
            .ok()
            .and_then(|status| status.code())
            .unwrap_or(NOT_RECORDED)
    }

    #[expect(clippy::print_stdout, reason = "output that the test ordered")]
    fn print(line: &str) {
        println!("{line}");
    }

    #[expect(clippy::print_stderr, reason = "a program's error text")]
    fn complain_unless(done: bool, key: &str) {
        if !done {
            eprintln!("cannot write `{key}`");
        }
    }
}
