//! The tasks of the policies, and what the Task Scheduler makes of them.

use super::super::answer::Finding;
use super::super::context::{Context, Reply};
use super::super::machine::{Call, Said};
use crate::gpo::xml::{self, Declaration, Element, Node};

/// Name of the task that is registered.
const TASK: &str = "Gangway Selftest";
/// Name of the task that runs.
const RUNNING: &str = "Gangway Selftest Run";
/// The namespace of tasks (MS-TSCH 2.5), which a preference leaves away.
const NAMESPACE: &str = "http://schemas.microsoft.com/windows/2004/02/mit/task";
/// What the client writes in place of the moment at which it applies the item.
const SOME_MOMENT: &str = "2026-01-01T00:00:00";
/// Below it the Task Scheduler keeps a key for each task.
const CACHE: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree";

const SCHTASKS: &str = "schtasks.exe";

/// A preference's task as the client hands it to the Task Scheduler.
fn as_registered(task: &Element, switched_off: bool) -> Result<Vec<u8>, Finding> {
    let mut task = with_moments(task);
    task.attributes.retain(|(name, _)| name != "xmlns");
    task = task.attribute("xmlns", NAMESPACE);
    if switched_off {
        for node in &mut task.children {
            if let Node::Element(settings) = node
                && settings.name == "Settings"
            {
                let is_other =
                    |node: &Node| !matches!(node, Node::Element(one) if one.name == "Enabled");
                settings.children.retain(is_other);
                let enabled = Element::with_text("Enabled", "false");
                settings.children.push(Node::Element(enabled));
            }
        }
    }
    xml::write(&task, Declaration::None)
        .map_err(|error| Finding::no(format!("the task cannot be written: {error}")))
}

fn with_moments(element: &Element) -> Element {
    let mut element = element.clone();
    for node in &mut element.children {
        match node {
            Node::Text(text) => {
                *text = text.replace(crate::gpo::preferences::task::NOW, SOME_MOMENT);
            }
            Node::Element(child) => *child = with_moments(child),
            Node::CData(_) => {}
        }
    }
    element
}

fn no_task() -> Finding {
    Finding::unanswerable("the bundle has no task")
}

pub(super) fn checked(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let script = "$s = New-Object -ComObject Schedule.Service; $s.Connect(); \
         $x = [IO.File]::ReadAllText($env:GANGWAY_FILE); \
         $null = $s.GetFolder('\\').RegisterTask('Gangway Selftest', $x, 1, $null, $null, 0); \
         'gangway: good'";
    let tasks = &context.subject.tasks;
    if tasks.is_empty() {
        return Err(no_task());
    }
    for (name, task) in tasks {
        let file = context.machine.folder().join("task-checked.xml");
        let bytes = as_registered(task, false)?;
        let written = context.machine.write(&file, &bytes);
        written.map_err(|error| Finding::unanswerable(format!("write a file: {error}")))?;
        let variables = [("GANGWAY_FILE", file.display().to_string())];
        match context.script(script, &variables, 60) {
            Reply::Good(_) => {}
            Reply::Refused(why) => return Err(Finding::no(format!("`{name}`: {why}"))),
            Reply::Absent(why) => return Err(Finding::unanswerable(why)),
        }
    }
    Ok(Finding::yes(format!("{} tasks were taken", tasks.len())))
}

/// Registers the first task, switched off, reads it back, looks for its key, and deletes it.
pub(super) fn registered(context: &mut Context<'_>) -> Vec<Finding> {
    match register(context) {
        Ok(both) => both.into(),
        Err(finding) => {
            let second = Finding::unanswerable("no task was registered");
            vec![context.found(finding), second]
        }
    }
}

fn register(context: &mut Context<'_>) -> Result<[Finding; 2], Finding> {
    let schtasks = context.program(SCHTASKS)?;
    let (_, task) = context.subject.tasks.first().ok_or_else(no_task)?;
    let file = context.machine.folder().join("task.xml");
    let bytes = as_registered(task, true)?;
    let written = context.machine.write(&file, &bytes);
    written.map_err(|error| Finding::unanswerable(format!("write a file: {error}")))?;
    let file = file.display().to_string();
    let created = context.call(&Call::of(
        &schtasks,
        &["/create", "/tn", TASK, "/xml", &file, "/f"],
    ));
    if created.code() != Some(0) {
        return Err(Finding::no("schtasks refused the task"));
    }
    let read = context.call(&Call::of(&schtasks, &["/query", "/tn", TASK, "/xml"]));
    let key = format!(r"{CACHE}\{TASK}");
    let mut registered = read_back(task, &read);
    let evidence = context.found(Finding::yes(""));
    let second = match context.program("reg.exe") {
        Ok(reg) => {
            let said = context.call(&Call::of(&reg, &["query", &key]));
            let above = context.call(&Call::of(&reg, &["query", CACHE]));
            match (said.code(), above.code()) {
                (Some(0), _) => Finding::yes("the key is there"),
                (_, Some(0)) => Finding::no("there is no such key"),
                _ => Finding::unanswerable("this system has no `TaskCache`"),
            }
        }
        Err(finding) => finding,
    };
    let second = context.found(second);
    let deleted = context.call(&Call::of(&schtasks, &["/delete", "/tn", TASK, "/f"]));
    registered.evidence = evidence.evidence;
    registered
        .evidence
        .extend(context.found(Finding::yes("")).evidence);
    told(&mut registered, TASK, &deleted);
    Ok([registered, second])
}

/// Says of a task whether it is gone.
fn told(finding: &mut Finding, task: &str, deleted: &Said) {
    let what = format!("task `{task}`");
    match deleted.code() {
        Some(0) => finding.changed.push(what),
        _ => finding.left_behind.push(what),
    }
}

/// Has the task that came back the same command and account? Other elements get defaults.
fn read_back(task: &Element, said: &Said) -> Finding {
    let Some(start) = said.text.find("<Task") else {
        return Finding::unanswerable("it was taken; this system does not give it back as XML");
    };
    let root = match xml::read(said.text[start..].trim().as_bytes()) {
        Ok(root) => root,
        Err(error) => return Finding::no(format!("what came back is no XML: {error}")),
    };
    for path in [
        ["Actions", "Exec", "Command"].as_slice(),
        &["Actions", "Exec", "Arguments"],
        &["Principals", "Principal", "RunLevel"],
        &["Settings", "MultipleInstancesPolicy"],
        &["Settings", "ExecutionTimeLimit"],
    ] {
        let (ours, theirs) = (text_at(task, path), text_at(&root, path));
        if ours.is_some() && ours != theirs {
            let last = path.last().unwrap_or(&"");
            return Finding::no(format!("`{last}` was {ours:?} and came back as {theirs:?}"));
        }
    }
    Finding::yes("command, arguments, run level and limits came back as they were")
}

fn text_at(element: &Element, path: &[&str]) -> Option<String> {
    let mut at = element;
    for name in path {
        at = at.find(name)?;
    }
    Some(at.text())
}

pub(super) fn deleted_while_running(context: &mut Context<'_>) -> Result<Finding, Finding> {
    let schtasks = context.program(SCHTASKS)?;
    let tasklist = context.program("tasklist.exe")?;
    let ping = context.program("ping.exe")?;
    let line = format!("{} -n 30 127.0.0.1", ping.display());
    let created = context.call(&Call::of(
        &schtasks,
        &[
            "/create", "/tn", RUNNING, "/tr", &line, "/sc", "once", "/st", "23:59", "/ru",
            "SYSTEM", "/f",
        ],
    ));
    if created.code() != Some(0) {
        return Err(Finding::unanswerable("no task could be made"));
    }
    let run = context.call(&Call::of(&schtasks, &["/run", "/tn", RUNNING]));
    context.machine.pause(std::time::Duration::from_secs(3));
    let list = Call::of(&tasklist, &["/fi", "imagename eq PING.EXE", "/nh"]);
    let is_there = |said: &Said| said.text.to_lowercase().contains("ping.exe");
    let before = context.call(&list);
    let deleted = context.call(&Call::of(&schtasks, &["/delete", "/tn", RUNNING, "/f"]));
    let after = context.call(&list);
    let mut finding = match (
        run.code(),
        is_there(&before),
        deleted.code(),
        is_there(&after),
    ) {
        (Some(0), true, Some(0), true) => Finding::yes("it ran on after its task was deleted"),
        (Some(0), true, Some(0), false) => Finding::no("it was gone with its task"),
        _ => Finding::unanswerable("the task was not seen running"),
    };
    told(&mut finding, RUNNING, &deleted);
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Verdict;
    use super::super::super::fake::{Fake, asked};
    use super::super::one;
    use super::*;

    #[test]
    fn a_task_is_registered_switched_off_and_read_back() {
        let back = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task><Actions><Exec><Command>X\
                    </Command></Exec></Actions></Task>";
        for (said, verdict) in [
            (back.replace('X', r"C:\a.exe"), Verdict::Yes),
            (back.replace('X', r"C:\b.exe"), Verdict::No),
            ("ERROR: no such option".to_owned(), Verdict::NotAnswerable),
        ] {
            let fake = Fake::saying("/query", &said);
            let (found, fake) = fake.asked(registered);
            assert_eq!(found[0].verdict, verdict, "{said}");
            assert_eq!(found[1].verdict, Verdict::Yes);
            assert_eq!(found[0].changed, ["task `Gangway Selftest`"]);
            let written = fake.written("task.xml");
            assert!(written.contains("<Enabled>false</Enabled>"), "{written}");
            assert!(!written.contains("<Enabled>true"), "{written}");
            assert!(written.contains(NAMESPACE) && written.contains(SOME_MOMENT));
        }
        let (found, _) = Fake::ending("/create", 1).asked(registered);
        assert_eq!(found[0].verdict, Verdict::No);
        assert_eq!(found[1].verdict, Verdict::NotAnswerable);
        let (found, _) = Fake::ending("/delete", 1).asked(registered);
        assert_eq!(found[0].left_behind, ["task `Gangway Selftest`"]);
    }

    #[test]
    fn a_refused_task_is_told_with_the_words_of_windows() {
        let fake = Fake::saying("Schedule.Service", "gangway: refused (4,5):Enabled:maybe");
        let found = asked(fake, |context| one(context, checked));
        assert_eq!(found.verdict, Verdict::No);
        assert!(found.why.contains("(4,5):Enabled"), "{}", found.why);
    }

    #[test]
    fn a_run_is_seen_before_and_after() {
        let seen = Fake::saying("imagename", "PING.EXE  4242 Services");
        let found = asked(seen, |context| one(context, deleted_while_running));
        assert_eq!(found.verdict, Verdict::Yes);
        let found = asked(Fake::default(), |context| {
            one(context, deleted_while_running)
        });
        assert_eq!(found.verdict, Verdict::NotAnswerable);
    }
}
