//! One function for each command: call the library, print for people, give the answer.

use std::io;
use std::time::{Duration, Instant};

use clap::CommandFactory as _;

use super::answer::Answer;
use super::arguments::{
    self, Arguments, Build, BuildMode, Explain, Init, Inspect, Moment, Patience,
};
use super::failure::Failure;
use super::output::Output;
use super::results::{Built, Completions, Explained, Written};
use super::vocabulary;
use crate::bundle::mode_name;
use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::formats::guid::Guid;
use crate::formats::zip;
use crate::intake::lock::LockMode;
use crate::intake::report::{self, InspectionDocument};
use crate::intake::{self, Inspection};
use crate::pipeline::{self, BuildRequest, explain as codes};
use crate::problem::{Deny, Problem};

/// The config that `init` writes; tests hold it to the config reader.
pub(super) const SAMPLE_CONFIG: &str = include_str!("../../../templates/gangway.toml");

/// The line with the id that each config gets anew.
const SAMPLE_ID: &str = "\nid = \"01234567-89ab-cdef-0123-456789abcdef\"\n";

/// What a command gives.
pub(super) type Answered<T> = Result<Answer<T>, Failure>;

pub(super) fn init(given: &Init, output: &Output) -> Answered<Written> {
    let path = given.path.display().to_string();
    let text = with_id(given.id.as_deref());
    // An id that no config can have: nothing else in the text is anybody's, and the file is not written yet.
    pipeline::Config::parse(&text, &given.path).map_err(|error| match error {
        pipeline::ConfigError::Value { why, .. } if given.id.is_some() => {
            Failure::of(FailureCode::CommandLine, format!("`--id` {why}"))
                .hint("leave `--id` out, and an id is made")
        }
        other => other.into(),
    })?;
    if let Some(fault) = windows_fault(&given.path) {
        let text = format!("write `{path}`: its name {fault}");
        return Err(Failure::of(FailureCode::Files, text)
            .hint("name a new file in a folder that is there: `gangway init FILE`"));
    }
    // Editors of Windows Server 2016 show other lines as one.
    let text = match cfg!(windows) {
        true => text.replace('\n', "\r\n"),
        false => text,
    };
    std::fs::File::create_new(&given.path)
        .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| {
            Failure::of(FailureCode::Files, format!("write `{path}`: {error}"))
                .hint("name a new file in a folder that is there: `gangway init FILE`")
        })?;
    output.line(&format!(
        "wrote `{path}`; edit it, then `gangway build --config {} --out bundle`",
        quoted(&path)
    ));
    Ok(Answer::good(Written { path }))
}

/// What Windows makes of a name that it does not keep as it is: a device, a stream, a shorter name.
fn windows_fault(path: &std::path::Path) -> Option<&'static str> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let faults = zip::name::faults(&name);
    let first = faults.first().filter(|_| cfg!(windows))?;
    Some(first.describe())
}

/// The config that `init` writes. Its id is random where none is given: the name is typed later, and two
/// organisations of one name must not meet in one domain. A build takes nothing but what is in the file.
fn with_id(id: Option<&str>) -> String {
    let id = id.map_or_else(Guid::random, str::to_owned);
    let line = format!("\nid = {}\n", toml::Value::String(id));
    SAMPLE_CONFIG.replacen(SAMPLE_ID, &line, 1)
}

/// What `inspect` looks at.
pub(super) fn look(given: &Inspect, output: &Output) -> Result<Inspection, Failure> {
    let config = given.config.as_deref();
    let (settings, noted) = pipeline::intake_settings(config, &given.crl, now(&given.moment))?;
    pipeline::Progress::begin(output, "inspect", 0);
    let mut inspection = intake::inspect(&given.paths, &settings);
    pipeline::Progress::end(output);
    inspection.problems.extend(noted);
    Ok(inspection)
}

pub(super) fn inspect<'a>(
    given: &Inspect,
    inspection: &'a Inspection,
    output: &Output,
) -> Answer<InspectionDocument<'a>> {
    output.lines(report::text(inspection).trim_end());
    let problems: Vec<Problem> = inspection.all_problems().cloned().collect();
    output.problems(&problems);
    let document = report::document(inspection);
    judged(document, problems, &given.findings.deny())
}

/// The answer of a command whose findings decide how it ends.
pub(super) fn judged<T>(result: T, problems: Vec<Problem>, deny: &Deny) -> Answer<T> {
    let denied = deny.refused(&problems);
    let failure = (!denied.is_empty()).then(|| {
        let text = format!("refused by `--deny`: {}", denied.join(", "));
        Failure::of(FailureCode::Denied, text).hint("mend what they name, or deny less")
    });
    let exit = if problems.iter().any(Problem::is_error) {
        intake::codes::failure_of(&problems).exit()
    } else {
        Exit::Good
    };
    Answer {
        // What was found is an error by itself already, and may be a worse one.
        failure: failure.filter(|_| exit == Exit::Good),
        problems,
        exit,
        ..Answer::good(result)
    }
}

pub(super) fn build(given: &Build, output: &Output) -> Answered<Built> {
    let request = BuildRequest {
        config: given.config.clone(),
        out: given.out.clone(),
        mode: given.mode.map(Into::into),
        retire: given.mode == Some(BuildMode::Retire),
        lock: match (given.locked, given.update_lock) {
            (true, _) => LockMode::Locked,
            (false, true) => LockMode::Update {
                allow_downgrade: given.allow_downgrade,
            },
            (false, false) => LockMode::Check,
        },
        stub: given.stub.clone(),
        now: now(&given.moment),
        source_date_epoch: source_date_epoch()?,
        sequence_after: given.sequence.after,
        share: given.share.clone(),
        new_identity: given.new_identity,
        deny: given.findings.deny(),
    };
    let built = patiently(&given.patience, || pipeline::build(&request, output))?;
    let out = given.out.display().to_string();
    tell_built(
        &built,
        given.mode,
        &given.config.display().to_string(),
        &out,
        output,
    );
    let result = Built {
        out,
        bundle_json_sha256: built.bundle_json_sha256,
        unchanged: built.unchanged,
        signature_kept: built.signature_kept,
        changed_files: built.changed_files,
        lock_begins: built.lock_begins,
        bundle: built.document,
    };
    Ok(Answer {
        lock_changes: built.changes,
        // What was found only once the bundle was in its place may be denied too.
        ..judged(result, built.problems, output.deny())
    })
}

/// What a build did, for people; `config` and `out` as they were typed.
fn tell_built(
    built: &pipeline::Built,
    mode: Option<BuildMode>,
    config: &str,
    out: &str,
    output: &Output,
) {
    output.problems(&built.problems);
    for change in &built.changes {
        output.line(&format!("lock     {change}"));
    }
    if built.lock_begins {
        output.line(
            "lock     new: `gangway.lock` beside the config; keep it under version control, it counts \
             the sequences. Where bundles were built before, `gangway lock --from BUNDLE` counts on from them",
        );
    }
    let bundle = &built.document;
    if built.unchanged {
        output.line(&format!(
            "same     `{out}` holds this bundle already; nothing in it was touched"
        ));
    } else if !built.changed_files.is_empty() {
        output.line(&format!("changed  {}", named(&built.changed_files)));
    }
    output.line(&format!(
        "bundle   {} (sequence {})",
        bundle.bundle_id, bundle.sequence
    ));
    let mode = match mode {
        Some(BuildMode::Retire) => "retire (in reports a precheck)",
        _ => mode_name(bundle.mode),
    };
    output.line(&format!("mode     {mode}"));
    output.line(&format!("release  {}", bundle.release_id));
    output.line(&format!("expect   {}", built.bundle_json_sha256));
    match built.signature_kept {
        true => output.line(&format!(
            "signed   {out}/{} is the program that was signed before; its signature stays",
            bundle.exe.path
        )),
        false => output.line(&format!("sign     {out}/{}", bundle.exe.path)),
    }
    output.line(&format!(
        "then     gangway verify --config {} {}",
        quoted(config),
        quoted(out)
    ));
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    if path.contains(char::is_whitespace) {
        format!("\"{path}\"")
    } else {
        path.to_owned()
    }
}

/// Tries again while another run is busy with the same bundle, until patience ends.
pub(super) fn patiently<T, E: Into<Failure>>(
    patience: &Patience,
    act: impl Fn() -> Result<T, E>,
) -> Result<T, Failure> {
    const PAUSE: Duration = Duration::from_millis(200);
    let begun = Instant::now();
    loop {
        match act().map_err(Into::into) {
            Err(failure)
                if failure.code == FailureCode::Busy
                    && begun.elapsed() < Duration::from_secs(patience.wait) =>
            {
                std::thread::sleep(PAUSE);
            }
            ended => return ended,
        }
    }
}

/// The first of many paths, and how many more there are.
fn named(paths: &[String]) -> String {
    const MOST: usize = 3;
    let first = paths[..paths.len().min(MOST)].join(", ");
    match paths.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first} and {more} more files"),
    }
}

pub(super) fn explain(given: &Explain, output: &Output) -> Answered<Explained> {
    let Some(text) = &given.code else {
        return Ok(every_page(output));
    };
    let found = codes::look_up(text, vocabulary::pages).map_err(|hint| {
        let text = format!("nothing is known of `{text}`");
        Failure::of(FailureCode::CommandLine, text).hint(hint)
    })?;
    let mut shown: Vec<String> = Vec::new();
    shown.extend(
        found
            .code
            .map(|code| format!("{}: {}\n\n{}", code.id, code.title, code.page)),
    );
    shown.extend(found.pages.iter().map(|page| {
        let (name, kind) = (&page.name, &page.kind);
        format!("{name} ({kind})\n\n{}\n\nnext: {}", page.about, page.next)
    }));
    output.result(&shown.join("\n\n"));
    Ok(Answer::good(Explained {
        codes: found.code.into_iter().map(Into::into).collect(),
        words: found.pages.into_iter().map(Into::into).collect(),
    }))
}

/// The list of everything that has a page.
fn every_page(output: &Output) -> Answer<Explained> {
    for code in codes::all() {
        output.result(&format!("{}  {}", code.id, code.title));
    }
    let words = [codes::words(), vocabulary::pages()].concat();
    for word in &words {
        output.result(&format!("{}  {}", word.name, word.kind));
    }
    for (family, about) in codes::families() {
        output.result(&format!("{family}:NUMBER  {about}"));
    }
    Answer::good(Explained {
        codes: codes::all().into_iter().map(Into::into).collect(),
        words: words.into_iter().map(Into::into).collect(),
    })
}

pub(super) fn completions(
    given: &arguments::Completions,
    output: &Output,
) -> Answered<Completions> {
    let mut script = Vec::new();
    clap_complete::generate(
        given.shell,
        &mut Arguments::command(),
        "gangway",
        &mut script,
    );
    let script = String::from_utf8_lossy(&script).into_owned();
    output.result(&script);
    Ok(Answer::good(Completions {
        shell: given.shell.to_string(),
        script,
    }))
}

/// The one place where the command line reads the clock.
pub(super) fn now(moment: &Moment) -> i64 {
    moment
        .as_of
        .unwrap_or_else(|| time::OffsetDateTime::now_utc().unix_timestamp())
}

/// `SOURCE_DATE_EPOCH` (reproducible-builds.org): seconds since 1970 UTC.
fn source_date_epoch() -> Result<Option<i64>, Failure> {
    let Some(value) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| {
        let text = "`SOURCE_DATE_EPOCH` is no number of seconds since 1970";
        Failure::of(FailureCode::CommandLine, text).hint("unset it, or use `date +%s`")
    })
}
