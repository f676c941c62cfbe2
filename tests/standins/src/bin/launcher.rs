//! `launcher RESULT [SERVICE…] -- PROGRAM [ARGUMENT…]` gives the machine its name, waits until
//! those of the services that start by themselves run, starts a program, waits for it and
//! writes to RESULT how it ended.
//!
//! Needed because an exit code reaches Linux cut to 8 bits (3010 arrives as 194). RESULT is
//! written beside and renamed, so that it is there whole or not at all.
//!
//! The name stands in `C:\standins\name.txt` as `host.domain`. Wine names the machine after the
//! one it runs on each time a prefix starts, so the name is written again by every launch.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match windows::launch(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            windows::complain(&why);
            std::process::ExitCode::from(3)
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::path::Path;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use gangway_standins::FOLDER;
    use gangway_standins::windows::{process, registry, service};

    /// Auto-start services of a prefix come up within this time, also on a busy machine.
    const SERVICE_LIMIT: Duration = Duration::from_secs(60);

    /// A service that does not run by then is started here. Wine's service manager tries each
    /// once when the prefix starts; where that one try fails on a busy machine, the service
    /// stays away for good.
    const OWN_START: Duration = Duration::from_secs(5);

    pub(super) fn launch(arguments: &[String]) -> Result<(), String> {
        let split = arguments.iter().position(|argument| argument == "--");
        let (own, program) = arguments.split_at(split.ok_or("missing `--`")?);
        let [_, program, rest @ ..] = program else {
            return Err("missing program".to_owned());
        };
        let [result, services @ ..] = own else {
            return Err("missing result file".to_owned());
        };
        name_machine()?;
        for name in services {
            wait_for_service(name)?;
        }
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(rest)
            .spawn()
            .map_err(|error| format!("start `{program}`: {error}"))?;
        let status = child.wait().map_err(|error| error.to_string())?;
        let text = serde_json::json!({
            "exit_code": status.code(),
            "elapsed_ms": u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            "peak_memory_bytes": process::peak_memory(&child),
        })
        .to_string();
        let beside = format!("{result}.tmp");
        std::fs::write(Path::new(&beside), text)
            .and_then(|()| std::fs::rename(&beside, result))
            .map_err(|error| format!("write `{result}`: {error}"))
    }

    fn name_machine() -> Result<(), String> {
        const TCPIP: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
        const NAMES: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName";
        let Ok(text) = std::fs::read_to_string(Path::new(FOLDER).join("name.txt")) else {
            return Ok(());
        };
        let (host, domain) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let netbios = host.to_uppercase();
        for (key, name, value) in [
            (TCPIP.to_owned(), "Hostname", host),
            (TCPIP.to_owned(), "Domain", domain),
            (format!(r"{NAMES}\ComputerName"), "ComputerName", &netbios),
            (
                format!(r"{NAMES}\ActiveComputerName"),
                "ComputerName",
                &netbios,
            ),
        ] {
            registry::set_text(&key, name, value)
                .map_err(|error| format!("name the machine, `{key}`: {error}"))?;
        }
        Ok(())
    }

    fn wait_for_service(name: &str) -> Result<(), String> {
        let start = Instant::now();
        let mut next_try = OWN_START;
        let mut last = None;
        while start.elapsed() < SERVICE_LIMIT {
            // One that was offboarded or uninstalled since does not start any more.
            if !service::is_automatic(name) || matches!(service::is_running(name), Ok(true)) {
                return Ok(());
            }
            if start.elapsed() >= next_try {
                next_try += OWN_START;
                last = service::start(name).err();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!(
            "service `{name}` does not run; last start: {last:?}"
        ))
    }

    #[expect(clippy::print_stderr, reason = "a program's error text")]
    pub(super) fn complain(why: &str) {
        eprintln!("launcher: {why}");
    }
}
