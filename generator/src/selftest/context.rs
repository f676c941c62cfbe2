//! One group of questions at work: the server, the bundle, and what was asked so far.

use std::path::PathBuf;

use super::answer::{Evidence, Finding};
use super::machine::{Call, Machine, Said};
use super::subject::Subject;

/// Below the system folder.
pub(super) const POWERSHELL: &str = r"WindowsPowerShell\v1.0\powershell.exe";

/// Begins the line in which a script gives its answer.
const MARK: &str = "gangway: ";

/// What a script answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It did what it should; what it found.
    Good(String),
    /// Windows refused; its words.
    Refused(String),
    /// What it needs is not here, or it gave no answer at all.
    Absent(String),
}

/// What a group works with.
pub(super) struct Context<'a> {
    /// The server.
    pub(super) machine: &'a mut dyn Machine,
    /// The bundle.
    pub(super) subject: &'a Subject,
    evidence: Vec<Evidence>,
}

impl<'a> Context<'a> {
    pub(super) fn new(machine: &'a mut dyn Machine, subject: &'a Subject) -> Self {
        Self {
            machine,
            subject,
            evidence: Vec::new(),
        }
    }

    /// Starts a program and remembers what it said.
    pub(super) fn call(&mut self, call: &Call) -> Said {
        let said = self.machine.call(call);
        self.evidence.push(said.evidence(call));
        said
    }

    /// A finding with all that was said since the last one.
    pub(super) fn found(&mut self, mut finding: Finding) -> Finding {
        finding.evidence = std::mem::take(&mut self.evidence);
        finding
    }

    /// A program of Windows, or the finding that it is not here.
    pub(super) fn program(&mut self, below_system: &str) -> Result<PathBuf, Finding> {
        let absent = || Finding::unanswerable(format!("`{below_system}` is not on this system"));
        self.machine.program(below_system).ok_or_else(absent)
    }

    /// Runs a script of PowerShell with values in variables, so that no value can become code. The
    /// script says `gangway: good …`, or `gangway: absent …` where what it needs is not here.
    pub(super) fn script(
        &mut self,
        script: &str,
        variables: &[(&'static str, String)],
        seconds: u64,
    ) -> Reply {
        let Some(program) = self.machine.program(POWERSHELL) else {
            return Reply::Absent("there is no PowerShell on this system".to_owned());
        };
        let whole = format!(
            "$ErrorActionPreference = 'Stop'; try {{ {script} }} catch {{ '{MARK}refused ' + \
             $_.Exception.Message }}"
        );
        let arguments = ["-NoProfile", "-NonInteractive", "-Command", &whole];
        let mut call = Call::of(&program, &arguments).within(seconds);
        call.variables = variables.to_vec();
        let said = self.call(&call);
        reply(&said)
    }
}

/// The last line with the mark.
fn reply(said: &Said) -> Reply {
    let mut lines = said.text.lines().rev();
    let answer = lines.find_map(|line| line.trim().strip_prefix(MARK));
    let (word, rest) = answer
        .map(|answer| answer.split_once(' ').unwrap_or((answer, "")))
        .unwrap_or_default();
    match word {
        "good" => Reply::Good(rest.to_owned()),
        "refused" => Reply::Refused(rest.to_owned()),
        "absent" => Reply::Absent(rest.to_owned()),
        _ => Reply::Absent("PowerShell gave no answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Ended;
    use super::*;

    #[test]
    fn only_a_marked_line_is_an_answer() {
        for (text, wanted) in [
            ("gangway: good 3\r\n", Reply::Good("3".to_owned())),
            ("x\n gangway: good\nmore", Reply::Good(String::new())),
            ("gangway: refused no", Reply::Refused("no".to_owned())),
            ("gangway: absent it", Reply::Absent("it".to_owned())),
            ("", Reply::Absent("PowerShell gave no answer".to_owned())),
            (
                "it is good",
                Reply::Absent("PowerShell gave no answer".to_owned()),
            ),
        ] {
            let text = text.to_owned();
            let ended = Ended::Code(0);
            assert_eq!(reply(&Said { ended, text }), wanted);
        }
    }
}
