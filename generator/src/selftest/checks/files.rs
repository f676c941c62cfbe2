//! The bootstrap and the payloads as Windows sees them; nothing is changed.

use std::path::Path;

use serde_json::Value;

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::{Call, Ended};
/// Prints the status as `NotTrusted`, its words and the signer's name.
const SIGNATURE: &str = "$s = Get-AuthenticodeSignature -LiteralPath $env:GANGWAY_FILE; \
     'gangway: good ' + $s.Status + ' | ' + ($s.StatusMessage -replace '\\s+', ' ') + ' | ' + \
     $s.SignerCertificate.Subject";

/// The word of `System.Management.Automation.SignatureStatus`, and the rest.
pub(super) fn signature_of(
    context: &mut Context<'_>,
    file: &Path,
) -> Result<(String, String), Finding> {
    let variables = [("GANGWAY_FILE", file.display().to_string())];
    match context.script(SIGNATURE, &variables, 60) {
        Reply::Good(text) => {
            let (status, rest) = text.split_once(" | ").unwrap_or((&text, ""));
            Ok((status.to_owned(), rest.to_owned()))
        }
        Reply::Refused(why) | Reply::Absent(why) => Err(Finding::unanswerable(why)),
    }
}

pub(super) fn bootstrap_signature(context: &mut Context<'_>) -> Result<Finding, Finding> {
    if !context.subject.is_signed {
        return Err(Finding::unanswerable("nobody signed the bootstrap yet"));
    }
    let (status, rest) = signature_of(context, &context.subject.exe)?;
    let why = format!("{status}: {rest}");
    Ok(match status.as_str() {
        // Whole, and signed under a root that this server may not have: the digest holds.
        "Valid" | "NotTrusted" | "UnknownError" => Finding::yes(why),
        _ => Finding::no(why),
    })
}

pub(super) fn payload_signatures(context: &mut Context<'_>) -> Result<Finding, Finding> {
    // What has no place for a signature is none of the question: blob, text.
    let signed: Vec<_> = (context.subject.payloads.iter())
        .filter(|path| {
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            ["exe", "msi", "msu", "ps1"].contains(&&*ending.to_lowercase())
        })
        .collect();
    if signed.is_empty() {
        return Err(Finding::unanswerable("the release has no signed file"));
    }
    let mut others = Vec::new();
    for file in &signed {
        let (status, rest) = signature_of(context, file)?;
        if status != "Valid" {
            let name = file.file_name().unwrap_or_default().display();
            others.push(format!("`{name}` is {status}: {rest}"));
        }
    }
    Ok(match others.is_empty() {
        true => Finding::yes(format!("{} files are Valid", signed.len())),
        false => Finding::no(others.join("; ")),
    })
}

/// What the bootstrap prints, and one word of it beside what Windows says.
pub(super) fn facts(context: &mut Context<'_>) -> Vec<Finding> {
    let call = Call::of(&context.subject.exe, &["--facts", "--json"]).within(180);
    let said = context.call(&call);
    let facts: Result<Value, _> = serde_json::from_str(said.text.trim());
    let finding = match (&said.ended, &facts) {
        (Ended::Code(0), Ok(facts)) => {
            let version = &facts["os"]["version"]["value"];
            Finding::yes(format!("it printed its facts; it sees version {version}"))
        }
        (Ended::Code(0), Err(error)) => Finding::no(format!("what it printed is none: {error}")),
        (Ended::Code(code), _) => Finding::no(format!("it ended with {code}")),
        (Ended::Not(why), _) => Finding::no(why.clone()),
    };
    let first = context.found(finding);
    let mode = facts.map(|facts| facts["antivirus"]["reported_mode"]["value"].clone());
    let second = match mode.ok().as_ref().and_then(Value::as_str) {
        Some(mode) => {
            let told = mode.to_owned();
            let finding = antivirus_mode(context, &told).unwrap_or_else(|finding| finding);
            context.found(finding)
        }
        _ => Finding::unanswerable("the bootstrap reads no mode of the antivirus here"),
    };
    vec![first, second]
}

fn antivirus_mode(context: &mut Context<'_>, told: &str) -> Result<Finding, Finding> {
    let script = "if (-not (Get-Command Get-MpComputerStatus -ErrorAction SilentlyContinue)) \
         { 'gangway: absent there is no Get-MpComputerStatus' } else \
         { 'gangway: good ' + (Get-MpComputerStatus).AMRunningMode }";
    let mode = match context.script(script, &[], 60) {
        Reply::Good(mode) => mode,
        Reply::Refused(why) | Reply::Absent(why) => return Err(Finding::unanswerable(why)),
    };
    let same = match mode.trim() {
        "Normal" => "normal",
        "Passive Mode" => "passive",
        "EDR Block Mode" => "edr_block",
        "SxS Passive Mode" => "side_by_side",
        "Not running" => "not_running",
        other => return Ok(Finding::no(format!("Windows says `{other}`, a new word"))),
    };
    let why = format!("Windows says `{mode}`, the bootstrap `{told}`");
    Ok(match same == told {
        true => Finding::yes(why),
        false => Finding::no(why),
    })
}

/// From this build on Windows Server is taken to have the sensor as a feature on demand.
const ON_DEMAND_FROM: u32 = 26_100;

pub(super) fn sensor_capability(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let script = "if (-not (Get-Command Get-WindowsCapability -ErrorAction SilentlyContinue)) \
         { 'gangway: absent there is no Get-WindowsCapability' } else \
         { $c = @(Get-WindowsCapability -Online -Name Microsoft.Windows.Sense* | \
         Where-Object { $_.Name }); 'gangway: good ' + [Environment]::OSVersion.Version.Build + ' ' + \
         (($c | ForEach-Object { $_.Name + '=' + $_.State }) -join ',') }";
    let text = match context.script(script, &[], 300) {
        Reply::Good(text) => text,
        Reply::Refused(why) | Reply::Absent(why) => return Err(Finding::unanswerable(why)),
    };
    let (build, found) = text.split_once(' ').unwrap_or((&text, ""));
    let Ok(build) = build.parse::<u32>() else {
        return Err(Finding::unanswerable(format!(
            "no build number in `{text}`"
        )));
    };
    let why = format!("build {build} has `{found}`");
    Ok(match (build >= ON_DEMAND_FROM) != found.is_empty() {
        true => Finding::yes(why),
        false => Finding::no(why),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked, subject};
    use super::super::one;
    use super::*;

    #[test]
    fn a_signature_is_whole_though_its_root_is_not_here() {
        for (status, verdict) in [
            ("Valid", Verdict::Yes),
            ("UnknownError", Verdict::Yes),
            ("HashMismatch", Verdict::No),
            ("NotSigned", Verdict::No),
        ] {
            let fake = Fake::saying(
                "Get-Authenticode",
                &format!("gangway: good {status} | x | CN=y"),
            );
            let found = asked(fake, |context| one(context, bootstrap_signature));
            assert_eq!(found.verdict, verdict, "{status}");
        }
        let mute = asked(Fake::default(), |context| one(context, bootstrap_signature));
        assert_eq!(mute.verdict, Verdict::NotAnswerable);
        let mut unsigned = subject();
        unsigned.is_signed = false;
        let found = Fake::default().asked_about(&unsigned, |c| one(c, bootstrap_signature));
        assert_eq!(found.verdict, Verdict::NotAnswerable);
    }

    #[test]
    fn facts_are_read_and_held_against_windows() {
        let facts = r#"{"os":{"version":{"value":"10.0.20348.1"}},
            "antivirus":{"reported_mode":{"value":"passive"}}}"#;
        for (mode, verdict) in [
            ("Passive Mode", Verdict::Yes),
            ("Normal", Verdict::No),
            ("Sleeping", Verdict::No),
        ] {
            let fake = Fake::saying("--facts", facts)
                .and("AMRunningMode", &format!("gangway: good {mode}"));
            let found = asked(fake, super::facts);
            assert_eq!(found[0].verdict, Verdict::Yes);
            assert_eq!(found[1].verdict, verdict, "{mode}");
        }
        let found = asked(Fake::saying("--facts", "no facts"), super::facts);
        assert_eq!(found[0].verdict, Verdict::No);
        assert_eq!(found[1].verdict, Verdict::NotAnswerable);
    }

    #[test]
    fn the_build_decides_whether_a_capability_is_expected() {
        for (said, verdict) in [
            (
                "26100 Microsoft.Windows.Sense.Client~~~~=NotPresent",
                Verdict::Yes,
            ),
            ("26100 ", Verdict::No),
            ("20348 ", Verdict::Yes),
            (
                "20348 Microsoft.Windows.Sense.Client~~~~=Installed",
                Verdict::No,
            ),
            ("new ", Verdict::NotAnswerable),
        ] {
            let fake = Fake::saying("WindowsCapability", &format!("gangway: good {said}"));
            let found = asked(fake, |context| one(context, sensor_capability));
            assert_eq!(found.verdict, verdict, "{said}");
        }
    }
}
