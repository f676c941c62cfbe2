//! The installer package, from unpacking it to its removal.

use std::path::PathBuf;
use std::time::Duration;

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::{Call, Said};
use super::super::subject::Installer;

const MSIEXEC: &str = "msiexec.exe";

/// `ERROR_INSTALL_ALREADY_RUNNING`, `ERROR_FUNCTION_NOT_CALLED` (an installer that has no `/a`),
/// `ERROR_INSTALL_PLATFORM_UNSUPPORTED`.
const NOT_HERE: [i32; 3] = [1618, 1626, 1633];
/// An installer that works is waited for so long, in seconds.
const PATIENCE: u64 = 900;
/// The bootstrap's first line in the event log is waited for so often, each time this long.
const LOOKS: usize = 24;
const PAUSE: Duration = Duration::from_secs(5);

/// What the package sets on its folders.
const WANTED: &str = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

fn installer<'a>(context: &Context<'a>) -> Result<&'a Installer, Finding> {
    let none =
        || Finding::unanswerable("no folder of packages with an installer package was given");
    context.subject.installer.as_ref().ok_or_else(none)
}

/// Arguments of an administrative installation: it unpacks, and registers nothing.
fn administrative(installer: &Installer, to: &std::path::Path) -> Vec<String> {
    vec![
        "/a".to_owned(),
        installer.file.display().to_string(),
        "/qn".to_owned(),
        format!("TARGETDIR={}", to.display()),
    ]
}

/// What the Windows Installer refused, in words.
fn refusal(said: &Said) -> Finding {
    match said.code() {
        Some(code) if NOT_HERE.contains(&code) => {
            Finding::unanswerable(format!("msiexec ended with {code}: not here, or not now"))
        }
        Some(code) => Finding::no(format!(
            "msiexec ended with {code}; `gangway explain msiexec:{code}`"
        )),
        None => Finding::unanswerable("msiexec did not end"),
    }
}

pub(super) fn unpacked(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let installer = installer(context)?;
    let msiexec = context.program(MSIEXEC)?;
    let to = context.machine.folder().join("unpacked");
    let call = Call::of(&msiexec, &administrative(installer, &to)).within(PATIENCE);
    let said = context.call(&call);
    if said.code() != Some(0) {
        return Err(refusal(&said));
    }
    let digests = context.machine.digests(&to);
    if digests.is_empty() {
        return Err(Finding::no("msiexec ended with 0 and unpacked nothing"));
    }
    let wanted = installer.exe_sha256.to_string();
    Ok(match digests.contains(&wanted) {
        true => Finding::yes(format!(
            "{} files; the bootstrap is the one that was packed",
            digests.len()
        )),
        false => Finding::no("the bootstrap that was unpacked is another one"),
    })
}

pub(super) fn mutex(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let installer = installer(context)?;
    let msiexec = context.program(MSIEXEC)?;
    let to = context.machine.folder().join("unpacked-again");
    let quoted = |word: &String| match word.contains(' ') {
        true => format!("\"{word}\""),
        false => word.clone(),
    };
    let arguments: Vec<String> = administrative(installer, &to).iter().map(quoted).collect();
    // Whoever may not open it knows all the same that it is there.
    let script = "$p = Start-Process -FilePath $env:GANGWAY_PROGRAM -ArgumentList \
         $env:GANGWAY_ARGUMENTS -PassThru; $seen = $false; while (-not $p.HasExited) { \
         try { [Threading.Mutex]::OpenExisting('Global\\_MSIExecute').Dispose(); $seen = $true } \
         catch [Threading.WaitHandleCannotBeOpenedException] {} \
         catch [UnauthorizedAccessException] { $seen = $true } \
         Start-Sleep -Milliseconds 5 }; \"gangway: good $seen\"";
    let variables = [
        ("GANGWAY_PROGRAM", msiexec.display().to_string()),
        ("GANGWAY_ARGUMENTS", arguments.join(" ")),
    ];
    match context.script(script, &variables, PATIENCE) {
        Reply::Good(seen) if seen == "True" => Ok(Finding::yes("it was seen while msiexec worked")),
        Reply::Good(_) => Ok(Finding::no("msiexec worked, and it was not seen")),
        Reply::Refused(why) | Reply::Absent(why) => Err(Finding::unanswerable(why)),
    }
}

/// Installs, looks, and removes; in each step what was said belongs to its own question.
pub(super) fn installed(context: &mut Context<'_>) -> Vec<Finding> {
    let first = install(context).unwrap_or_else(|finding| finding);
    let is_there = first.changed.is_empty() && !first.left_behind.is_empty();
    let mut first = context.found(first);
    if !is_there {
        let rest = || Finding::unanswerable("the package was not installed");
        return vec![first, rest(), rest(), rest()];
    }
    let second = permissions(context).unwrap_or_else(|finding| finding);
    let second = context.found(second);
    let third = starts(context).unwrap_or_else(|finding| finding);
    let third = context.found(third);
    let fourth = remove(context).unwrap_or_else(|finding| finding);
    let fourth = context.found(fourth);
    if !fourth.changed.is_empty() {
        first.changed = std::mem::take(&mut first.left_behind);
    }
    vec![first, second, third, fourth]
}

fn install(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let installer = installer(context)?;
    let msiexec = context.program(MSIEXEC)?;
    let file = installer.file.display().to_string();
    if context.machine.exists(&folder(context)) {
        let why = "this system has a `Gangway` below its folder for programs already";
        return Err(Finding::unanswerable(why));
    }
    let said = context.call(
        &Call::of(
            &msiexec,
            &["/i", &file, "/qn", "/norestart", "GANGWAY_MODE=precheck"],
        )
        .within(PATIENCE),
    );
    if said.code() != Some(0) {
        return Err(refusal(&said));
    }
    let code = &installer.product_code;
    let mut finding = Finding::yes("msiexec ended with 0");
    finding.left_behind.push(format!("package {code}"));
    Ok(finding)
}

fn folder(context: &Context<'_>) -> PathBuf {
    context.machine.program_files().join("Gangway")
}

fn permissions(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let script = "'gangway: good ' + (Get-Acl -LiteralPath $env:GANGWAY_FOLDER).Sddl";
    let variables = [("GANGWAY_FOLDER", folder(context).display().to_string())];
    match context.script(script, &variables, 60) {
        Reply::Good(sddl) => {
            // The flag `AI` only says that the list was computed by inheritance rules.
            let list = sddl.replace("D:PAI", "D:P");
            let list = list.split_once("D:P").map_or("", |(_, list)| list);
            let mut entries: Vec<&str> = list.split_inclusive(')').collect();
            entries.sort_unstable();
            let mut wanted: Vec<&str> = WANTED[3..].split_inclusive(')').collect();
            wanted.sort_unstable();
            Ok(match entries == wanted {
                true => Finding::yes(sddl),
                false => Finding::no(format!("it is `{sddl}`, expected `{WANTED}`")),
            })
        }
        Reply::Refused(why) | Reply::Absent(why) => Err(Finding::unanswerable(why)),
    }
}

fn starts(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let wevtutil = context.program("wevtutil.exe")?;
    let tasklist = context.program("tasklist.exe")?;
    let log = context.call(&Call::of(&wevtutil, &["gli", "Application"]));
    if log.code() != Some(0) || log.text.trim().is_empty() {
        return Err(Finding::unanswerable("the event log cannot be asked"));
    }
    // Of the last ten minutes: an earlier bootstrap may have written too.
    let query =
        "/q:*[System[Provider[@Name='Gangway'] and TimeCreated[timediff(@SystemTime) <= 600000]]]";
    let call = Call::of(
        &wevtutil,
        &["qe", "Application", query, "/c:20", "/rd:true", "/f:text"],
    );
    let mut found = Finding::no("two minutes after the installation it had written nothing");
    for _ in 0..LOOKS {
        // Only the last look is kept as evidence.
        let said = context.machine.call(&call);
        match said.code() {
            Some(0) if !said.text.trim().is_empty() => {
                found = Finding::yes("it wrote to the event log");
                context.call(&call);
                break;
            }
            Some(0) => {}
            _ => {
                context.call(&call);
                return Err(Finding::unanswerable("the event log cannot be asked"));
            }
        }
        context.machine.pause(PAUSE);
    }
    let list = Call::of(&tasklist, &["/fi", "imagename eq MdeOnboard-*", "/nh"]);
    for _ in 0..LOOKS {
        let said = context.machine.call(&list);
        if !said.text.contains("MdeOnboard") {
            break;
        }
        context.machine.pause(PAUSE);
    }
    found
        .changed
        .push("lines of the event log, which stay".to_owned());
    Ok(found)
}

fn remove(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let installer = installer(context)?;
    let msiexec = context.program(MSIEXEC)?;
    let code = installer.product_code.clone();
    let said =
        context.call(&Call::of(&msiexec, &["/x", &code, "/qn", "/norestart"]).within(PATIENCE));
    let mut finding = match said.code() {
        Some(0) => Finding::yes("msiexec ended with 0"),
        _ => refusal(&said),
    };
    match said.code() {
        Some(0) => finding.changed.push(format!("package {code}")),
        _ => finding.left_behind.push(format!("package {code}")),
    }
    let cleanup = Call::of(&context.subject.exe, &["cleanup"]).within(180);
    context.call(&cleanup);
    let folder = folder(context);
    if context.machine.exists(&folder) {
        finding.left_behind.push(format!("`{}`", folder.display()));
    }
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked};
    use super::super::one;
    use super::*;

    #[test]
    fn a_package_is_taken_when_its_bootstrap_comes_out() {
        let packed = "0".repeat(64);
        for (digests, code, verdict) in [
            (vec![packed.clone()], 0, Verdict::Yes),
            (vec!["1".repeat(64)], 0, Verdict::No),
            (vec![], 0, Verdict::No),
            (vec![packed.clone()], 1620, Verdict::No),
            (vec![packed.clone()], 1618, Verdict::NotAnswerable),
        ] {
            let fake = Fake::ending("/a", code).unpacking(digests);
            let found = asked(fake, |context| one(context, unpacked));
            assert_eq!(found.verdict, verdict, "{code}");
        }
    }

    #[test]
    fn what_was_installed_is_removed_whatever_comes_between() {
        let sddl = "gangway: good O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";
        let fake = Fake::saying("Get-Acl", sddl).and("wevtutil", "Event[0]");
        let (found, fake) = fake.asked(installed);
        let verdicts: Vec<Verdict> = found.iter().map(|one| one.verdict).collect();
        assert_eq!(verdicts, [Verdict::Yes; 4]);
        assert!(found[0].left_behind.is_empty() && !found[0].changed.is_empty());
        assert!(fake.was_called("/x") && fake.was_called("cleanup"));

        let open = sddl.replace("SY)", "SY)(A;OICI;0x1200a9;;;BU)");
        let (found, fake) = Fake::saying("Get-Acl", &open)
            .and("gli", "numberOfLogRecords: 5")
            .asked(installed);
        assert_eq!(found[1].verdict, Verdict::No);
        assert_eq!(found[2].verdict, Verdict::No, "nothing in the event log");
        assert!(fake.was_called("/x"));

        let (found, fake) = Fake::ending("/i", 1603).asked(installed);
        assert_eq!(found[0].verdict, Verdict::No);
        assert_eq!(found[3].verdict, Verdict::NotAnswerable);
        assert!(!fake.was_called("/x"));

        let (found, _) = Fake::ending("/x", 1603).asked(installed);
        assert!(!found[0].left_behind.is_empty() && !found[3].left_behind.is_empty());
    }

    #[test]
    fn the_mutex_is_seen_or_not() {
        for (said, verdict) in [
            ("gangway: good True", Verdict::Yes),
            ("gangway: good False", Verdict::No),
            ("", Verdict::NotAnswerable),
        ] {
            let found = asked(Fake::saying("_MSIExecute", said), |c| one(c, mutex));
            assert_eq!(found.verdict, verdict, "{said}");
        }
    }
}
