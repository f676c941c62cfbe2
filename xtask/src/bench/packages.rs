//! Packages of a bundle: the installer package, and the cabinets in it.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::measure::{self, Contender, Measured};
use super::table::{self, Bar, Row};
use super::{Bench, compared, memory};
use crate::program::Program;
use crate::{programs, say, workspace};

/// Most memory that making an installer package may take.
const MEMORY_BYTES: u64 = 64 * 1024 * 1024;

/// How often the program that is packed stands in the file: one alone is done too soon to be timed.
const COPIES: usize = 4;

impl Bench {
    /// An installer package of the bundle, which is verified first, against copying and hashing the one
    /// large file of it.
    pub(super) fn installer_package(&self) -> Result<Vec<Row>> {
        let bundle = self.folder.join("out");
        Program::new(&self.gangway)
            .args(["build", "--quiet", "-c"])
            .arg(self.config())
            .arg("-o")
            .arg(&bundle)
            .arg("--stub")
            .arg(&self.stub)
            .run()?;
        let out = self.folder.join("packages");
        let copy = self.folder.join("copy.msi");
        let package = Contender::new("gangway package", &[&out], || {
            Program::new(&self.gangway)
                .args(["package", "--quiet", "--allow-unsigned", "--format", "msi"])
                .arg(&bundle)
                .arg("-o")
                .arg(&out)
        });
        let copy_and_hash = Contender::new("cp + openssl dgst", &[&copy], || {
            Program::new("sh")
                .args(["-c", "cp -- \"$0\" \"$1\" && openssl dgst -sha256 \"$0\""])
                .arg(self.agent())
                .arg(&copy)
        });
        let (product, yardstick) = measure::by_turns(&package, &copy_and_hash, self.rounds)?;
        Ok(vec![
            compared(
                "installer package of the agent",
                &product,
                &yardstick,
                Bar::Times(1.6),
            ),
            memory("installer package, memory", &product, MEMORY_BYTES),
        ])
    }

    /// Cabinets against gcab: one of programs, packed, each program on one processor, and one of the
    /// agent, which does not shrink, on all of them. Ours also hashes what it packs.
    pub(super) fn cabinets(&self) -> Result<Vec<Row>> {
        let writer = programs::cabinet_writer()?;
        let content = self.folder.join("programs.bin");
        let program = workspace::read_file(&self.gangway)?;
        workspace::write_file(&content, &program.repeat(COPIES))?;
        let (ours, theirs) = (self.folder.join("ours.cab"), self.folder.join("gcab.cab"));
        let one_processor = |program: &Path| Program::new("taskset").args(["-c", "0"]).arg(program);
        let all_processors = |program: &Path| Program::new(program);
        let rows = |packing: &'static str, options: &'static str, file: &Path, on: &On| {
            let product = Contender::new("cabinet", &[&ours], || {
                on(&writer).arg(packing).arg(&ours).arg(file)
            });
            let gcab = Contender::new("gcab", &[&theirs], || {
                on(Path::new("gcab")).arg(options).arg(&theirs).arg(file)
            });
            measure::by_turns(&product, &gcab, self.rounds)
        };
        let sizes = || -> Result<(u64, u64)> { Ok((size(&ours)?, size(&theirs)?)) };
        let packed = rows("mszip", "-cz", &content, &one_processor)?;
        let packed_sizes = sizes()?;
        let stored = rows("stored", "-c", &self.agent(), &all_processors)?;
        say::line("cabinets: each program packed on one processor, and stored on all of them");
        Ok(vec![
            timed("cabinet of programs, packed", &packed, 0.4),
            Row {
                name: "cabinet of programs, size".to_owned(),
                product: table::bytes(packed_sizes.0),
                yardstick: Some(format!("{} gcab", table::bytes(packed_sizes.1))),
                ratio: Some(packed_sizes.0 as f64 / packed_sizes.1 as f64),
                bar: Bar::Times(1.0),
                value: packed_sizes.0 as f64 / packed_sizes.1 as f64,
            },
            timed("cabinet of the agent, stored", &stored, 1.0),
        ])
    }
}

/// Where a program runs.
type On = dyn Fn(&Path) -> Program;

fn timed(name: &str, (product, gcab): &(Measured, Measured), bar: f64) -> Row {
    compared(name, product, gcab, Bar::Times(bar))
}

fn size(path: &Path) -> Result<u64> {
    let found = std::fs::metadata(path);
    let found = found.with_context(|| format!("look at `{}`", path.display()))?;
    Ok(found.len())
}
