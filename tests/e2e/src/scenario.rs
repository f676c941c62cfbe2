//! A scenario: a server, what is special about it, and what each run of the bootstrap must
//! say and do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use gangway_fixtures::blob::BlobSpec;
use walkdir::WalkDir;

use crate::bundle::{Bundle, REPORTS, Recipe};
use crate::deployment::{Deployment, Outcome};
use crate::given::{FOREIGN_MARK, Given};
use crate::report::HostReport;
use crate::required;
use crate::samples::{Installer, WORKSPACE_KEY};
use crate::server::{Os, Server};

/// What happens in a scenario after the server was made.
#[derive(Debug, Clone)]
enum Act {
    Run {
        arguments: Vec<&'static str>,
        state: &'static str,
        reason: &'static str,
        steps: &'static str,
    },
    Crash(&'static str),
    Until {
        state: &'static str,
        reason: &'static str,
    },
    ByHand {
        program: &'static str,
        arguments: Vec<&'static str>,
    },
    Pause(Duration),
    Restart,
    Change(Given),
    RollOut(Vec<&'static str>),
    Orders(&'static str, &'static str),
    ShareBack,
    SensorEnds,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Scenario {
    os: Os,
    given: Vec<Given>,
    recipe: Vec<(&'static str, String)>,
    downloads: Vec<&'static str>,
    installers: Vec<Installer>,
    mode: Option<&'static str>,
    as_of: Option<i64>,
    script: bool,
    stub: &'static str,
    once: Vec<&'static str>,
    acts: Vec<Act>,
}

impl Scenario {
    /// A freshly installed server of the product.
    pub fn on(os: Os) -> Self {
        Self {
            os,
            given: Vec::new(),
            recipe: Vec::new(),
            downloads: vec!["downloads"],
            installers: Vec::new(),
            mode: None,
            as_of: None,
            script: false,
            stub: required::STUB,
            once: Vec::new(),
            acts: Vec::new(),
        }
    }

    /// Adds a condition.
    #[must_use]
    pub fn given(mut self, condition: Given) -> Self {
        self.given.push(condition);
        self
    }

    /// Sets a field of the config.
    #[must_use]
    pub fn config(mut self, section: &'static str, line: &str) -> Self {
        self.recipe.push((section, line.to_owned()));
        self
    }

    /// The portal's script runs, and not the bootstrap's own effects.
    #[must_use]
    pub fn by_script(mut self) -> Self {
        self.script = true;
        self
    }

    /// Adds a folder of the samples to the downloads.
    #[must_use]
    pub fn staged(mut self, folder: &'static str) -> Self {
        self.downloads.push(folder);
        self
    }

    /// Adds an installer that follows orders to the downloads.
    #[must_use]
    pub fn staged_installer(mut self, installer: Installer) -> Self {
        self.installers.push(installer);
        self
    }

    /// The downloads are these folders of the samples alone.
    #[must_use]
    pub fn downloads(mut self, folders: &[&'static str]) -> Self {
        self.downloads = folders.to_vec();
        self
    }

    /// The downloads are one folder of the samples alone, built for the mode.
    #[must_use]
    pub fn built_for(mut self, mode: &'static str, folder: &'static str) -> Self {
        self.downloads = vec![folder];
        self.mode = Some(mode);
        self
    }

    /// The bundle was built at this moment, in seconds since 1970 UTC.
    #[must_use]
    pub fn built_at(mut self, moment: i64) -> Self {
        self.as_of = Some(moment);
        self
    }

    /// The bootstrap runs as the task runs it: the state and reason it reports, and the steps
    /// it took, separated by blanks.
    #[must_use]
    pub fn run(self, state: &'static str, reason: &'static str, steps: &'static str) -> Self {
        self.run_with(&[], state, reason, steps)
    }

    /// As [`Scenario::run`], with arguments.
    #[must_use]
    pub fn run_with(
        mut self,
        arguments: &[&'static str],
        state: &'static str,
        reason: &'static str,
        steps: &'static str,
    ) -> Self {
        self.acts.push(Act::Run {
            arguments: arguments.to_vec(),
            state,
            reason,
            steps,
        });
        self
    }

    /// The bootstrap runs and is killed at a point of its journal, such as
    /// `after:install-agent-started`; it must get there.
    #[must_use]
    pub fn crash(mut self, at: &'static str) -> Self {
        self.stub = required::CRASH_STUB;
        self.acts.push(Act::Crash(at));
        self
    }

    /// The bootstrap runs again and again, as at each refresh of Group Policy, until it
    /// reports this state; waiting is all it may say before. A restart that it asks for
    /// follows.
    #[must_use]
    pub fn until(mut self, state: &'static str, reason: &'static str) -> Self {
        self.acts.push(Act::Until { state, reason });
        self
    }

    /// In the end the stand-in `program` was called at most once with each list of arguments:
    /// for programs that must not be started twice.
    #[must_use]
    pub fn once(mut self, program: &'static str) -> Self {
        self.once.push(program);
        self
    }

    /// An administrator runs a program, which must end with 0.
    #[must_use]
    pub fn by_hand(mut self, program: &'static str, arguments: &[&'static str]) -> Self {
        self.acts.push(Act::ByHand {
            program,
            arguments: arguments.to_vec(),
        });
        self
    }

    /// Time passes.
    #[must_use]
    pub fn pause(mut self, seconds: u64) -> Self {
        self.acts.push(Act::Pause(Duration::from_secs(seconds)));
        self
    }

    /// The server restarts.
    #[must_use]
    pub fn restart(mut self) -> Self {
        self.acts.push(Act::Restart);
        self
    }

    /// A condition of the shares comes about.
    #[must_use]
    pub fn then(mut self, condition: Given) -> Self {
        self.acts.push(Act::Change(condition));
        self
    }

    /// An administrator runs `gangway rollout` with these arguments on the payload share.
    #[must_use]
    pub fn rolls_out(mut self, arguments: &[&'static str]) -> Self {
        self.acts.push(Act::RollOut(arguments.to_vec()));
        self
    }

    /// A stand-in gets other orders.
    #[must_use]
    pub fn orders(mut self, program: &'static str, orders: &'static str) -> Self {
        self.acts.push(Act::Orders(program, orders));
        self
    }

    /// The payload share can be reached again.
    #[must_use]
    pub fn share_back(mut self) -> Self {
        self.acts.push(Act::ShareBack);
        self
    }

    /// The sensor of the running server ends by itself.
    #[must_use]
    pub fn sensor_ends(mut self) -> Self {
        self.acts.push(Act::SensorEnds);
        self
    }

    /// Plays the scenario.
    ///
    /// # Errors
    /// Something is not as the table says; the error shows the report.
    pub fn play(&self) -> Result<()> {
        let bundle = self.bundle()?;
        let server = self
            .given
            .iter()
            .try_fold(Server::new(self.os), |server, given| given.describe(server))?;
        let deployment = Deployment::of(&bundle, server)?;
        for given in &self.given {
            given.bring_about(&bundle, &deployment)?;
        }
        for (number, act) in self.acts.iter().enumerate() {
            perform(act, &bundle, &deployment).with_context(|| format!("act {}", number + 1))?;
        }
        for program in &self.once {
            called_once(program, &deployment)?;
        }
        let foreign = deployment.server.on_c(FOREIGN_MARK);
        ensure!(!foreign.exists(), "a foreign script was executed");
        secrets_stay(&bundle, &deployment)
    }

    fn bundle(&self) -> Result<Bundle> {
        let samples = required::path(required::FIXTURES)?;
        let folders = self.downloads.iter().map(|name| Ok(samples.join(name)));
        let installers = self.installers.iter().map(|installer| installer.path());
        let folders: Vec<PathBuf> = folders.chain(installers).collect::<Result<_>>()?;
        let paths: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        let mut recipe = Recipe::of_samples()?
            .with_downloads(&paths)
            .with_stub(self.stub)
            .with("rollout", "retry_wait_s = 0");
        if self.script {
            recipe = recipe.applying_script();
        }
        if let Some(mode) = self.mode {
            recipe = recipe.with_mode(mode);
        }
        if let Some(moment) = self.as_of {
            recipe = recipe.built_at(moment);
        }
        for (section, line) in &self.recipe {
            recipe = recipe.with(section, line);
        }
        recipe.bundle()
    }
}

fn perform(act: &Act, bundle: &Bundle, deployment: &Deployment) -> Result<()> {
    match act {
        Act::Run {
            arguments,
            state,
            reason,
            steps,
        } => {
            let outcome = deployment.run_with(arguments)?;
            check(deployment, &outcome, state, reason, steps)
        }
        Act::Crash(at) => crash(bundle, deployment, at),
        Act::Until { state, reason } => run_until(deployment, state, reason),
        Act::ByHand { program, arguments } => by_hand(deployment, program, arguments),
        Act::Pause(time) => {
            std::thread::sleep(*time);
            Ok(())
        }
        Act::Restart => deployment.server.restart(),
        Act::Change(given) => given.bring_about(bundle, deployment),
        Act::RollOut(arguments) => roll_out(bundle, deployment, arguments),
        Act::Orders(program, orders) => give_orders(deployment, program, orders),
        Act::SensorEnds => sensor_ends(deployment),
        Act::ShareBack => deployment.server.restore_share(crate::bundle::RELEASES),
    }
}

/// From the bundle, which says its sequence: nobody published it here.
fn roll_out(bundle: &Bundle, deployment: &Deployment, arguments: &[&str]) -> Result<()> {
    let mut command = std::process::Command::new(required::path(required::GANGWAY)?);
    command
        .arg("rollout")
        .arg(bundle.folder())
        .args(arguments)
        .arg("--apply")
        .arg("--to")
        .arg(deployment.server.on_share(crate::bundle::RELEASES));
    let output = command.output().context("run `gangway rollout`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`gangway rollout`: {said}");
    Ok(())
}

fn give_orders(deployment: &Deployment, program: &str, orders: &str) -> Result<()> {
    let folder = deployment.server.on_c("standins");
    let file = folder.join(format!("{program}.txt"));
    fs::write(&file, orders).with_context(|| format!("write `{}`", file.display()))
}

/// A first program starts the server and with it the sensor, which is then told to end.
fn sensor_ends(deployment: &Deployment) -> Result<()> {
    by_hand(
        deployment,
        r"C:\windows\system32\cmd.exe",
        &["/d", "/c", "exit"],
    )?;
    give_orders(deployment, "sense", "end=now")?;
    deployment.server.wait_for_end_of("MsSense.exe")?;
    give_orders(deployment, "sense", "")
}

/// Variable that tells a stub with crash points where to end.
const CRASH_POINT: &str = "gangway-crash-point";
/// How the bootstrap ends when nobody kills it.
const DOCUMENTED_CODES: [i32; 9] = [0, 2, 50, 51, 52, 53, 54, 55, 70];

/// Runs the exe from the server's own disk: from the share it would start a copy of itself,
/// which gets a clean environment and would not hear where to end.
fn crash(bundle: &Bundle, deployment: &Deployment, at: &str) -> Result<()> {
    let server = &deployment.server;
    let folder = server.on_c("crash");
    fs::create_dir_all(&folder).with_context(|| format!("create `{}`", folder.display()))?;
    let local = folder.join("bootstrap.exe");
    fs::copy(bundle.exe(), &local).with_context(|| format!("write `{}`", local.display()))?;
    let run = server.run_with(&[(CRASH_POINT, at)], r"C:\crash\bootstrap.exe", &[])?;
    ensure!(
        !DOCUMENTED_CODES.contains(&run.exit_code),
        "`{at}` was not reached: {run:?}"
    );
    Ok(())
}

/// Runs a program as a person would: when the onboarding script says that the sensor is not
/// ready yet, again a moment later. Without a console its waits end at once, so it says so
/// whenever the sensor takes longer than the script (codes 15, 35 and 40).
fn by_hand(deployment: &Deployment, program: &str, arguments: &[&str]) -> Result<()> {
    const NOT_YET: [i32; 3] = [15, 35, 40];
    const TRIES: u32 = 10;
    let mut run = deployment.server.run(program, arguments)?;
    for _ in 1..TRIES {
        if !NOT_YET.contains(&run.exit_code) {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
        run = deployment.server.run(program, arguments)?;
    }
    ensure!(run.exit_code == 0, "`{program}` by hand: {run:?}");
    Ok(())
}

fn run_until(deployment: &Deployment, state: &str, reason: &str) -> Result<()> {
    /// What a killed run left behind ends within some seconds.
    const REFRESHES: u32 = 20;
    let mut said = Vec::new();
    for _ in 0..REFRESHES {
        let outcome = deployment.run()?;
        // Also one that a killed run asked for.
        if deployment.server.owes_a_restart() {
            deployment.server.restart()?;
        }
        let report = outcome.newest_report()?;
        if (report.state.as_str(), report.reason.as_str()) == (state, reason) {
            let left = deployment.server.left_running();
            ensure!(left.is_empty(), "still running: {left:?}");
            return Ok(());
        }
        said.push(format!(
            "{} {}: {}",
            report.state, report.reason, report.detail
        ));
        // Nothing was begun, and the next refresh tries again: a process start on a server that
        // was just powered up fails at times here (error 1359).
        let not_begun = report.reason == "step-not-started";
        if report.state != "waiting" && !not_begun {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    bail!("expected {state} {reason}, found {said:#?}")
}

/// Exit codes by state, as documented.
fn exit_code(state: &str) -> Option<i32> {
    Some(match state {
        "onboarded" | "offboarded" => 0,
        "onboarded_pending_reboot" => 50,
        "waiting" => 51,
        "blocked" => 52,
        "failed" => 53,
        "refused" => 54,
        "not_targeted" => 55,
        _ => return None,
    })
}

fn check(
    deployment: &Deployment,
    outcome: &Outcome,
    state: &str,
    reason: &str,
    steps: &str,
) -> Result<()> {
    let report = outcome.newest_report()?;
    let said = (
        report.state.as_str(),
        report.reason.as_str(),
        report.steps_tried().join(" "),
    );
    ensure!(
        said == (state, reason, steps.to_owned()),
        "expected {:?}, found {said:?}\n{}",
        (state, reason, steps),
        shown(report, outcome)
    );
    ensure!(
        outcome.run.exit_code == report.exit_code,
        "the process ended with {}, the report says {}",
        outcome.run.exit_code,
        report.exit_code
    );
    if let Some(expected) = exit_code(state) {
        ensure!(
            report.exit_code == expected,
            "exit code {}",
            report.exit_code
        );
    }
    // Looking takes a moment when something runs, and this reason says that it does.
    if reason != "still-running" {
        let left = deployment.server.left_running();
        ensure!(left.is_empty(), "still running: {left:?}");
    }
    Ok(())
}

fn shown(report: &HostReport, outcome: &Outcome) -> String {
    format!(
        "detail: {}\nsteps: {:?}\nplan: {:?}\nstdout: {}\nstderr: {}",
        report.detail, report.steps, report.plan, outcome.run.stdout, outcome.run.stderr
    )
}

fn called_once(program: &str, deployment: &Deployment) -> Result<()> {
    let calls = deployment.server.calls();
    let own: Vec<&str> = calls
        .iter()
        .filter(|(name, _)| name == program)
        .map(|(_, arguments)| arguments.as_str())
        .collect();
    let mut distinct = own.clone();
    distinct.sort_unstable();
    distinct.dedup();
    ensure!(
        own.len() == distinct.len(),
        "`{program}` was called again: {own:#?}"
    );
    Ok(())
}

/// No blob and no workspace key stands in anything that the bootstrap wrote: a piece of the
/// signature of the sample blob, or of the key, would show it.
fn secrets_stay(bundle: &Bundle, deployment: &Deployment) -> Result<()> {
    let blob: serde_json::Value = serde_json::from_str(&BlobSpec::default().json())?;
    let signature = blob["sha256sig"]
        .as_str()
        .context("the sample blob has a signature")?;
    let needles = [
        signature.get(..40).context("a signature is longer")?,
        WORKSPACE_KEY.get(..40).context("a key is longer")?,
    ];
    let utf16 = |needle: &str| needle.bytes().flat_map(|byte| [byte, 0]).collect();
    let wide: Vec<Vec<u8>> = needles.iter().map(|needle| utf16(needle)).collect();
    let server = &deployment.server;
    let roots = [
        server.on_c("ProgramData/Gangway"),
        server.on_share(REPORTS),
        bundle.exe(),
    ];
    for root in roots.iter().filter(|root| root.exists()) {
        for entry in WalkDir::new(root) {
            let entry = entry.with_context(|| format!("list `{}`", root.display()))?;
            if !entry.file_type().is_file() {
                continue;
            }
            let bytes = fs::read(entry.path())
                .with_context(|| format!("read `{}`", entry.path().display()))?;
            let narrow = needles.iter().map(|needle| needle.as_bytes());
            for text in narrow.chain(wide.iter().map(Vec::as_slice)) {
                if bytes.windows(text.len()).any(|window| window == text) {
                    bail!("a blob or a key stands in `{}`", entry.path().display());
                }
            }
        }
    }
    Ok(())
}
