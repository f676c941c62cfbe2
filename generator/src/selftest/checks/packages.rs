//! Scripts and rules of the packages, as PowerShell and application control see them; nothing is changed.

use std::path::Path;

use gangway_contract::registry::SENSOR;

use super::super::answer::Finding;
use super::super::context::{Context, POWERSHELL, Reply};
use super::super::machine::Call;
use super::files::signature_of;

/// Prints how many errors PowerShell's parser finds, and the first. Older ones have no such class.
const PARSED: &str = "if ($PSVersionTable.PSVersion.Major -lt 5) \
     { 'gangway: absent the scripts are for PowerShell 5.1' } else \
     { $t = $null; $e = $null; [void][Management.Automation.Language.Parser]::ParseFile(\
     $env:GANGWAY_FILE, [ref]$t, [ref]$e); 'gangway: good ' + @($e).Count + ' ' + \
     (@($e) | Select-Object -First 1) }";

/// Loads a configuration as a text, which no execution policy stops, and compiles it.
const COMPILED: &str = "if (-not (Get-Module -ListAvailable PSDesiredStateConfiguration)) \
     { 'gangway: absent there is no PSDesiredStateConfiguration' } else \
     { . ([scriptblock]::Create([IO.File]::ReadAllText($env:GANGWAY_FILE))); \
     & $env:GANGWAY_CONFIGURATION -ComputerName localhost -ContentPath $env:GANGWAY_CONTENT \
     -OutputPath $env:GANGWAY_FOLDER | Out-Null; 'gangway: good ' + \
     (Get-Item -LiteralPath (Join-Path $env:GANGWAY_FOLDER 'localhost.mof')).Length }";

const CONVERTED: &str = "if (-not (Get-Command ConvertFrom-CIPolicy -ErrorAction SilentlyContinue)) \
     { 'gangway: absent there is no ConvertFrom-CIPolicy' } else \
     { ConvertFrom-CIPolicy -XmlFilePath $env:GANGWAY_FILE -BinaryFilePath $env:GANGWAY_TO | Out-Null; \
     'gangway: good ' + (Get-Item -LiteralPath $env:GANGWAY_TO).Length }";

/// Prints the decision and the rule.
const TESTED: &str = "if (-not (Get-Command Test-AppLockerPolicy -ErrorAction SilentlyContinue)) \
     { 'gangway: absent there is no Test-AppLockerPolicy' } else \
     { $r = Test-AppLockerPolicy -XmlPolicy $env:GANGWAY_FILE -Path $env:GANGWAY_PROGRAM \
     -User 'S-1-5-18'; 'gangway: good ' + $r.PolicyDecision + ' ' + $r.MatchingRule }";

fn absent(what: &str) -> Finding {
    Finding::unanswerable(format!("no folder of packages with {what} was given"))
}

/// What a script found; a refusal of Windows is a no.
fn answered(reply: Reply) -> Result<String, Finding> {
    match reply {
        Reply::Good(text) => Ok(text),
        Reply::Refused(why) => Err(Finding::no(why)),
        Reply::Absent(why) => Err(Finding::unanswerable(why)),
    }
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

pub(super) fn scripts_parsed(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let scripts = &context.subject.scripts;
    if scripts.is_empty() {
        return Err(absent("scripts"));
    }
    for script in scripts {
        let file = [("GANGWAY_FILE", script.file.display().to_string())];
        let found = answered(context.script(PARSED, &file, 60))?;
        if found.split_whitespace().next() != Some("0") {
            let name = name(&script.file);
            return Err(Finding::no(format!("errors in `{name}`: {found}")));
        }
    }
    Ok(Finding::yes(format!(
        "{} scripts without error",
        scripts.len()
    )))
}

pub(super) fn script_signatures(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let signed: Vec<_> = (context.subject.scripts.iter())
        .filter(|script| script.is_signed)
        .collect();
    if signed.is_empty() {
        return Err(absent("signed scripts"));
    }
    for script in &signed {
        let (status, rest) = signature_of(context, &script.file)?;
        // Whole, and signed under a root that this server may not have.
        if !["Valid", "NotTrusted", "UnknownError"].contains(&status.as_str()) {
            let name = name(&script.file);
            return Err(Finding::no(format!("`{name}` is {status}: {rest}")));
        }
    }
    Ok(Finding::yes(format!(
        "{} signatures are whole",
        signed.len()
    )))
}

pub(super) fn detection_script(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let script = (context.subject.scripts.iter())
        .find(|script| name(&script.file) == "Test-Onboarded.ps1")
        .ok_or_else(|| absent("a detection for Configuration Manager"))?;
    // A stand-in that runs no script says nothing either.
    if context.script("'gangway: good'", &[], 60) != Reply::Good(String::new()) {
        let why = "there is no PowerShell that runs scripts";
        return Err(Finding::unanswerable(why));
    }
    let powershell = context.program(POWERSHELL)?;
    let reg = context.program("reg.exe")?;
    let file = script.file.display().to_string();
    let bypass = [
        "-NoProfile",
        "-NonInteractive",
        "-ExecutionPolicy",
        "Bypass",
    ];
    let said = context.call(&Call::of(
        &powershell,
        &[&bypass[..], &["-File", &file]].concat(),
    ));
    let detected = match (said.code(), said.text.trim()) {
        (Some(0), "") => false,
        (Some(0), "onboarded") => true,
        (Some(code), text) => {
            return Err(Finding::no(format!(
                "it ended with {code} and said `{text}`"
            )));
        }
        (None, _) => return Err(Finding::unanswerable("PowerShell did not end")),
    };
    let status = format!(r"HKLM\{SENSOR}\Status");
    let said = context.call(&Call::of(
        &reg,
        &["query", &status, "/v", "OnboardingState"],
    ));
    let is_onboarded = said.text.split_whitespace().last() == Some("0x1");
    match (detected, is_onboarded) {
        (true, true) => Ok(Finding::yes("this server is onboarded, and it says so")),
        (false, false) => Ok(Finding::yes(
            "this server is not onboarded, and it says nothing",
        )),
        (true, false) => Ok(Finding::no("it says `onboarded`, and the sensor does not")),
        (false, true) => Err(Finding::unanswerable(
            "this server is onboarded, perhaps to another tenant",
        )),
    }
}

pub(super) fn dsc_compiled(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let Some((file, configuration)) = &context.subject.configuration else {
        return Err(absent("a configuration for DSC"));
    };
    let folder = context.machine.folder();
    let variables = [
        ("GANGWAY_FILE", file.display().to_string()),
        ("GANGWAY_CONFIGURATION", configuration.clone()),
        ("GANGWAY_CONTENT", folder.display().to_string()),
        ("GANGWAY_FOLDER", folder.join("dsc").display().to_string()),
    ];
    let size = answered(context.script(COMPILED, &variables, 300))?;
    Ok(Finding::yes(format!("a document of {size} bytes")))
}

pub(super) fn app_control_converted(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let rules = context.subject.rules.as_ref();
    let file = &rules.ok_or_else(|| absent("rules"))?.app_control;
    let to = context.machine.folder().join("AppControl.cip");
    let variables = [
        ("GANGWAY_FILE", file.display().to_string()),
        ("GANGWAY_TO", to.display().to_string()),
    ];
    let size = answered(context.script(CONVERTED, &variables, 120))?;
    Ok(Finding::yes(format!("a policy of {size} bytes")))
}

pub(super) fn app_locker_tested(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let rules = context.subject.rules.as_ref();
    let file = &rules.ok_or_else(|| absent("rules"))?.app_locker;
    let variables = [
        ("GANGWAY_FILE", file.display().to_string()),
        ("GANGWAY_PROGRAM", context.subject.exe.display().to_string()),
    ];
    let found = answered(context.script(TESTED, &variables, 120))?;
    Ok(match found.split_whitespace().next() {
        Some("Allowed") => Finding::yes(found),
        _ => Finding::no(format!("its decision is `{found}`")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked};
    use super::super::{Question, one};
    use super::*;

    #[test]
    fn scripts_and_rules_are_what_windows_says_of_them() {
        let parsed: Question = scripts_parsed;
        for (question, word, said, verdict) in [
            (parsed, "ParseFile", "good 0 ", Verdict::Yes),
            (parsed, "ParseFile", "good 2 Missing }", Verdict::No),
            (parsed, "ParseFile", "absent old", Verdict::NotAnswerable),
            (parsed, "ParseFile", "", Verdict::NotAnswerable),
            (
                script_signatures,
                "Authenticode",
                "good Valid | x",
                Verdict::Yes,
            ),
            (
                script_signatures,
                "Authenticode",
                "good HashMismatch | x",
                Verdict::No,
            ),
            (dsc_compiled, "OutputPath", "good 4711", Verdict::Yes),
            (
                dsc_compiled,
                "OutputPath",
                "refused no resource",
                Verdict::No,
            ),
            (app_control_converted, "CIPolicy", "good 512", Verdict::Yes),
            (
                app_control_converted,
                "CIPolicy",
                "refused schema",
                Verdict::No,
            ),
            (
                app_control_converted,
                "CIPolicy",
                "absent it",
                Verdict::NotAnswerable,
            ),
            (
                app_locker_tested,
                "AppLocker",
                "good Allowed rule",
                Verdict::Yes,
            ),
            (
                app_locker_tested,
                "AppLocker",
                "good DeniedByDefault ",
                Verdict::No,
            ),
        ] {
            let fake = Fake::saying(word, &format!("gangway: {said}"));
            let found = asked(fake, |context| one(context, question));
            assert_eq!(found.verdict, verdict, "{word}: {said}");
        }
    }

    #[test]
    fn a_detection_is_held_against_the_sensors_value() {
        for (said, code, value, verdict) in [
            ("", 0, "", Verdict::Yes),
            ("onboarded", 0, "0x1", Verdict::Yes),
            ("onboarded", 0, "0x0", Verdict::No),
            ("", 0, "0x1", Verdict::NotAnswerable),
            ("error", 1, "", Verdict::No),
        ] {
            let fake = Fake::ending("-File", code)
                .and("-File", said)
                .and("reg.exe", &format!("OnboardingState REG_DWORD {value}"))
                .and("-Command", "gangway: good");
            let found = asked(fake, |context| one(context, detection_script));
            assert_eq!(found.verdict, verdict, "{said} {value}");
        }
        // Wine's stand-in for PowerShell ends with 0 whatever it is given.
        let found = asked(Fake::default(), |context| one(context, detection_script));
        assert_eq!(found.verdict, Verdict::NotAnswerable);
    }
}
