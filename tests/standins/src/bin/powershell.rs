//! Stands in for `powershell.exe`: does what the sample `Install.ps1` states, in its order
//! and with its exit codes, when it is called with `-File …\Install.ps1`.
//!
//! Of `-Command` it understands one thing, the removal of workspaces through the retired
//! agent's object. Every other call (the onboarding script's one-liners) is recorded and ends
//! with 0. Orders of a test (`gangway_standins::behaviour`, program `powershell`): `sleep_ms` before any
//! work, `exit` instead of any work.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

// Not `ExitCode`, which has 8 bits: an exit code of 32 bits, as the real program has.
#[cfg(windows)]
fn main() {
    std::process::exit(windows::run());
}

#[cfg(windows)]
mod windows {
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use gangway_standins::behaviour::Behaviour;
    use gangway_standins::calls;
    use gangway_standins::install_script::{self, Arguments, Refusal};
    use gangway_standins::windows::registry;

    const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
    const SENSE: &str = r"SYSTEM\CurrentControlSet\Services\Sense";
    const DEFENDER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
    const TAMPER: &str = r"SOFTWARE\Microsoft\Windows Defender\Features";
    /// Exit code of an unhandled exception in PowerShell.
    const INTERNAL: i32 = 1;

    pub(super) fn run() -> i32 {
        let arguments = calls::own_arguments();
        let Ok(call) = calls::record("powershell", &arguments) else {
            return INTERNAL;
        };
        let orders = Behaviour::of("powershell", call, &arguments);
        if let Some(pause) = orders.number("sleep_ms") {
            std::thread::sleep(Duration::from_millis(pause));
        }
        if let Some(code) = orders.number("exit") {
            return code;
        }
        let all: Vec<String> = std::env::args().skip(1).collect();
        match Arguments::of_powershell(&all) {
            Some(Ok(arguments)) => install(&arguments).unwrap_or_else(Refusal::code),
            Some(Err(refusal)) => refusal.code(),
            None => {
                for id in install_script::workspaces_to_remove(&all) {
                    registry::delete_key(&format!(
                        r"{}\Log Analytics - {id}",
                        install_script::MMA_KEY
                    ));
                }
                0
            }
        }
    }

    fn install(arguments: &Arguments) -> Result<i32, Refusal> {
        for (script, missing) in [
            (
                &arguments.onboarding_script,
                Refusal::OnboardingScriptMissing,
            ),
            (
                &arguments.offboarding_script,
                Refusal::OffboardingScriptMissing,
            ),
        ] {
            if let Some(path) = script {
                let text = std::fs::read_to_string(path).map_err(|_| missing)?;
                install_script::check_script(&text)?;
            }
        }
        let folder = arguments.script.parent().unwrap_or(Path::new(r"C:\"));
        if !(arguments.no_msi_log && arguments.no_etl) {
            writable(folder)?;
        }
        let msi = folder.join("md4ws.msi");
        if !arguments.uninstall && !msi.is_file() {
            return Err(Refusal::MsiMissing);
        }
        if arguments.remove_mma && registry::subkeys(install_script::MMA_KEY).is_empty() {
            return Err(Refusal::Internal);
        }
        operating_system()?;
        if registry::number(DEFENDER_POLICY, "DisableAntiSpyware") == Some(1) {
            return Err(Refusal::DisabledByPolicy);
        }
        if let Some(script) = &arguments.offboarding_script {
            offboard(script)?;
        }
        if arguments.uninstall && registry::number(TAMPER, "TamperProtection") == Some(5) {
            return Err(Refusal::TamperProtected);
        }
        if registry::number(SENSE, "Start") == Some(2) {
            return Err(Refusal::StillOnboarded);
        }
        let log = folder.join(if arguments.uninstall {
            "uninstall.log"
        } else {
            "install.log"
        });
        let code = msiexec(arguments, &msi, &log)?;
        if code != 0 {
            return Ok(code);
        }
        if let Some(script) = arguments
            .onboarding_script
            .as_ref()
            .filter(|_| !arguments.uninstall)
        {
            // Only a warning in the original: the result is not looked at.
            let _ = command_script(script);
        }
        Ok(0)
    }

    fn writable(folder: &Path) -> Result<(), Refusal> {
        let probe = folder.join("9b2f3a70-write-probe.tmp");
        std::fs::write(&probe, b"")
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(|_| Refusal::FolderNotWritable)
    }

    /// 6.3, or 10.0 below build 18362; wine keeps the version text that a test chose.
    fn operating_system() -> Result<(), Refusal> {
        let version = registry::text(CURRENT_VERSION, "CurrentVersion").unwrap_or_default();
        let build = registry::text(CURRENT_VERSION, "CurrentBuildNumber").unwrap_or_default();
        install_script::check_system(&version, &build)
    }

    fn offboard(script: &Path) -> Result<(), Refusal> {
        if registry::number(SENSE, "Start") != Some(2) {
            return Err(Refusal::NotOnboarded);
        }
        let code = command_script(script)?;
        if code != 0 {
            return Err(Refusal::PassedThrough(code));
        }
        for _ in 0..30 {
            if registry::number(SENSE, "Start") != Some(2) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(Refusal::OffboardingFailed)
    }

    fn msiexec(arguments: &Arguments, msi: &Path, log: &Path) -> Result<i32, Refusal> {
        let mut command = Command::new(system32("msiexec.exe"));
        if arguments.uninstall {
            let product = product_code().ok_or(Refusal::NotInstalled)?;
            command.arg("/x").arg(product);
        } else {
            command.arg("/i").arg(msi);
        }
        command.arg("/quiet");
        if !arguments.no_msi_log {
            command.arg("/lvx*+").arg(log);
        }
        if arguments.passive {
            command.arg("FORCEPASSIVEMODE=1");
        }
        exit_code(&mut command)
    }

    fn product_code() -> Option<String> {
        registry::subkeys(UNINSTALL).into_iter().find(|key| {
            let name = registry::text(&format!(r"{UNINSTALL}\{key}"), "DisplayName");
            name.is_some_and(|name| install_script::is_agent(&name))
        })
    }

    fn command_script(script: &Path) -> Result<i32, Refusal> {
        exit_code(Command::new(system32("cmd.exe")).arg("/c").arg(script))
    }

    fn exit_code(command: &mut Command) -> Result<i32, Refusal> {
        let status = command.status().map_err(|_| Refusal::Internal)?;
        status.code().ok_or(Refusal::Internal)
    }

    fn system32(program: &str) -> PathBuf {
        Path::new(r"C:\windows\system32").join(program)
    }
}
