//! Commands for a person at the server: the last report, a support folder, tidying up.

use std::io;

use gangway_contract::printable::shortened;
use gangway_contract::report::{MAX_BYTES, Report, SignatureCheck};
use gangway_contract::{ExitCode, Sha256, UtcTime};
use sha2::Digest as _;

use crate::bundle::Bundle;
use crate::daily;
use crate::data_folder;
use crate::failure::{Failure, FailureKind};
use crate::host_report;
use crate::leftovers;
use crate::machine::{Machine, Standing};
use crate::redact::{decode, redact};
use crate::retire;
use crate::run;
use crate::{tell, verdict};

/// What `cleanup` leaves; the last campaign (`settings.retire`) takes the first two away.
const CLEANUP_LEAVES: [&str; 3] = [
    r"`HKLM\SOFTWARE\Gangway`, with the highest sequence that worked here",
    "the event source, by which past lines of the event log show their text",
    "the sensor with its onboarding, and the mode of Defender Antivirus",
];

/// Most characters of a report in words; real ones have about a thousand.
const SHOWN: usize = 16 << 10;

/// Bytes taken from the end of each log.
const LOG_TAIL: u64 = 2 << 20;

/// The last report in words, and the exit code of the run that wrote it.
///
/// # Errors
/// As the system says.
pub fn status(machine: &mut dyn Machine) -> Result<(String, i32), Failure> {
    let data = machine.folders().data();
    match machine.judge_folder(&data)? {
        Standing::Own => {}
        Standing::Missing => return Ok(not_yet()),
        Standing::Foreign(why) => {
            let (text, code) = not_yet();
            return Ok((format!("{why}; nothing in it was read\n{text}"), code));
        }
    }
    let folder = format!(r"{data}\reports");
    let mut names = machine.list_files(&folder)?;
    names.sort_by_key(|name| host_report::report_time(name).map(str::to_owned));
    let Some(newest) = names.pop() else {
        return Ok(not_yet());
    };
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = machine.read_tail(&format!(r"{folder}\{newest}"), limit)?;
    Ok(match Report::parse(&bytes) {
        Ok(report) => (
            format!(
                "{}, bundle {}\n{}\n",
                report.finished_at,
                report.bundle_id,
                shortened(tell::summary(&report), SHOWN)
            ),
            report.exit_code,
        ),
        Err(why) => (
            format!(
                "the last report `{newest}` cannot be read: {}\n",
                shortened(why, SHOWN)
            ),
            ExitCode::Internal.number(),
        ),
    })
}

fn not_yet() -> (String, i32) {
    let text = "this program has not run here yet\n".to_owned();
    (text, ExitCode::Waiting.number())
}

/// What this server says of a file's signer. A payload of the bundle is judged at the time of
/// its time stamp; any other file now, against the signer of the payload of that name.
///
/// # Errors
/// As the system says.
pub fn signature(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    path: &str,
) -> Result<SignatureCheck, Failure> {
    let read = |code| Failure::new(format!("read `{path}`"), code);
    // Held, so that what is judged is what was hashed.
    let mut file = machine
        .hold_file(path)?
        .ok_or_else(|| Failure::own(format!("open `{path}`"), FailureKind::NotFound))?;
    let mut digest = Digest(sha2::Sha256::new());
    io::copy(&mut file, &mut digest).map_err(|error| {
        let code = error.raw_os_error();
        read(code.and_then(|code| u32::try_from(code).ok()).unwrap_or(0))
    })?;
    let sha256 = Sha256::from_bytes(digest.0.finalize().into());
    let name = path.rsplit(['\\', '/']).next().unwrap_or(path);
    let payloads = &bundle.manifest.payloads;
    let same = payloads.iter().find(|payload| payload.sha256 == sha256);
    let namesake = payloads
        .iter()
        .find(|payload| payload.name.eq_ignore_ascii_case(name));
    let expected = same
        .or(namesake)
        .and_then(|payload| payload.signer.as_ref());
    let at = same.and(expected).and_then(|signer| signer.signed_at);
    let seen = machine.signature(path, at.map(UtcTime));
    Ok(verdict::check(name, &seen, expected))
}

/// A digest that can be written to.
struct Digest(sha2::Sha256);

impl io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gathers facts, plan, journal, reports and logs in one folder, secrets taken out. Gives
/// its path.
///
/// # Errors
/// As the system says.
pub fn collect(machine: &mut dyn Machine, bundle: &Bundle) -> Result<String, Failure> {
    data_folder::settle(machine);
    let data = machine.folders().data();
    let target = format!(r"{data}\support-{}", machine.now().compact());
    for folder in [&data, &target] {
        machine.protect_folder(folder)?;
    }
    let (facts, plan) = run::look(machine, bundle);
    let mut texts = vec![
        ("facts.txt".to_owned(), tell::facts(&facts)),
        ("plan.txt".to_owned(), tell::plan(&plan)),
    ];
    let mut missing = Vec::new();
    let release = machine
        .folders()
        .release(bundle.manifest.release_id.as_str());
    let tool_logs = format!(
        r"{}\Microsoft\DefenderDeploymentTool",
        machine.folders().program_data
    );
    for (folder, prefix) in [
        (data.clone(), ""),
        (format!(r"{data}\reports"), "report-"),
        (format!(r"{data}\logs"), "log-"),
        (release, "install-"),
        (tool_logs, "tool-"),
    ] {
        // What cannot be read is named: the rest is what somebody waits for.
        let names = machine.list_files(&folder).unwrap_or_else(|failure| {
            missing.push(failure.to_string());
            Vec::new()
        });
        for name in names.into_iter().filter(|name| is_log(name)) {
            match machine.read_tail(&format!(r"{folder}\{name}"), LOG_TAIL) {
                Ok(bytes) => texts.push((format!("{prefix}{name}"), redact(&decode(&bytes)))),
                Err(failure) => missing.push(failure.to_string()),
            }
        }
    }
    if !missing.is_empty() {
        texts.push(("missing.txt".to_owned(), missing.join("\r\n")));
    }
    for (name, text) in texts {
        let path = format!(r"{target}\{name}");
        machine.delete_file(&path)?;
        let mut file = machine.create_file(&path)?;
        file.write(text.as_bytes())?;
        file.finish()?;
    }
    Ok(target)
}

/// Texts only: a payload, a key among them, is never gathered.
fn is_log(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".log", ".json", ".jsonl"]
        .iter()
        .any(|extension| name.ends_with(extension))
}

/// Removes the daily tasks, copies, logs, reports and the journal. The sequence that was seen and
/// the policies that were written stay: they say what the server is, not what this program needed;
/// and what an installer package placed, which goes with the package. Says so.
///
/// # Errors
/// As the system says; what could be removed is gone.
pub fn cleanup(machine: &mut dyn Machine, bundle: &Bundle) -> Result<String, Failure> {
    let folders = machine.folders();
    let mut result =
        daily::remove_all(machine, bundle).map_err(|why| Failure::own(why, FailureKind::Other));
    for removed in [
        leftovers::remove_programs(machine),
        machine.delete_tree(&folders.data()),
    ] {
        if let Err(failure) = removed {
            result = Err(failure);
        }
    }
    result?;
    let packages = retire::packages(machine);
    let stays = CLEANUP_LEAVES.iter().map(|text| format!("stays: {text}"));
    let lines = std::iter::once("removed".to_owned())
        .chain(stays)
        .chain(packages);
    Ok(lines.map(|line| line + "\n").collect())
}
