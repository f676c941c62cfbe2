//! `gangway-wine-demo`: starts the signed bootstrap of a bundle on emulated servers, as their
//! scheduled task would, and shows the essentials of each host report.
//!
//! Part of `cargo xtask demo`. Ends with 0 when every server reports `onboarded`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use gangway_e2e::bundle::REPORTS;
use gangway_e2e::{Bundle, Deployment, HostReport, Os, Server};

const USAGE: &str = "usage: gangway-wine-demo --bundle DIR --reports DIR --os 2016,2022";

#[expect(clippy::print_stderr, reason = "the one place where errors are shown")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Demo::of(&arguments).and_then(|demo| demo.run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

struct Demo {
    bundle: Bundle,
    reports: PathBuf,
    servers: Vec<Os>,
}

impl Demo {
    fn of(arguments: &[String]) -> Result<Self> {
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name);
            let value = at.and_then(|at| arguments.get(at + 1));
            value.with_context(|| format!("`{name}` is missing\n{USAGE}"))
        };
        let servers = value("--os")?
            .split(',')
            .map(|name| Os::named(name).with_context(|| format!("no server `{name}`\n{USAGE}")))
            .collect::<Result<_>>()?;
        Ok(Self {
            bundle: Bundle::open(Path::new(value("--bundle")?))?,
            reports: PathBuf::from(value("--reports")?),
            servers,
        })
    }

    /// Runs all servers side by side; says whether all are onboarded.
    fn run(&self) -> Result<bool> {
        fs::create_dir_all(&self.reports)
            .with_context(|| format!("create folder `{}`", self.reports.display()))?;
        let results: Vec<Result<HostReport>> = std::thread::scope(|scope| {
            let runs: Vec<_> = self
                .servers
                .iter()
                .map(|&os| scope.spawn(move || self.onboard(os)))
                .collect();
            runs.into_iter()
                .map(|run| run.join().unwrap_or_else(|_| bail!("a server broke off")))
                .collect()
        });
        let mut all_onboarded = true;
        for (os, result) in self.servers.iter().zip(results) {
            let report = result.with_context(|| format!("Server {}", os.name()))?;
            all_onboarded &= report.state == "onboarded";
            show(*os, &report);
        }
        Ok(all_onboarded)
    }

    fn onboard(&self, os: Os) -> Result<HostReport> {
        let deployment = Deployment::of(&self.bundle, Server::new(os))?;
        let outcome = deployment.run()?;
        let left = deployment.server.left_running();
        ensure!(left.is_empty(), "still running afterwards: {left:?}");
        for file in deployment.reports()?.keys() {
            let from = deployment.server.on_share(REPORTS).join(file);
            let to = self.reports.join(file);
            fs::copy(&from, &to).with_context(|| format!("write `{}`", to.display()))?;
        }
        outcome.report().cloned()
    }
}

#[expect(clippy::print_stdout, reason = "what this program is for")]
fn show(os: Os, report: &HostReport) {
    println!("{} (emulated Server {})", report.fqdn, os.name());
    println!("  state       {}", report.state);
    println!("  reason      {}", report.reason);
    println!("  org id      {}", report.org_id().unwrap_or("none"));
    for step in &report.steps {
        let code = step
            .code
            .map_or("no code".to_owned(), |code| format!("code {code}"));
        println!("  step        {}: {}, {code}", step.step, step.result);
    }
    if report.steps.is_empty() {
        println!("  step        none");
    }
    println!("  exit code   {}", report.exit_code);
    println!("  next        {}", report.next_action);
}
