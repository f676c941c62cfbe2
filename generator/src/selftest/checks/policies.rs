//! Registry values, GPO backups and the WMI filter.

use std::path::PathBuf;

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::Call;
use crate::gpo::registry_pol::{Record, RegistryPolicy, kind};

/// Every value comes below this key, so that no setting of the bundle takes effect.
const KEY: &str = r"SOFTWARE\Policies\Gangway\Selftest";

/// The local policy's own document: which extension reads it (MS-GPREG 1.9), and its version.
fn gpt_ini(version: u32) -> String {
    format!(
        "[General]\r\ngPCMachineExtensionNames=[{{35378EAC-683F-11D2-A89A-00C04FBBCFA2}}\
         {{D02B1F72-3407-48AE-BA88-E8213C6761F1}}]\r\nVersion={version}\r\n"
    )
}

pub(super) fn filter_query(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let (_, queries) = (context.subject.filter.as_ref())
        .ok_or_else(|| Finding::unanswerable("the bundle has no WMI filter"))?;
    let script = "if (-not (Get-Command Get-CimInstance -ErrorAction SilentlyContinue)) \
         { 'gangway: absent there is no Get-CimInstance' } else \
         { $n = @(Get-CimInstance -Namespace $env:GANGWAY_NAMESPACE -Query $env:GANGWAY_QUERY).Count; \
         $t = (Get-CimInstance Win32_OperatingSystem).ProductType; \"gangway: good $n $t\" }";
    for query in queries {
        let variables = [
            ("GANGWAY_NAMESPACE", query.namespace.clone()),
            ("GANGWAY_QUERY", query.wql.clone()),
        ];
        let text = match context.script(script, &variables, 60) {
            Reply::Good(text) => text,
            Reply::Refused(why) => return Err(Finding::no(why)),
            Reply::Absent(why) => return Err(Finding::unanswerable(why)),
        };
        let why = format!("`{}` finds and ProductType are: {text}", query.wql);
        // 1 workstation, 2 domain controller, 3 server.
        match text.split_once(' ') {
            Some((rows, "3")) if rows != "0" => {}
            Some(("0", "1")) => {}
            // The config says whether domain controllers are meant.
            Some((_, "2")) => {}
            _ => return Err(Finding::no(why)),
        }
    }
    Ok(Finding::yes("the query and the kind of this system agree"))
}

pub(super) fn filter_mof(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let (mof, _) = (context.subject.filter.as_ref())
        .ok_or_else(|| Finding::unanswerable("the bundle has no WMI filter"))?;
    let mof = mof.display().to_string();
    let mofcomp = context.program(r"wbem\mofcomp.exe")?;
    let said = context.call(&Call::of(&mofcomp, &["-check", &mof]));
    // Its banner comes in every language; a stand-in without one checks nothing.
    if said.text.trim().is_empty() {
        return Err(Finding::unanswerable(
            "it says nothing, so it checked nothing",
        ));
    }
    Ok(match said.code() {
        Some(0) => Finding::yes("its syntax is good"),
        Some(code) => Finding::no(format!("mofcomp ended with {code}")),
        None => Finding::unanswerable("mofcomp did not end"),
    })
}

/// The bundle's values below [`KEY`], written by our writer.
fn moved(values: &RegistryPolicy) -> Vec<Record> {
    let below = |record: &Record| Record {
        key: format!(r"{KEY}\{}", record.key),
        ..record.clone()
    };
    // Instructions (`**del.`) take away what a fresh key does not have.
    let sets = |record: &&Record| !record.value.starts_with("**");
    values.records.iter().filter(sets).map(below).collect()
}

/// A value as `reg query` shows it.
fn shown(record: &Record) -> Option<(&'static str, String)> {
    match (record.kind, <[u8; 4]>::try_from(&*record.data)) {
        (kind::DWORD, Ok(data)) => Some(("REG_DWORD", format!("0x{:x}", u32::from_le_bytes(data)))),
        (kind::SZ, _) => {
            let (units, _) = record.data.as_chunks::<2>();
            let text: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
            let text = String::from_utf16_lossy(&text);
            Some(("REG_SZ", text.trim_end_matches('\0').to_owned()))
        }
        _ => None,
    }
}

/// Files of the local policy.
struct LocalPolicy {
    values: PathBuf,
    document: PathBuf,
}

impl LocalPolicy {
    fn files(&self) -> [&PathBuf; 2] {
        [&self.values, &self.document]
    }

    /// Puts these values in the place of those that it has.
    fn put(
        &self,
        context: &mut Context<'_>,
        records: &[Record],
        version: u32,
    ) -> Result<(), String> {
        let records = records.to_vec();
        let bytes = RegistryPolicy { records }
            .write()
            .map_err(|error| error.to_string())?;
        let text = gpt_ini(version);
        (context.machine.write(&self.values, &bytes))
            .and_then(|()| context.machine.write(&self.document, text.as_bytes()))
            .map_err(|error| error.to_string())
    }

    /// Takes its files away.
    fn remove(&self, context: &mut Context<'_>, finding: &mut Finding) {
        for file in self.files() {
            let what = format!("`{}`", file.display());
            match context.machine.remove(file) {
                _ if !context.machine.exists(file) => finding.changed.push(what),
                _ => finding.left_behind.push(what),
            }
        }
    }
}

pub(super) fn registry_pol(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let gpupdate = context.program("gpupdate.exe")?;
    let reg = context.program("reg.exe")?;
    let records = moved(&context.subject.values);
    if records.is_empty() {
        return Err(Finding::unanswerable("the bundle sets no registry value"));
    }
    let folder = context.machine.system_folder().join("GroupPolicy");
    let policy = LocalPolicy {
        values: folder.join(r"Machine").join("Registry.pol"),
        document: folder.join("gpt.ini"),
    };
    let files = policy.files();
    if files.into_iter().any(|file| context.machine.exists(file)) {
        let why = "this system has a local policy, which is left alone";
        return Err(Finding::unanswerable(why));
    }
    let refresh = Call::of(&gpupdate, &["/target:computer", "/force", "/wait:120"]).within(180);
    let query = Call::of(&reg, &["query", &format!(r"HKLM\{KEY}"), "/s"]);
    let mut finding = match policy.put(context, &records, 1) {
        Err(why) => Finding::unanswerable(format!("the local policy was not written: {why}")),
        Ok(()) => {
            context.call(&refresh);
            let arrived = context.call(&query);
            let missing = missing(&records, &arrived.text);
            // Without a value in it: the client takes back what it set.
            let taken_back = policy.put(context, &[], 2);
            context.call(&refresh);
            let after = context.call(&query);
            match (missing, taken_back) {
                (Some(missing), _) => Finding::no(missing),
                (None, Err(why)) => Finding::no(why),
                (None, Ok(())) if after.code() == Some(0) && after.text.contains("REG_") => {
                    Finding::no("values stay after the policy is gone")
                }
                _ => Finding::yes(format!("{} values came and went", records.len())),
            }
        }
    };
    policy.remove(context, &mut finding);
    let delete = Call::of(&reg, &["delete", &format!(r"HKLM\{KEY}"), "/f"]);
    context.call(&delete);
    match context.call(&query).code() {
        Some(0) => finding.left_behind.push(format!(r"`HKLM\{KEY}`")),
        _ => finding.changed.push(format!(r"`HKLM\{KEY}`")),
    }
    Ok(finding)
}

/// The first value that `reg query` does not show as it was written.
fn missing(records: &[Record], shown_by_reg: &str) -> Option<String> {
    records.iter().find_map(|record| {
        let (kind, data) = shown(record)?;
        let is_it = |line: &str| {
            let line = line.trim();
            line.strip_prefix(record.value.as_str())
                .map(str::trim_start)
                .and_then(|rest| rest.strip_prefix(kind))
                .is_some_and(|rest| rest.trim() == data.trim())
        };
        (!shown_by_reg.lines().any(is_it))
            .then(|| format!("`{}` is not there as {kind} {data}", record.value))
    })
}

pub(super) fn imported(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let script = "if (-not (Get-Module -ListAvailable -Name GroupPolicy)) \
         { 'gangway: absent there is no module GroupPolicy (Install-WindowsFeature GPMC)' } \
         elseif (-not (Get-CimInstance Win32_ComputerSystem).PartOfDomain) \
         { 'gangway: absent this system is in no domain' } else { \
         $g = Import-GPO -Path $env:GANGWAY_FOLDER -BackupGpoName $env:GANGWAY_NAME -TargetName \
         'Gangway Selftest' -CreateIfNeeded; try { \
         $r = [string](Get-GPOReport -Guid $g.Id -ReportType Xml); \
         $t = (-not $env:GANGWAY_TASK) -or $r.Contains($env:GANGWAY_TASK); \
         \"gangway: good $($g.Computer.DSVersion)/$($g.Computer.SysvolVersion) $t\" } \
         finally { Remove-GPO -Guid $g.Id } }";
    let backups = &context.subject.backups;
    if backups.is_empty() {
        return Err(Finding::unanswerable("the bundle has no GPO backup"));
    }
    for backup in backups {
        let variables = [
            ("GANGWAY_FOLDER", backup.folder.display().to_string()),
            ("GANGWAY_NAME", backup.name.clone()),
            ("GANGWAY_TASK", backup.task.clone().unwrap_or_default()),
        ];
        let name = &backup.name;
        match context.script(script, &variables, 180) {
            Reply::Good(text) if text.ends_with("True") => {}
            Reply::Good(text) => {
                let why = format!("`{name}`: the report has no task; versions {text}");
                return Err(Finding::no(why));
            }
            Reply::Refused(why) => {
                let mut finding = Finding::no(format!("`{name}`: {why}"));
                let left =
                    "a GPO `Gangway Selftest`, when `Get-GPO -Name 'Gangway Selftest'` finds it";
                finding.left_behind.push(left.to_owned());
                return Err(finding);
            }
            Reply::Absent(why) => return Err(Finding::unanswerable(why)),
        }
    }
    let mut finding = Finding::yes(format!("{} backups were imported", backups.len()));
    finding.changed.push("GPO `Gangway Selftest`".to_owned());
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked};
    use super::super::one;
    use super::*;

    #[test]
    fn values_come_below_a_key_of_their_own_and_go() {
        let shown = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Gangway\\Selftest\\SOFTWARE\\A\r\n    \
                     Mode    REG_DWORD    0x1\r\n    Text    REG_SZ    two words\r\n";
        for (first, after, verdict) in [
            (shown.to_owned(), "", Verdict::Yes),
            (shown.replace("0x1", "0x2"), "", Verdict::No),
            (shown.replace("two words", "two"), "", Verdict::No),
            (shown.to_owned(), shown, Verdict::No),
            (String::new(), "", Verdict::No),
        ] {
            let fake = Fake::saying("Selftest /s", &first).then(after).then("");
            let (found, fake) = fake.asked(|context| one(context, registry_pol));
            assert_eq!(found.verdict, verdict, "{first}");
            assert!(!fake.has("Registry.pol") && !fake.has("gpt.ini"));
        }
        let (found, fake) =
            Fake::with_file(r"GroupPolicy/gpt.ini").asked(|context| one(context, registry_pol));
        assert_eq!(found.verdict, Verdict::NotAnswerable);
        assert!(fake.has("gpt.ini"), "what is of others stays");
    }

    #[test]
    fn the_filter_is_held_against_the_kind_of_system() {
        for (said, verdict) in [
            ("1 3", Verdict::Yes),
            ("0 3", Verdict::No),
            ("0 1", Verdict::Yes),
            ("1 1", Verdict::No),
            ("0 2", Verdict::Yes),
        ] {
            let fake = Fake::saying("CimInstance", &format!("gangway: good {said}"));
            let found = asked(fake, |context| one(context, filter_query));
            assert_eq!(found.verdict, verdict, "{said}");
        }
    }

    #[test]
    fn a_console_that_is_not_here_is_no_refusal() {
        for (said, verdict) in [
            ("gangway: absent no module", Verdict::NotAnswerable),
            ("gangway: refused the backup is damaged", Verdict::No),
            ("gangway: good 1/1 False", Verdict::No),
            ("gangway: good 1/1 True", Verdict::Yes),
        ] {
            let found = asked(Fake::saying("Import-GPO", said), |c| one(c, imported));
            assert_eq!(found.verdict, verdict, "{said}");
        }
    }

    #[test]
    fn a_compiler_that_says_nothing_checked_nothing() {
        for (said, code, verdict) in [
            ("Microsoft (R) MOF Compiler", 0, Verdict::Yes),
            ("Microsoft (R) MOF Compiler", 3, Verdict::No),
            ("", 0, Verdict::NotAnswerable),
        ] {
            let fake = Fake::ending("-check", code).and("-check", said);
            let found = asked(fake, |context| one(context, filter_mof));
            assert_eq!(found.verdict, verdict, "{said} {code}");
        }
    }
}
