//! What was typed, and what it means.

use gangway_contract::daily;
use gangway_contract::manifest::{Manifest, Mode};

use crate::after_installer;

/// What the bundle inside the program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// What it does.
    pub mode: Mode,
    /// Does its offboarding also uninstall the agent?
    pub uninstalls: bool,
}

impl Purpose {
    /// The purpose of a bundle.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            mode: manifest.mode,
            uninstalls: manifest.settings.uninstall_agent,
        }
    }
}

/// What the process is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Run by the manifest's mode.
    Run,
    /// Run by the manifest's mode, started by the daily task.
    Daily,
    /// Run with payloads from a folder given by hand.
    RunFrom {
        /// Folder with the payloads.
        source: String,
        /// Folder for the report.
        reports: Option<String>,
        /// Started by an installer package.
        after_installer: bool,
    },
    /// Print facts.
    Facts {
        /// As JSON instead of text.
        json: bool,
    },
    /// Print facts and plan.
    Plan {
        /// As JSON instead of text.
        json: bool,
    },
    /// Print what this server says of a file's signer.
    Signature {
        /// Path of the file, as it was typed.
        path: String,
        /// As JSON instead of text.
        json: bool,
    },
    /// Print the last report.
    Status,
    /// Look and report, whatever the manifest's mode.
    Precheck,
    /// Ask every address of the service, and report.
    Connectivity {
        /// As JSON instead of text.
        json: bool,
        /// Folder for the report.
        reports: Option<String>,
    },
    /// Gather logs and reports in one folder.
    Collect,
    /// Remove everything that this program left on the server, reports and journal included.
    Cleanup,
    /// Print how to call it.
    Help,
    /// Print the version.
    Version,
}

/// How to call it.
pub const USAGE: &str = "\
Brings this server to the state that the bundle inside this program asks for.

  (no argument)                       run as the bundle says
  onboard [--source DIR [--report DIR] [--after-installer]]
                                      run, with payloads from a folder; the last word is for
                                      the installer package, which waits for nothing
  offboard, uninstall                 the same, in a program that was built for it
  precheck                            look and report, change nothing (not when it offboards)
  --plan [--json]                     print facts and plan, change nothing
  --facts [--json]                    print facts, change nothing
  --signature FILE [--json]           print what this server says of a file's signer
  connectivity [--json] [--report DIR]
                                      ask every address that the sensor needs, by the way
                                      that it takes, and report; change nothing
  status                              print the last report
  collect                             gather logs and reports in one folder
  cleanup                             remove what this program left here, its task too
  daily                               as without an argument; the daily task runs this
  --version, --help
";

/// Understands the arguments behind the program's name.
///
/// # Errors
/// One line that names the argument.
pub fn parse(arguments: &[String], purpose: Option<Purpose>) -> Result<Request, String> {
    let mut words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = take_flag(&mut words, "--json");
    let request = match *words.as_slice() {
        [] => Request::Run,
        ["--plan"] => return Ok(Request::Plan { json }),
        ["--facts"] => return Ok(Request::Facts { json }),
        ["--signature", path] => {
            let path = path.to_owned();
            return Ok(Request::Signature { path, json });
        }
        ["--signature"] => return Err("`--signature` needs a file".to_owned()),
        ["connectivity"] => {
            return Ok(Request::Connectivity {
                json,
                reports: None,
            });
        }
        ["connectivity", "--report", folder] => {
            return Ok(Request::Connectivity {
                json,
                reports: Some(folder.to_owned()),
            });
        }
        ["status"] => Request::Status,
        ["precheck"] => {
            assesses(purpose)?;
            Request::Precheck
        }
        ["collect"] => Request::Collect,
        ["cleanup"] => Request::Cleanup,
        [daily::ARGUMENT] => Request::Daily,
        ["--help" | "-h" | "/?"] => Request::Help,
        ["--version" | "-V"] => Request::Version,
        [verb @ ("onboard" | "offboard" | "uninstall"), ref rest @ ..] => {
            allowed(verb, purpose)?;
            from_folder(rest)?
        }
        [first, ..] => return Err(format!("`{first}` is not understood")),
    };
    if json {
        return Err(
            "`--json` goes with `--plan`, `--facts`, `--signature` and `connectivity` only"
                .to_owned(),
        );
    }
    Ok(request)
}

fn take_flag(words: &mut Vec<&str>, flag: &str) -> bool {
    let before = words.len();
    words.retain(|word| *word != flag);
    words.len() != before
}

/// What is assessed is whether a server can be onboarded.
fn assesses(purpose: Option<Purpose>) -> Result<(), String> {
    match purpose.map(|purpose| purpose.mode) {
        Some(Mode::Offboard) => Err(
            "`precheck`: the bundle inside this program offboards; `--plan` shows what it would do"
                .to_owned(),
        ),
        Some(Mode::Precheck | Mode::Onboard) | None => Ok(()),
    }
}

/// No command line makes a bundle do what it was not built for.
fn allowed(verb: &str, purpose: Option<Purpose>) -> Result<(), String> {
    // A damaged exe has said so already, and runs nothing.
    let Some(Purpose { mode, uninstalls }) = purpose else {
        return Ok(());
    };
    let can = match (verb, mode) {
        ("onboard", Mode::Onboard) | ("offboard", Mode::Offboard) => return Ok(()),
        ("uninstall", Mode::Offboard) if uninstalls => return Ok(()),
        ("uninstall", Mode::Offboard) => {
            return Err(
                "`uninstall`: the bundle inside this program offboards and leaves the agent; \
                 build one with `offboard.uninstall_agent = true`"
                    .to_owned(),
            );
        }
        (_, Mode::Precheck) => "assess",
        (_, Mode::Onboard) => "onboard",
        (_, Mode::Offboard) => "offboard",
    };
    Err(format!(
        "`{verb}`: the bundle inside this program can only {can}"
    ))
}

fn from_folder(words: &[&str]) -> Result<Request, String> {
    let (mut source, mut reports) = (None, None);
    let mut after_installer = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let slot = match *word {
            "--source" => &mut source,
            "--report" => &mut reports,
            after_installer::ARGUMENT if !after_installer => {
                after_installer = true;
                continue;
            }
            after_installer::ARGUMENT => return Err(format!("`{word}` is given twice")),
            other => return Err(format!("`{other}` is not understood")),
        };
        let folder = words.next().ok_or(format!("`{word}` needs a folder"))?;
        if slot.replace((*folder).to_owned()).is_some() {
            return Err(format!("`{word}` is given twice"));
        }
    }
    match (source, reports) {
        (Some(source), reports) => Ok(Request::RunFrom {
            source,
            reports,
            after_installer,
        }),
        (None, None) if !after_installer => Ok(Request::Run),
        (None, Some(_)) => Err("`--report` needs `--source`".to_owned()),
        (None, None) => Err(format!("`{}` needs `--source`", after_installer::ARGUMENT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, mode: Mode) -> Result<Request, String> {
        let uninstalls = false;
        check_for(line, Purpose { mode, uninstalls })
    }

    fn check_for(line: &str, purpose: Purpose) -> Result<Request, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words, Some(purpose))
    }

    #[test]
    fn lines_and_their_meaning() {
        let from = |source: &str, reports: Option<&str>| Request::RunFrom {
            source: source.to_owned(),
            reports: reports.map(str::to_owned),
            after_installer: false,
        };
        for (line, request) in [
            ("", Request::Run),
            ("--plan", Request::Plan { json: false }),
            ("--json --plan", Request::Plan { json: true }),
            ("--facts --json", Request::Facts { json: true }),
            (
                "--signature C:\\x.exe",
                Request::Signature {
                    path: "C:\\x.exe".to_owned(),
                    json: false,
                },
            ),
            ("status", Request::Status),
            ("daily", Request::Daily),
            (
                "connectivity --json",
                Request::Connectivity {
                    json: true,
                    reports: None,
                },
            ),
            (
                "connectivity --report R",
                Request::Connectivity {
                    json: false,
                    reports: Some("R".to_owned()),
                },
            ),
            ("onboard", Request::Run),
            ("onboard --source D:\\", from("D:\\", None)),
            ("onboard --report R --source D", from("D", Some("R"))),
            (
                "onboard --after-installer --source D",
                Request::RunFrom {
                    source: "D".to_owned(),
                    reports: None,
                    after_installer: true,
                },
            ),
        ] {
            assert_eq!(check(line, Mode::Onboard), Ok(request), "{line}");
        }
    }

    #[test]
    fn refusals_name_the_argument() {
        for (line, words) in [
            ("--planet", "`--planet`"),
            ("status --json", "`--json`"),
            ("--signature", "needs a file"),
            ("--signature a b", "`--signature`"),
            ("connectivity --report", "`connectivity`"),
            ("onboard --source", "`--source`"),
            ("onboard --source A --source B", "twice"),
            ("onboard --report R", "`--report`"),
            ("onboard --after-installer", "needs `--source`"),
            (
                "onboard --after-installer --source D --after-installer",
                "twice",
            ),
            ("precheck --after-installer", "`precheck`"),
            ("offboard", "can only onboard"),
            ("uninstall", "can only onboard"),
        ] {
            let error = check(line, Mode::Onboard).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
        assert!(check("onboard", Mode::Offboard).is_err());
        assert!(check("onboard", Mode::Precheck).is_err());
        assert_eq!(check("offboard", Mode::Offboard), Ok(Request::Run));
    }

    #[test]
    fn no_verb_makes_an_offboarding_bundle_do_more_than_it_was_built_for() {
        let offboarding = |uninstalls| Purpose {
            mode: Mode::Offboard,
            uninstalls,
        };
        for (line, uninstalls, words) in [
            ("uninstall", false, "`offboard.uninstall_agent = true`"),
            ("uninstall", true, ""),
            ("offboard", true, ""),
            ("precheck", true, "`--plan`"),
            ("onboard", true, "can only offboard"),
        ] {
            match check_for(line, offboarding(uninstalls)) {
                Ok(request) => assert_eq!((request, words), (Request::Run, ""), "{line}"),
                Err(error) => assert!(!words.is_empty() && error.contains(words), "{error}"),
            }
        }
    }
}
