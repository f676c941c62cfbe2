//! The commands about policies: `lint` and `diff`.

use super::answer::Answer;
use super::arguments::{Diff, Lint};
use super::commands::judged;
use super::failure::Failure;
use super::output::Output;
use super::results::{Differences, Linted};
use crate::exit::Exit;
use crate::lint;
use crate::pipeline::{self, Compared, Comparison};

pub(super) fn lint(given: &Lint, output: &Output) -> Result<Answer<Linted>, Failure> {
    let report = lint::lint(&pipeline::policies_folder(&given.path))?;
    output.problems(&report.problems);
    for line in &report.checked {
        output.line(&format!("checked  {line}"));
    }
    for line in lint::CANNOT_KNOW {
        output.line(&format!("not seen {line}"));
    }
    output.line(&match report.problems.len() {
        0 => "no finding".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    });
    let linted = Linted {
        checked: report.checked,
        not_seen: lint::CANNOT_KNOW
            .iter()
            .map(|line| (*line).to_owned())
            .collect(),
    };
    Ok(judged(linted, report.problems, &given.findings.deny()))
}

pub(super) fn diff(given: &Diff, output: &Output) -> Result<Answer<Differences>, Failure> {
    let Comparison {
        compared,
        differences,
    } = pipeline::diff(&given.old, &given.new)?;
    if compared == Compared::Policies {
        output.line("compared   policies alone: not both are bundles");
    }
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
        if let Some(effect) = &one.effect {
            output.line(&format!("    servers: {effect}"));
        }
    }
    Ok(Answer {
        exit: if differences.is_empty() {
            Exit::Good
        } else {
            Exit::Problems
        },
        ..Answer::good(Differences {
            compared,
            differences,
        })
    })
}
