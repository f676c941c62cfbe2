//! The command `publish share`.

use std::path::{Path, PathBuf};

use super::answer::Answer;
use super::arguments::PublishShare;
use super::commands::now;
use super::failure::Failure;
use super::output::Output;
use super::results::PublishedShare;
use super::share_place::{SharePlace, state_apart};
use crate::failure::FailureCode;
use crate::pipeline::publish::{
    ContentsRequest, ReleaseContents, everything, is_about_signature, release,
};
use crate::problem::Problem;
use crate::publication::{
    Account, Action, Claimant, Contents, Directory, FolderShare, LargeFiles, OfflinePlan, Payloads,
    Places, Published, ReleaseError, ReleaseRequest, Share, ShareAddress, ShareError,
    payload_destinations, plan_release_offline, publish_release, publish_release_and_prune,
    release_history,
};

pub(super) fn run(
    given: &PublishShare,
    output: &Output,
) -> Result<Answer<PublishedShare>, Failure> {
    let (policies, contents) = read(given)?;
    output.problems(&contents.problems);
    let to = SharePlace::typed_or(given.to.as_deref(), &contents.root)?;
    without_effect(given, &to)?;
    idle_permission(given.allow_unsigned, &contents.problems)?;
    let state = given.state.clone().unwrap_or_else(|| beside(&given.bundle));
    if given.offline {
        let request = request(given, &to, None, state);
        return offline(&request, &to, contents, output);
    }
    state_apart(
        &state,
        &[("bundle", Some(&given.bundle)), ("share", to.folder())],
    )?;
    if given.history {
        let request = request(given, &to, in_share(&to), state);
        return past(&request, &to, contents, output);
    }
    let domain = policies.map(|policies| domain_of(given, policies));
    let mut domain = domain.transpose()?;
    let (mut share, folder) = open(&given.bundle, &to, &contents, || {
        sign_in(given.user.as_deref(), given.password_file.as_deref(), &to)
    })?;
    output.line(&format!("share    {to}"));
    output.line(&format!("release  {}", contents.release.id));
    let request = request(given, &to, folder, state);
    let mut done = Published::default();
    let payloads = Payloads {
        request: &request,
        release: &contents.release,
        share: share.as_mut(),
    };
    let ended = bring(payloads, domain.as_mut(), output, &mut done);
    let has_begun = !done.steps.is_empty() || done.unfinished.is_some();
    let failure = match ended {
        Err(failure) if !has_begun => return Err(failure),
        ended => ended.err(),
    };
    for note in &done.notes {
        output.line(&format!("note     {note}"));
    }
    if failure.is_none() {
        output.line(last_word(given, &done));
    }
    let plan = OfflinePlan {
        asked: Vec::new(),
        published: done,
    };
    Ok(Answer {
        // What was done before is part of the answer.
        failure,
        ..answer(&to, contents, request.dry_run, plan, Vec::new())
    })
}

/// The payloads, and with `--keep-releases` the policies of the domain that is asked.
fn read(given: &PublishShare) -> Result<(Option<Contents>, ReleaseContents), Failure> {
    let brings = !given.rollback && !given.remove && !given.history;
    let wanted = ContentsRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        domain: given.domain.clone(),
        needs_signature: brings && !given.allow_unsigned,
        comes_to_servers: brings,
    };
    if given.keep_releases.is_none() {
        return Ok((None, release(&wanted)?));
    }
    let (policies, contents) = everything(&wanted)?;
    Ok((Some(policies), contents))
}

/// The folder below a server's share; none where the place is a folder.
pub(super) fn in_share(to: &SharePlace) -> Option<String> {
    match to {
        SharePlace::Folder(_) => None,
        SharePlace::Server(address) => address.folder.clone(),
    }
}

/// What `--rollback` goes back to, without a share.
fn past(
    request: &ReleaseRequest,
    to: &SharePlace,
    contents: ReleaseContents,
    output: &Output,
) -> Result<Answer<PublishedShare>, Failure> {
    let notes = release_history(request, &contents.release)?;
    for line in &notes {
        output.line(line);
    }
    if notes.is_empty() {
        output.line("nothing was published from here that could be taken back");
    }
    let plan = OfflinePlan {
        asked: Vec::new(),
        published: Published {
            notes,
            ..Published::default()
        },
    };
    Ok(answer(to, contents, true, plan, Vec::new()))
}

/// Brings the release, and takes old ones away where the domain is asked what it needs.
fn bring<'a>(
    payloads: Payloads<'a>,
    domain: Option<&'a mut Domain>,
    output: &Output,
    done: &mut Published,
) -> Result<(), Failure> {
    let mut say = |step: &str| output.line(step);
    let Some(domain) = domain else {
        return Ok(publish_release(payloads, &mut say, done)?);
    };
    let places = Places {
        directory: domain.directory.as_mut(),
        sysvol: domain.sysvol.as_mut(),
        payloads: Some(payloads),
        waiting: None,
    };
    Ok(publish_release_and_prune(
        &domain.policies,
        places,
        &mut say,
        done,
    )?)
}

/// What would be written, without a share.
fn offline(
    request: &ReleaseRequest,
    to: &SharePlace,
    contents: ReleaseContents,
    output: &Output,
) -> Result<Answer<PublishedShare>, Failure> {
    let mut said = Vec::new();
    let plan = plan_release_offline(request, &contents.release, &mut |step| {
        said.push(step.to_owned());
    })?;
    let goes_to = payload_destinations(&to.to_string(), &contents.release);
    tell_offline(&plan.asked, &goes_to, output);
    for step in &said {
        output.line(step);
    }
    output.line(
        "no server was asked; a share that has nothing of this bundle gets these steps, another one \
         those of them that it lacks",
    );
    Ok(answer(to, contents, true, plan, goes_to))
}

/// Where everything would go, and what would be asked before.
pub(super) fn tell_offline(asked: &[String], goes_to: &[String], output: &Output) {
    for path in goes_to {
        output.line(&format!("to       {path}"));
    }
    for question in asked {
        output.line(&format!("ask      {question}"));
    }
}

fn answer(
    to: &SharePlace,
    contents: ReleaseContents,
    dry_run: bool,
    plan: OfflinePlan,
    goes_to: Vec<String>,
) -> Answer<PublishedShare> {
    let (release, done) = (contents.release, plan.published);
    Answer {
        problems: contents.problems,
        ..Answer::good(PublishedShare {
            to: to.to_string(),
            root: contents.root.into(),
            files: release.files.len(),
            bytes: release.files.iter().map(|file| file.size).sum(),
            release_id: release.id,
            dry_run,
            steps: done.steps,
            unfinished: done.unfinished,
            notes: done.notes,
            asked: plan.asked,
            goes_to,
        })
    }
}

/// The domain whose policies are asked what they need.
struct Domain {
    /// What the bundle has for it.
    policies: Contents,
    directory: Box<dyn Directory>,
    sysvol: Box<dyn Share>,
}

#[cfg(feature = "directory")]
fn domain_of(given: &PublishShare, policies: Contents) -> Result<Domain, Failure> {
    use crate::publication::{Connection, Encryption, ServerChoice};

    let account = super::account::account(given.user.as_deref(), given.password_file.as_deref())?;
    let choice = ServerChoice {
        host: given.dc.clone(),
        encryption: Encryption::Tls,
        sysvol: None,
    };
    let server = Connection::open(&choice, &policies.domain, &account)?;
    Ok(Domain {
        policies,
        directory: Box::new(server.directory),
        sysvol: server.share,
    })
}

#[cfg(not(feature = "directory"))]
fn domain_of(_: &PublishShare, _: Contents) -> Result<Domain, Failure> {
    Err(super::publish::without_directory())
}

/// An account means nothing where a folder is written to, and a state where nothing is.
fn without_effect(given: &PublishShare, to: &SharePlace) -> Result<(), Failure> {
    let (user, password_file) = (given.user.as_deref(), given.password_file.as_deref());
    if given.offline {
        refuse_idle(
            "`--offline` writes nothing",
            &[("--state", given.state.is_some())],
        )?;
        return no_account("`--offline` asks no server", user, password_file);
    }
    if to.folder().is_none() || given.keep_releases.is_some() {
        return Ok(());
    }
    let why = format!("`{to}` is reached as a folder");
    no_account(&why, user, password_file)
}

/// Nobody signs in where no server is asked.
pub(super) fn no_account(
    why: &str,
    user: Option<&str>,
    password_file: Option<&Path>,
) -> Result<(), Failure> {
    let options = [
        ("--user", user.is_some()),
        ("--password-file", password_file.is_some()),
    ];
    refuse_idle(why, &options)
}

/// A share that could not be read, as publishing tells it.
pub(super) fn unread(error: ShareError) -> Failure {
    ReleaseError::from(error).into()
}

/// Whoever lets an unsigned bootstrap through should know when there is none.
pub(super) fn idle_permission(is_given: bool, problems: &[Problem]) -> Result<(), Failure> {
    let is_idle = is_given && !problems.iter().any(is_about_signature);
    refuse_idle(
        "the bootstrap is signed, and a root vouches for it",
        &[("--allow-unsigned", is_idle)],
    )
}

/// Refuses options that were given and would have no effect: whoever gave them expects one.
pub(super) fn refuse_idle(why: &str, options: &[(&str, bool)]) -> Result<(), Failure> {
    let Some((name, _)) = options.iter().find(|(_, is_given)| *is_given) else {
        return Ok(());
    };
    let text = format!("`{name}` has no effect: {why}");
    Err(Failure::of(FailureCode::CommandLine, text).hint(format!("leave `{name}` out")))
}

/// What is asked of the share.
fn request(
    given: &PublishShare,
    to: &SharePlace,
    folder: Option<String>,
    state: PathBuf,
) -> ReleaseRequest {
    ReleaseRequest {
        folder,
        named: to.to_string(),
        dry_run: !given.apply,
        only_compare: false,
        action: match (given.rollback, given.remove) {
            (true, _) => Action::Rollback,
            (false, true) => Action::Remove,
            (false, false) => Action::Publish,
        },
        keep: given.keep_releases.map(usize::from),
        state,
        claimant: Claimant::here(given.user.as_deref()),
    }
}

/// What a run that did not fail says of itself in the end.
fn last_word(given: &PublishShare, done: &Published) -> &'static str {
    match (done.steps.is_empty(), given.apply) {
        (true, _) if given.remove => "nothing is there that would be taken away",
        (false, true) if given.remove => "taken away; reports and what others put there stay",
        (true, _) if given.rollback => "nothing is there that would be taken back",
        (false, true) if given.rollback => "taken back",
        (true, _) => "everything is there",
        (false, false) => "nothing was written; `--apply` does these steps",
        (false, true) => "published: each file was read back",
    }
}

/// The share, and the folder below it that is the release root.
pub(super) type Opened = (Box<dyn LargeFiles>, Option<String>);

/// The share as a path says: a folder, or a server's that an account signs in at. `account` is
/// asked for only when it is needed.
pub(super) fn open(
    bundle: &Path,
    to: &SharePlace,
    contents: &ReleaseContents,
    account: impl FnOnce() -> Result<Account, Failure>,
) -> Result<Opened, Failure> {
    match to {
        SharePlace::Folder(folder) => {
            apart(bundle, folder)?;
            Ok((Box::new(FolderShare::new(folder.clone())), None))
        }
        SharePlace::Server(address) => {
            let sizes = contents.release.files.iter().map(|file| file.size);
            signed_in(address, &sizes.collect::<Vec<u64>>(), &account()?)
        }
    }
}

#[cfg(feature = "directory")]
pub(super) fn sign_in(
    user: Option<&str>,
    password_file: Option<&Path>,
    to: &SharePlace,
) -> Result<Account, Failure> {
    if user.is_none() {
        let text = format!("no account was named to sign in at `{to}`");
        return Err(Failure::of(FailureCode::CommandLine, text)
            .hint("give `--user ACCOUNT`, or name a folder that the share is reached by instead"));
    }
    super::account::account(user, password_file)
}

#[cfg(not(feature = "directory"))]
pub(super) fn sign_in(
    _: Option<&str>,
    _: Option<&Path>,
    _: &SharePlace,
) -> Result<Account, Failure> {
    Err(cannot_sign_in())
}

/// A server's share, for files of these sizes.
#[cfg(all(unix, feature = "directory"))]
#[expect(clippy::unnecessary_wraps, reason = "not every system can")]
pub(super) fn signed_in(
    unc: &ShareAddress,
    sizes: &[u64],
    account: &Account,
) -> Result<Opened, Failure> {
    use crate::publication::SmbClient;

    let Account::Named(credentials) = account;
    let largest = sizes.iter().copied().max().unwrap_or(0);
    // Sizes that a share tells may be anything.
    let all = sizes.iter().copied().fold(0, u64::saturating_add);
    let share = SmbClient::new(&unc.host, &unc.share, credentials).for_large_files(largest, all);
    Ok((Box::new(share), unc.folder.clone()))
}

#[cfg(not(all(unix, feature = "directory")))]
pub(super) fn signed_in(_: &ShareAddress, _: &[u64], _: &Account) -> Result<Opened, Failure> {
    Err(cannot_sign_in())
}

#[cfg(not(all(unix, feature = "directory")))]
pub(super) fn cannot_sign_in() -> Failure {
    let text = "this program was built without the feature `directory`, so it cannot sign in";
    Failure::of(FailureCode::Program, text)
        .hint("name a folder that the share is reached by with `--to`")
}

/// The usual place of the saved state: the bundle itself is replaced by the next build.
pub(super) fn beside(bundle: &Path) -> PathBuf {
    let bundle = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
    bundle.parent().unwrap_or(&bundle).join("gangway-published")
}

/// A release inside the bundle that it comes from, or a bundle on the share that is read by every
/// server: neither is what anybody means.
fn apart(bundle: &Path, to: &Path) -> Result<(), Failure> {
    let (Ok(bundle), Ok(to)) = (bundle.canonicalize(), to.canonicalize()) else {
        // The one or the other is not there, which is told by who opens it.
        return Ok(());
    };
    if bundle.starts_with(&to) || to.starts_with(&bundle) {
        let text = format!(
            "one of the bundle `{}` and the share `{}` lies in the other",
            bundle.display(),
            to.display()
        );
        return Err(Failure::of(FailureCode::CommandLine, text)
            .hint("name the folder that servers read as the share"));
    }
    Ok(())
}
