//! `gangway-wine-bench`: how long the bootstrap takes on a server that is done, beside a
//! program that does nothing. Part of `cargo xtask bench`; prints one line of JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use gangway_e2e::server::Run;
use gangway_e2e::{Bundle, Deployment, Os, Server, required};
use serde::Serialize;

const USAGE: &str = "usage: gangway-wine-bench --bundle DIR --rounds NUMBER";

/// Where the empty program lies on the server.
const EMPTY: &str = r"C:\bench\empty.exe";

#[expect(clippy::print_stderr, reason = "the one place where errors are shown")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match measure(&arguments) {
        Ok(figures) => {
            figures.show();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The best of all rounds; memory is the largest.
#[derive(Serialize)]
struct Figures {
    nothing_to_do_ms: u64,
    empty_ms: u64,
    peak_memory_bytes: Option<u64>,
}

impl Figures {
    #[expect(clippy::print_stdout, reason = "what this program is for")]
    fn show(&self) {
        println!("{}", serde_json::json!(self));
    }
}

fn measure(arguments: &[String]) -> Result<Figures> {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        let value = at.and_then(|at| arguments.get(at + 1));
        value.with_context(|| format!("`{name}` is missing\n{USAGE}"))
    };
    let bundle = Bundle::open(Path::new(value("--bundle")?))?;
    let rounds: u32 = value("--rounds")?.parse().context(USAGE)?;
    let empty: PathBuf = required::path(required::STANDINS)?.join("empty.exe");
    let empty = std::fs::read(&empty).with_context(|| format!("read `{}`", empty.display()))?;
    let server = Server::new(Os::Server2022).with_file("bench/empty.exe", &empty);
    let deployment = Deployment::of(&bundle, server)?;
    let first = deployment.run()?;
    ensure!(
        first.report()?.state == "onboarded",
        "the server is not onboarded: {:?}",
        first.run
    );
    let mut figures = Figures {
        nothing_to_do_ms: u64::MAX,
        empty_ms: u64::MAX,
        peak_memory_bytes: None,
    };
    for _ in 0..rounds.max(1) {
        let done = deployment.run()?.run;
        let empty = deployment.server.run(EMPTY, &[])?;
        good(&done)?;
        good(&empty)?;
        figures.nothing_to_do_ms = figures.nothing_to_do_ms.min(done.elapsed_ms);
        figures.empty_ms = figures.empty_ms.min(empty.elapsed_ms);
        figures.peak_memory_bytes = figures.peak_memory_bytes.max(done.peak_memory_bytes);
    }
    Ok(figures)
}

fn good(run: &Run) -> Result<()> {
    ensure!(run.exit_code == 0, "a run failed: {run:?}");
    Ok(())
}
