//! The installer package, from unpacking it to its removal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::{Call, Said, quoted};
use super::super::subject::Installer;
use super::{Question, one};

const MSIEXEC: &str = "msiexec.exe";

/// `ERROR_INSTALL_ALREADY_RUNNING`, `ERROR_FUNCTION_NOT_CALLED` (an installer that has no `/a`),
/// `ERROR_INSTALL_PLATFORM_UNSUPPORTED`.
const NOT_HERE: [i32; 3] = [1618, 1626, 1633];
/// An installer that works is waited for so long, in seconds.
const PATIENCE: u64 = 900;
/// The bootstrap's first line in the event log is waited for so often, each time this long.
const LOOKS: usize = 24;
const PAUSE: Duration = Duration::from_secs(5);

/// Where an x64 product is registered by its code (Windows Installer, "Uninstall Registry Key").
const PRODUCTS: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";

/// What the package sets on its folders.
const WANTED: &str = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

fn installer<'a>(context: &Context<'a>) -> Result<&'a Installer, Finding> {
    let none =
        || Finding::unanswerable("no folder of packages with an installer package was given");
    context.subject.installer.as_ref().ok_or_else(none)
}

/// Arguments of an administrative installation: it unpacks, and registers nothing.
fn administrative(installer: &Installer, to: &Path) -> Vec<String> {
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
    let arguments = administrative(installer, &to);
    let arguments: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
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
        let rest = Finding::unanswerable("the package was not installed");
        return [vec![first], vec![rest; 4]].concat();
    }
    let looks: [Question; 2] = [permissions, starts];
    let [second, third] = looks.map(|question| one(context, question));
    let (fourth, present) = upgraded(context);
    let fourth = context.found(fourth);
    let fifth = remove(context, &present).unwrap_or_else(|finding| finding);
    let fifth = context.found(fifth);
    if fifth.left_behind.is_empty() {
        first.changed = std::mem::take(&mut first.left_behind);
    }
    vec![first, second, third, fourth, fifth]
}

fn install(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let installer = installer(context)?;
    let msiexec = context.program(MSIEXEC)?;
    if context.machine.exists(&folder(context)) {
        let why = "this system has a `Gangway` below its folder for programs already";
        return Err(Finding::unanswerable(why));
    }
    let said = context.call(&installation(&msiexec, installer));
    if said.code() != Some(0) {
        return Err(refusal(&said));
    }
    let code = &installer.product_code;
    let mut finding = Finding::yes("msiexec ended with 0");
    finding.left_behind.push(format!("package {code}"));
    Ok(finding)
}

/// The bootstrap of the package only looks.
fn installation(msiexec: &Path, installer: &Installer) -> Call {
    let file = installer.file.display().to_string();
    let arguments = ["/i", &file, "/qn", "/norestart", "GANGWAY_MODE=precheck"];
    Call::of(msiexec, &arguments).within(PATIENCE)
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
        if context.machine.is_told_to_end() {
            break;
        }
        context.machine.pause(PAUSE);
    }
    let list = Call::of(&tasklist, &["/fi", "imagename eq MdeOnboard-*", "/nh"]);
    for _ in 0..LOOKS {
        let said = context.machine.call(&list);
        if !said.text.contains("MdeOnboard") {
            break;
        }
        if context.machine.is_told_to_end() {
            break;
        }
        context.machine.pause(PAUSE);
    }
    found
        .changed
        .push("lines of the event log, which stay".to_owned());
    Ok(found)
}

/// Installs the later package over the earlier one; product codes of what may be there afterwards,
/// beside the finding.
fn upgraded(context: &mut Context<'_>) -> (Finding, Vec<String>) {
    let earlier = context.subject.installer.as_ref();
    let mut present: Vec<String> = earlier
        .map(|it| it.product_code.clone())
        .into_iter()
        .collect();
    let finding = upgrade(context, &mut present).unwrap_or_else(|finding| finding);
    (finding, present)
}

fn upgrade(context: &mut Context<'_>, present: &mut Vec<String>) -> Result<Finding, Finding> {
    let earlier = installer(context)?;
    let none = "no later build was given (`--later BUNDLE --later-packages DIR`)";
    let later = context.subject.later_installer.as_ref();
    let later = later.ok_or_else(|| Finding::unanswerable(none))?;
    let msiexec = context.program(MSIEXEC)?;
    let reg = context.program("reg.exe")?;
    let said = context.call(&installation(&msiexec, later));
    let mut products = Vec::new();
    for code in [&later.product_code, &earlier.product_code] {
        let asked = Call::of(&reg, &["query", &format!(r"{PRODUCTS}\{code}")]);
        if context.call(&asked).code() == Some(0) {
            products.push(code.clone());
        }
    }
    let is_replaced = products == [later.product_code.clone()];
    *present = products;
    if said.code() != Some(0) {
        return Err(refusal(&said));
    }
    let digests = context.machine.digests(&folder(context));
    let holds = |installer: &Installer| digests.contains(&installer.exe_sha256.to_string());
    let mut finding = match (is_replaced, holds(later), holds(earlier)) {
        (true, true, false) => Finding::yes("msiexec ended with 0, and the earlier one is gone"),
        (true, true, true) => Finding::no("the bootstrap of the earlier package is still there"),
        (true, false, _) => Finding::no("the bootstrap of the later package is not there"),
        (false, ..) => Finding::no("not just the later package is registered"),
    };
    finding
        .changed
        .push("the later package, for the earlier one".to_owned());
    Ok(finding)
}

fn remove(context: &mut Context<'_>, present: &[String]) -> Result<Finding, Finding> {
    let msiexec = context.program(MSIEXEC)?;
    let mut finding = Finding::yes("msiexec ended with 0");
    for code in present {
        let arguments = ["/x", code, "/qn", "/norestart"];
        let said = context.call(&Call::of(&msiexec, &arguments).within(PATIENCE));
        match said.code() {
            Some(0) => finding.changed.push(format!("package {code}")),
            _ => {
                let (changed, mut left) = (finding.changed, finding.left_behind);
                left.push(format!("package {code}"));
                finding = refusal(&said);
                (finding.changed, finding.left_behind) = (changed, left);
            }
        }
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
    use super::super::super::fake::{Fake, asked, subject};
    use super::super::super::subject::Subject;
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
        let (yes, not_asked) = (Verdict::Yes, Verdict::NotAnswerable);
        assert_eq!(verdicts, [yes, yes, yes, not_asked, yes]);
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
        assert_eq!(found[4].verdict, Verdict::NotAnswerable);
        assert!(!fake.was_called("/x"));

        let (found, _) = Fake::ending("/x", 1603).asked(installed);
        assert!(!found[0].left_behind.is_empty() && !found[4].left_behind.is_empty());
    }

    #[test]
    fn a_later_package_takes_the_place_of_the_earlier_one() {
        let (earlier, later) = ("0".repeat(64), "1".repeat(64));
        let about = Subject {
            later_installer: Some(Installer {
                file: "/p/later.msi".into(),
                product_code: "{LATER}".to_owned(),
                exe_sha256: later.parse().unwrap(),
            }),
            ..subject()
        };
        for (digests, code, word, verdict, removed) in [
            (
                vec![&later],
                1,
                "query {CODE}",
                Verdict::Yes,
                ["{LATER}", "{LATER}"],
            ),
            (
                vec![&later],
                0,
                "query {CODE}",
                Verdict::No,
                ["{LATER}", "{CODE}"],
            ),
            (
                vec![&later, &earlier],
                1,
                "query {CODE}",
                Verdict::No,
                ["{LATER}", "{LATER}"],
            ),
            (
                vec![&earlier],
                1,
                "query {CODE}",
                Verdict::No,
                ["{LATER}", "{LATER}"],
            ),
            (
                vec![&earlier],
                1603,
                "later",
                Verdict::No,
                ["{LATER}", "{CODE}"],
            ),
        ] {
            let word = word.replace("query ", &format!(r"query {PRODUCTS}\"));
            let unpacked = digests.into_iter().cloned().collect();
            let mut fake = Fake::ending(&word, code).unpacking(unpacked);
            let found = fake.asked_about(&about, installed);
            assert_eq!(found[3].verdict, verdict, "{}", found[3].why);
            for product in removed {
                assert!(fake.was_called(&format!("/x {product}")), "{product} stays");
            }
            assert_eq!(found[4].verdict, Verdict::Yes, "{}", found[4].why);
        }
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
