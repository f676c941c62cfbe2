//! `cargo xtask bench`: the measured bars, each beside its yardstick.
//!
//! Product and yardstick take turns, so that both see the same machine; the best of all
//! rounds counts, because everything that disturbs a run makes it slower. It reports and does
//! not judge by exit code: a time depends on the machine.

mod fleet;
mod many;
mod measure;
mod packages;
mod table;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::program::Program;
use crate::programs::{self, Programs};
use crate::setup::{self, Purpose};
use crate::{fixtures, runner, say, workspace};
use measure::{Contender, Measured};
use table::{Bar, Row};

/// What `cargo xtask bench` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How often each program runs
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Size of the agent package
    #[arg(long, default_value = "300M")]
    size: String,
    /// Only rows whose name contains this
    filter: Option<String>,
}

/// Most memory that streaming a package may take.
const PACKAGE_MEMORY_BYTES: u64 = 32 * 1024 * 1024;

/// Most memory that a fleet report may take.
const FLEET_MEMORY_BYTES: u64 = 128 * 1024 * 1024;

/// What DuckDB is asked: as jq, the state of every report. It reads one field of each file when
/// it is told its type, and guesses none.
const STATES_BY_DUCKDB: &str = "import duckdb; print(duckdb.sql(\"select state, count(*) from \
    read_json('*.json', columns={state: 'VARCHAR'}) group by state\").fetchall())";

/// Most memory that the bootstrap may take when it has nothing to do.
const IDLE_MEMORY_BYTES: u64 = 16 * 1024 * 1024;

/// Share of the machine's processors that inspecting many files keeps busy.
const ALL_BUSY: f64 = 0.75;

/// What the measurement under Wine says.
#[derive(serde::Deserialize)]
struct Figures {
    nothing_to_do_ms: f64,
    empty_ms: f64,
    peak_memory_bytes: Option<u64>,
}

/// Measures and prints the table.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    setup::ensure(&[Purpose::Stub, Purpose::Sign, Purpose::Wine, Purpose::Bench])?;
    let bench = Bench::prepare(arguments)?;
    let mut rows = Vec::new();
    let wanted = |name: &str| {
        let filter = arguments.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter))
    };
    if wanted("stub") {
        rows.extend(bench.stub_size()?);
    }
    if wanted("build") {
        rows.extend(bench.build()?);
    }
    if wanted("installer package") {
        rows.extend(bench.installer_package()?);
    }
    if wanted("cabinet") {
        rows.extend(bench.cabinets()?);
    }
    if wanted("authenticode") {
        rows.extend(bench.authenticode()?);
    }
    if wanted("inspect of many files") {
        rows.extend(bench.inspect_many()?);
    }
    if wanted("nothing to do") {
        rows.extend(bench.nothing_to_do()?);
    }
    if wanted("fleet") {
        rows.extend(bench.fleet()?);
    }
    if wanted("precheck") {
        rows.extend(bench.precheck()?);
    }
    say::line("");
    for row in rows {
        say::line(row.text());
    }
    Ok(())
}

struct Bench {
    gangway: PathBuf,
    programs: Programs,
    stub: PathBuf,
    /// Holds `downloads`, `lab` and everything that is written.
    folder: PathBuf,
    rounds: u32,
}

impl Bench {
    fn prepare(arguments: &Arguments) -> Result<Self> {
        let bench = Self {
            stub: runner::stub(&[])?,
            gangway: programs::optimised_gangway()?,
            programs: Programs::build()?,
            folder: fixtures::folder(Some(&arguments.size))?,
            rounds: arguments.rounds.max(1),
        };
        say::stage(format!("sample downloads with {}", arguments.size));
        fixtures::Maker {
            program: &bench.programs.fixtures,
            standins: None,
            size: Some(&arguments.size),
            only: Some("downloads"),
        }
        .make(&bench.folder)?;
        let config = workspace::root()?.join("samples/contoso/gangway.toml");
        workspace::write_file(&bench.config(), &workspace::read_file(&config)?)?;
        // It remembers the downloads of an earlier checkout.
        remove(&bench.folder.join("gangway.lock"))?;
        Ok(bench)
    }

    fn config(&self) -> PathBuf {
        self.folder.join("gangway.toml")
    }

    fn agent(&self) -> PathBuf {
        self.folder.join("downloads/md4ws.msi")
    }

    fn stub_size(&self) -> Result<Vec<Row>> {
        let size = workspace::read_file(&self.stub)?.len() as u64;
        Ok(vec![Row {
            name: "stub, size".to_owned(),
            product: table::bytes(size),
            yardstick: None,
            ratio: None,
            bar: Bar::Bytes(1024 * 1024),
            value: size as f64,
        }])
    }

    /// The whole build against copying and hashing the one large file of it.
    fn build(&self) -> Result<Vec<Row>> {
        let out = self.folder.join("out");
        let copy = self.folder.join("copy.msi");
        let build = Contender::new("gangway build", &[&out], || {
            Program::new(&self.gangway)
                .args(["build", "--quiet", "-c"])
                .arg(self.config())
                .arg("-o")
                .arg(&out)
                .arg("--stub")
                .arg(&self.stub)
        });
        let copy_and_hash = Contender::new("cp + openssl dgst", &[&copy], || {
            Program::new("sh")
                .args(["-c", "cp -- \"$0\" \"$1\" && openssl dgst -sha256 \"$0\""])
                .arg(self.agent())
                .arg(&copy)
        });
        let (product, yardstick) = measure::by_turns(&build, &copy_and_hash, self.rounds)?;
        Ok(vec![
            compared(
                "build with the agent",
                &product,
                &yardstick,
                Bar::Times(2.0),
            ),
            memory(
                "build with the agent, memory",
                &product,
                PACKAGE_MEMORY_BYTES,
            ),
        ])
    }

    /// Judging one signature against the tool that everybody has.
    fn authenticode(&self) -> Result<Vec<Row>> {
        let inspect = Contender::new("gangway inspect", &[], || {
            Program::new(&self.gangway)
                .args(["inspect", "--quiet", "--config"])
                .arg(self.config())
                .arg(self.agent())
        });
        let root = self.folder.join("lab/root.pem");
        let osslsigncode = Contender::new("osslsigncode verify", &[], || {
            Program::new("osslsigncode")
                .args(["verify", "-CAfile"])
                .arg(&root)
                .arg("-TSA-CAfile")
                .arg(&root)
                .arg("-in")
                .arg(self.agent())
        });
        let (product, yardstick) = measure::by_turns(&inspect, &osslsigncode, self.rounds)?;
        Ok(vec![
            compared(
                "authenticode of the agent",
                &product,
                &yardstick,
                Bar::Times(0.5),
            ),
            memory(
                "authenticode of the agent, memory",
                &product,
                PACKAGE_MEMORY_BYTES,
            ),
        ])
    }

    /// Many files at once against the same on one thread.
    fn inspect_many(&self) -> Result<Vec<Row>> {
        let files = many::folder(&self.programs.fixtures, &self.folder)?;
        let inspect = || {
            Program::new(&self.gangway)
                .args(["inspect", "--quiet", "--config"])
                .arg(self.config())
                .arg(&files)
        };
        let all = Contender::new("all processors", &[], inspect);
        let one = Contender::new("one thread", &[], || {
            // The variable by which rayon sizes its pool.
            inspect().env("RAYON_NUM_THREADS", "1")
        });
        let (product, yardstick) = measure::by_turns(&all, &one, self.rounds)?;
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Reading the folder, sorting and printing are left to one of them.
        let bar = Bar::Processors(ALL_BUSY * processors as f64);
        Ok(vec![
            compared(
                "inspect of many files",
                &product,
                &yardstick,
                Bar::Times(1.0),
            ),
            Row {
                name: "inspect of many files, processors".to_owned(),
                product: format!("{:.2}", product.processors),
                yardstick: Some(format!("of {processors}")),
                ratio: None,
                bar,
                value: product.processors,
            },
            memory(
                "inspect of many files, memory",
                &product,
                PACKAGE_MEMORY_BYTES,
            ),
        ])
    }

    /// The bootstrap on an emulated server that is done, against a program that does nothing.
    fn nothing_to_do(&self) -> Result<Vec<Row>> {
        let bundle = workspace::target()?.join("demo/out");
        if !bundle.is_dir() {
            say::line("nothing to do: left out, `cargo xtask demo` makes the bundle to run");
            return Ok(Vec::new());
        }
        say::stage("bootstrap with nothing to do against an empty program");
        let figures = Program::new(&self.programs.wine_bench)
            .env("GANGWAY_STANDINS", runner::standins_folder()?)
            .arg("--bundle")
            .arg(&bundle)
            .args(["--rounds", &self.rounds.to_string()])
            .text()?;
        let figures: Figures =
            serde_json::from_str(&figures).context("the measurement did not say its figures")?;
        let more = figures.nothing_to_do_ms - figures.empty_ms;
        let mut rows = vec![Row {
            name: "nothing to do (Wine)".to_owned(),
            product: format!("{} ms", figures.nothing_to_do_ms),
            yardstick: Some(format!("{} ms empty program", figures.empty_ms)),
            ratio: None,
            bar: Bar::MillisecondsMore(100.0),
            value: more,
        }];
        if let Some(bytes) = figures.peak_memory_bytes {
            rows.push(Row {
                name: "nothing to do, memory".to_owned(),
                product: table::bytes(bytes),
                yardstick: None,
                ratio: None,
                bar: Bar::Bytes(IDLE_MEMORY_BYTES),
                value: bytes as f64,
            });
        } else {
            say::line("nothing to do, memory: not measured, this Wine says nothing of it");
        }
        Ok(rows)
    }

    /// A fleet report against a tool that only counts the states.
    fn fleet(&self) -> Result<Vec<Row>> {
        let Some(reports) = fleet::reports(&self.folder, fleet::Kind::Onboarded)? else {
            say::line("fleet: left out, `cargo xtask demo` makes the host report to copy");
            return Ok(Vec::new());
        };
        let report = Contender::new("gangway report", &[], || self.report_of(&reports));
        let jq = Contender::new("jq, states only", &[], || {
            Program::new("sh")
                .args([
                    "-c",
                    "find . -name '*.json' -print0 | xargs -0 jq -r .state | sort | uniq -c",
                ])
                .folder(&reports)
        });
        let (product, yardstick) = measure::by_turns(&report, &jq, self.rounds)?;
        let modules = setup::DUCKDB.folder()?;
        let duckdb = Contender::new("DuckDB, states only", &[], || {
            Program::new(setup::PYTHON)
                .env("PYTHONPATH", &modules)
                .args(["-c", STATES_BY_DUCKDB])
                .folder(&reports)
        });
        let (again, database) = measure::by_turns(&report, &duckdb, self.rounds)?;
        Ok(vec![
            compared("fleet report", &product, &yardstick, Bar::Times(1.0)),
            compared("fleet report, DuckDB", &again, &database, Bar::Times(1.0)),
            memory("fleet report, memory", &product, FLEET_MEMORY_BYTES),
        ])
    }

    fn report_of(&self, reports: &Path) -> Program {
        Program::new(&self.gangway)
            .args(["report", "--quiet"])
            // A moment after every report.
            .args(["--as-of", "1772532000"])
            .arg(reports)
    }

    /// A report of servers that were only looked at, each with what stands in its way.
    fn precheck(&self) -> Result<Vec<Row>> {
        let Some(reports) = fleet::reports(&self.folder, fleet::Kind::LookedAt)? else {
            say::line("precheck: left out, `cargo xtask demo` makes the host report to copy");
            return Ok(Vec::new());
        };
        let report = Contender::new("gangway report", &[], || self.report_of(&reports));
        let jq = Contender::new("jq, reasons only", &[], || {
            Program::new("sh")
                .args([
                    "-c",
                    "find . -name '*.json' -print0 | xargs -0 jq -r '.blockers[].reason' \
                     | sort | uniq -c",
                ])
                .folder(&reports)
        });
        let (product, yardstick) = measure::by_turns(&report, &jq, self.rounds)?;
        Ok(vec![
            compared("precheck report", &product, &yardstick, Bar::Times(1.0)),
            memory("precheck report, memory", &product, FLEET_MEMORY_BYTES),
        ])
    }
}

fn compared(name: &str, product: &Measured, yardstick: &Measured, bar: Bar) -> Row {
    let ratio = product.seconds / yardstick.seconds;
    Row {
        name: name.to_owned(),
        product: table::seconds(product.seconds),
        yardstick: Some(format!(
            "{} {}",
            table::seconds(yardstick.seconds),
            yardstick.name
        )),
        ratio: Some(ratio),
        bar,
        value: ratio,
    }
}

fn memory(name: &str, product: &Measured, limit_bytes: u64) -> Row {
    Row {
        name: name.to_owned(),
        product: table::bytes(product.memory_bytes),
        yardstick: None,
        ratio: None,
        bar: Bar::Bytes(limit_bytes),
        value: product.memory_bytes as f64,
    }
}

/// Takes away what a run left.
fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else if path.exists() {
        std::fs::remove_file(path)
    } else {
        Ok(())
    };
    removed.with_context(|| format!("remove `{}`", path.display()))
}
