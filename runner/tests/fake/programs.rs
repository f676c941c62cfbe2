//! Programs: how they behave, what they change, and what they must never do.

use gangway_contract::step::{Change, CheckedFile};
use gangway_contract::{Sha256, Version};
use gangway_runner::machine::{Command, Machine as _, Process};

use super::Fake;

/// How a program behaves.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Exit code.
    pub(crate) code: u32,
    /// Does it bring its change about?
    pub(crate) works: bool,
    /// Seconds until its end.
    pub(crate) takes_s: i64,
    /// Seconds from its end until the change shows.
    pub(crate) shows_after_s: i64,
}

impl Act {
    pub(crate) const GOOD: Self = Self {
        code: 0,
        works: true,
        takes_s: 20,
        shows_after_s: 0,
    };

    pub(crate) fn code(code: u32, works: bool) -> Self {
        Self {
            code,
            works,
            ..Self::GOOD
        }
    }
}

/// When a change shows that the next start of Windows finishes.
pub(crate) const AT_RESTART: i64 = i64::MAX;

/// A process of the machine.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) process: Process,
    pub(super) program: String,
    pub(super) ends: i64,
    pub(super) shows: i64,
    pub(super) act: Act,
    pub(super) changes: Vec<Change>,
    /// Ends with the bootstrap.
    pub(super) in_job: bool,
    /// Made, but not let run yet.
    pub(super) suspended: bool,
}

impl Fake {
    /// A process of the machine that does not end; in `attacks` it is somebody else's.
    pub(crate) fn living_process(&mut self, program: &str) -> Process {
        let process = Process { id: 4, created: 1 };
        self.running.push(Running {
            process,
            program: program.to_owned(),
            ends: i64::MAX,
            shows: i64::MAX,
            act: Act::GOOD,
            changes: Vec::new(),
            in_job: false,
            suspended: false,
        });
        process
    }

    pub(super) fn act_of(&mut self, program: &str) -> Act {
        match self.acts.get_mut(program) {
            Some(acts) if acts.len() > 1 => acts.remove(0),
            Some(acts) => acts.first().cloned().unwrap_or(Act::GOOD),
            None => Act::GOOD,
        }
    }

    /// Programs run only bytes that are held and are those of the manifest.
    pub(super) fn check_verified(&mut self, command: &Command) {
        let folder = self.folders().release(self.manifest.release_id.as_str());
        let line = format!("{} {}", command.program, command.arguments);
        let remote = self.manifest.settings.release_root.to_string();
        if line.contains(&remote) {
            self.violations.push(format!("runs from the share: {line}"));
        }
        if let Some(exe) = &self.exe {
            let bytes = self.files.borrow().get(&command.program).cloned();
            let held = self.held.borrow().contains(&command.program);
            if bytes.as_ref() != Some(exe) || !held {
                self.violations.push(format!(
                    "`{}` is not the checked exe, held",
                    command.program
                ));
            }
        }
        let manifest = self.manifest.clone();
        for payload in &manifest.payloads {
            let path = format!(r"{folder}\{}", payload.name);
            if !line.contains(&path) {
                continue;
            }
            let bytes = self.files.borrow().get(&path).cloned().unwrap_or_default();
            if Sha256::of(&bytes) != payload.sha256 {
                self.violations.push(format!("`{path}` has other bytes"));
            }
            if !self.held.borrow().contains(&path) {
                self.violations.push(format!("`{path}` is not held"));
            }
        }
    }

    /// What a program changes in the world.
    pub(super) fn changes_of(&self, command: &Command) -> Vec<Change> {
        let line = format!("{} {}", command.program, command.arguments);
        let manifest = &self.manifest;
        let onboarded = self.onboarded();
        let has = |text: &str| line.to_ascii_lowercase().contains(text);
        match file_name(&command.program) {
            "msiexec.exe" if has("/x ") => vec![Change::AgentGone],
            "msiexec.exe" => vec![Change::SensorInstalled],
            "powershell.exe" if has("-file") => vec![Change::SensorInstalled],
            "powershell.exe" => {
                let found = self.truth.legacy.workspaces.value().into_iter().flatten();
                let ids = found.filter(|id| has(&id.to_ascii_lowercase()));
                let ids = ids.filter_map(|id| id.parse().ok());
                vec![Change::WorkspacesGone { ids: ids.collect() }]
            }
            "cmd.exe" if has("offboard") => vec![Change::Offboarded],
            "cmd.exe" | "DefenderDT.exe" => vec![onboarded],
            "wusa.exe" => [
                (
                    "kb2999226",
                    CheckedFile::Ucrtbase,
                    Version::new(10, 0, 1, 0),
                ),
                (
                    "kb3080149",
                    CheckedFile::Tdh,
                    Version::new(6, 3, 9600, 20000),
                ),
                (
                    "kb3045999",
                    CheckedFile::Ntoskrnl,
                    Version::new(6, 3, 9600, 20000),
                ),
            ]
            .into_iter()
            .filter(|(article, ..)| has(article))
            .map(|(_, file, version)| Change::FileAtLeast { file, version })
            .chain(has("kb4457127").then_some(Change::PlatformAtLeast {
                version: Version::new(4, 10, 14393, 2515),
            }))
            .collect(),
            "MpCmdRun.exe" if has("-reloadengine") => Vec::new(),
            "dism.exe" if has("/add-capability") => vec![Change::SensorInstalled],
            "dism.exe" | "MpCmdRun.exe" => vec![Change::AntivirusRuns],
            "UpdatePlatform.exe" => vec![Change::PlatformAtLeast {
                version: Version::new(4, 18, 26080, 3),
            }],
            "UpdateSenseClient.exe" => vec![Change::SensorAtLeast {
                version: Version::new(10, 8760, 27617, 1006),
            }],
            "Setup.exe" => vec![Change::ScepGone],
            "setup.exe" => manifest
                .settings
                .monitoring_agent
                .iter()
                .map(|agent| Change::WorkspaceAdded {
                    id: agent.workspace.clone(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Rules about what may be started when.
    pub(super) fn check_order(&mut self, command: &Command, process: Process) {
        let name = file_name(&command.program);
        let other = |r: &Running| r.process != process && file_name(&r.program) == name;
        if self.running.iter().any(other) {
            self.violations
                .push(format!("`{name}` is started while it runs"));
        }
        if name == "Setup.exe" && self.truth.restart.blocks() {
            self.violations
                .push("an antivirus is removed while a restart is due".to_owned());
        }
        if name == "Setup.exe" {
            self.without_antivirus = true;
        }
        if self.truth.sensor.service.value().is_some() {
            self.without_antivirus = false;
        }
        let may_restart = ["wusa.exe", "dism.exe", "MpCmdRun.exe", "UpdatePlatform.exe"];
        let reload = command.arguments == "-ReloadEngine";
        if self.without_antivirus && !reload && may_restart.contains(&name) {
            self.violations.push(format!(
                "`{name}` may ask for a restart while there is no antivirus"
            ));
        }
        let changes = self.changes_of(command);
        let unsafe_to_repeat = matches!(name, "msiexec.exe" | "DefenderDT.exe" | "setup.exe");
        if unsafe_to_repeat
            && !changes.is_empty()
            && changes.iter().all(|change| change.holds(&self.truth))
        {
            self.violations
                .push(format!("`{name}` is started although its change is there"));
        }
    }
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}
