//! The commands about policies: `lint` and `diff`.

use super::arguments::{Diff, Lint};
use super::exit::Exit;
use super::output::Output;
use crate::gpo;
use crate::pipeline;
use crate::problem::Problem;
use crate::sarif::sarif;

pub(super) fn lint(given: &Lint, output: &Output) -> Exit {
    let report = match gpo::lint::lint(&pipeline::policies_folder(&given.path)) {
        Ok(report) => report,
        Err(error) => {
            output.failure(&error);
            return Exit::Environment;
        }
    };
    if given.sarif {
        output.json(&String::from_utf8_lossy(&sarif(&report.problems)));
    } else if output.is_json() {
        output.document(&report.problems);
    } else {
        output.problems(&report.problems);
        for line in &report.checked {
            output.line(&format!("checked  {line}"));
        }
        for line in gpo::lint::CANNOT_KNOW {
            output.line(&format!("not seen {line}"));
        }
        output.line(&match report.problems.len() {
            0 => "no finding".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        });
    }
    if report.problems.iter().any(Problem::is_error) {
        Exit::Problems
    } else {
        Exit::Good
    }
}

pub(super) fn diff(given: &Diff, output: &Output) -> Exit {
    let differences = match pipeline::diff(&given.old, &given.new) {
        Ok(differences) => differences,
        Err(error) => {
            output.failure(&error);
            return Exit::Environment;
        }
    };
    if output.is_json() {
        output.document(&differences);
    } else {
        let mut part = "";
        for one in &differences {
            if one.part != part {
                output.line(&one.part);
                part = &one.part;
            }
            output.line(&format!("  {}", one.place));
            if let Some(old) = &one.old {
                output.line(&format!("    - {old}"));
            }
            if let Some(new) = &one.new {
                output.line(&format!("    + {new}"));
            }
        }
    }
    if differences.is_empty() {
        Exit::Good
    } else {
        Exit::Problems
    }
}
