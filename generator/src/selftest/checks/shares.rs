//! Shares as the runbook makes them, and an event source.

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::Call;
use super::super::subject::Share;

/// Name of the event source.
const SOURCE: &str = "GangwaySelftest";
/// Below it the event log keeps its sources.
const SOURCES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application";
/// What is written as an event, and looked for.
const TEXT: &str = "gangway selftest 日本";

pub(super) fn shares(context: &mut Context<'_>) -> Vec<Finding> {
    let [payloads, reports] = match &context.subject.shares {
        Some([payloads, reports]) => [Some(payloads), Some(reports)],
        None => [None, None],
    };
    let found = |context: &mut Context<'_>, share: Option<&Share>, name: &str| {
        let finding = match share {
            Some(share) => one_share(context, share, name).unwrap_or_else(|finding| finding),
            None => Finding::unanswerable("the bundle names no share"),
        };
        context.found(finding)
    };
    vec![
        found(context, payloads, "payloads"),
        found(context, reports, "reports"),
    ]
}

fn one_share(context: &mut Context<'_>, share: &Share, name: &str) -> Result<Finding, Finding> {
    let icacls = context.program("icacls.exe")?;
    let folder = context.machine.folder().join(name);
    // The commands as the runbook has them, but for the way to the program and the placeholder.
    let commands = share.commands.join("; ");
    let commands = commands
        .replace("icacls.exe", "& $env:GANGWAY_ICACLS")
        .replace("'FOLDER'", "$env:GANGWAY_FOLDER")
        .replace("FOLDER\"", "$env:GANGWAY_FOLDER\"");
    let script = format!(
        "if (-not (Get-Command New-SmbShare -ErrorAction SilentlyContinue)) \
         {{ 'gangway: absent there is no New-SmbShare' }} else {{ \
         $null = New-Item -ItemType Directory -Force -Path $env:GANGWAY_FOLDER; \
         try {{ {commands}; if ($LASTEXITCODE -ne 0) {{ throw \"icacls ended with $LASTEXITCODE\" }}; \
         $a = Get-Acl -LiteralPath '\\\\localhost\\gangway-selftest$'; \
         $l = $a.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier]) | ForEach-Object \
         {{ '{{0}}:{{1:x}}' -f $_.IdentityReference.Value, [int]$_.FileSystemRights }}; \
         'gangway: good ' + ($l -join ' ') }} \
         finally {{ Remove-SmbShare -Name 'gangway-selftest$' -Force -ErrorAction SilentlyContinue }} }}"
    );
    let variables = [
        ("GANGWAY_ICACLS", icacls.display().to_string()),
        ("GANGWAY_FOLDER", folder.display().to_string()),
    ];
    let list = match context.script(&script, &variables, 120) {
        Reply::Good(list) => list,
        Reply::Refused(why) => return Err(Finding::no(why)),
        Reply::Absent(why) => return Err(Finding::unanswerable(why)),
    };
    let mut found: Vec<String> = list.split(' ').map(str::to_owned).collect();
    found.sort();
    let wanted = entries(&share.wanted);
    let mut finding = match found == wanted {
        true => Finding::yes(format!("the list is {}", wanted.join(" "))),
        false => Finding::no(format!("the list is {list}, expected {}", wanted.join(" "))),
    };
    finding.changed.push("share `gangway-selftest$`".to_owned());
    Ok(finding)
}

/// Entries of a list as `SID:mask`, sorted; the two words for SIDs that our lists use are written out.
fn entries(sddl: &str) -> Vec<String> {
    let mut entries: Vec<String> = sddl
        .split('(')
        .skip(1)
        .filter_map(|entry| {
            let fields: Vec<&str> = entry.trim_end_matches(')').split(';').collect();
            let mask = fields.get(2)?.trim_start_matches("0x");
            let who = match *fields.get(5)? {
                "BA" => "S-1-5-32-544",
                "SY" => "S-1-5-18",
                sid => sid,
            };
            Some(format!("{who}:{mask}"))
        })
        .collect();
    entries.sort();
    entries
}

pub(super) fn event_source(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let eventcreate = context.program("eventcreate.exe")?;
    let wevtutil = context.program("wevtutil.exe")?;
    let reg = context.program("reg.exe")?;
    let written = context.call(&Call::of(
        &eventcreate,
        &[
            "/l",
            "APPLICATION",
            "/so",
            SOURCE,
            "/t",
            "INFORMATION",
            "/id",
            "100",
            "/d",
            TEXT,
        ],
    ));
    if written.code() != Some(0) {
        return Err(Finding::no("no event could be written"));
    }
    let key = format!(r"{SOURCES}\{SOURCE}");
    let registered = Call::of(&reg, &["query", &key]);
    if context.call(&registered).code() != Some(0) {
        return Err(Finding::unanswerable(
            "eventcreate ended with 0 and registered nothing",
        ));
    }
    let query = format!("/q:*[System[Provider[@Name='{SOURCE}']]]");
    let read = context.call(&Call::of(
        &wevtutil,
        &["qe", "Application", &query, "/c:1", "/rd:true", "/f:text"],
    ));
    let mut finding = match read.code() {
        Some(0) if read.text.contains("gangway selftest") => {
            Finding::yes("it was read with its text")
        }
        Some(0) => Finding::no("the line was not found, or has no text"),
        _ => Finding::unanswerable("the event log cannot be asked"),
    };
    let deleted = context.call(&Call::of(&reg, &["delete", &key, "/f"]));
    let what = format!("event source `{SOURCE}`");
    match deleted.code() {
        Some(0) => finding.changed.push(what),
        _ => finding.left_behind.push(what),
    }
    finding
        .changed
        .push("one line of the event log, which stays".to_owned());
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked};
    use super::super::one;
    use super::*;

    #[test]
    fn a_share_has_the_list_that_is_wanted() {
        let good = "gangway: good S-1-5-32-544:1f01ff S-1-5-18:1f01ff S-1-5-32-545:1200a9";
        for (said, verdict) in [
            (good.to_owned(), Verdict::Yes),
            (good.replace("1200a9", "1301bf"), Verdict::No),
            (format!("{good} S-1-1-0:1200a9"), Verdict::No),
            (
                "gangway: refused icacls ended with 1332".to_owned(),
                Verdict::No,
            ),
            ("gangway: absent none".to_owned(), Verdict::NotAnswerable),
        ] {
            let found = asked(Fake::saying("New-SmbShare", &said), shares);
            assert_eq!(found[0].verdict, verdict, "{said}");
            assert!(
                found[0].evidence[0]
                    .command
                    .contains("& $env:GANGWAY_ICACLS")
            );
        }
    }

    #[test]
    fn an_event_is_written_and_read() {
        for (read, verdict) in [
            ("Event[0]: gangway selftest", Verdict::Yes),
            ("Event[0]: the description cannot be found", Verdict::No),
        ] {
            let fake = Fake::saying("wevtutil", read);
            let (found, fake) = fake.asked(|context| one(context, event_source));
            assert_eq!(found.verdict, verdict, "{read}");
            assert!(found.left_behind.is_empty() && fake.was_called("delete"));
        }
        let found = asked(Fake::ending("/so", 1), |context| one(context, event_source));
        assert_eq!(found.verdict, Verdict::No);
    }
}
