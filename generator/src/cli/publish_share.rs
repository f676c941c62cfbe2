//! The command `publish share`.

use std::path::{Path, PathBuf};

use super::answer::Answer;
use super::arguments::PublishShare;
use super::commands::now;
use super::failure::Failure;
use super::output::Output;
use super::results::PublishedShare;
use crate::failure::FailureCode;
use crate::pipeline::publish::{ContentsRequest, ReleaseContents, release};
use crate::publication::{
    Action, Credentials, FolderShare, LargeFiles, Payloads, Published, ReleaseRequest,
    ShareAddress, publish_release,
};

pub(super) fn run(
    given: &PublishShare,
    output: &Output,
) -> Result<Answer<PublishedShare>, Failure> {
    let contents = release(&ContentsRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        domain: None,
        needs_signature: !given.rollback && !given.allow_unsigned,
    })?;
    output.problems(&contents.problems);
    let to = match &given.to {
        Some(to) => to.clone(),
        None => PathBuf::from(contents.root.as_str()),
    };
    let (mut share, folder) = open(&given.bundle, &to, &contents, || {
        sign_in(given.user.as_deref(), given.password_file.as_deref(), &to)
    })?;
    output.line(&format!("share    {}", to.display()));
    output.line(&format!("release  {}", contents.release.id));
    let request = request(given, folder);
    let mut say = |step: &str| output.line(step);
    let mut done = Published::default();
    let payloads = Payloads {
        request: &request,
        release: &contents.release,
        share: share.as_mut(),
    };
    let ended = publish_release(payloads, &mut say, &mut done);
    let has_begun = !done.steps.is_empty() || done.unfinished.is_some();
    let ended = match ended {
        Err(error) if !has_begun => return Err(error.into()),
        ended => ended,
    };
    for note in &done.notes {
        output.line(&format!("note     {note}"));
    }
    if ended.is_ok() {
        output.line(last_word(given, &done));
    }
    let release = &contents.release;
    let published = Answer::good(PublishedShare {
        to: to.display().to_string(),
        root: contents.root.into(),
        release_id: release.id.clone(),
        files: release.files.len(),
        bytes: release.files.iter().map(|file| file.size).sum(),
        dry_run: request.dry_run,
        steps: done.steps,
        unfinished: done.unfinished,
        notes: done.notes,
    });
    Ok(Answer {
        problems: contents.problems,
        // What was done before is part of the answer.
        failure: ended.err().map(Failure::from),
        ..published
    })
}

/// What is asked of the share.
fn request(given: &PublishShare, folder: Option<String>) -> ReleaseRequest {
    ReleaseRequest {
        folder,
        dry_run: !given.apply,
        only_compare: false,
        action: if given.rollback {
            Action::Rollback
        } else {
            Action::Publish
        },
        keep: None,
        state: given.state.clone().unwrap_or_else(|| beside(&given.bundle)),
    }
}

/// What a run that did not fail says of itself in the end.
fn last_word(given: &PublishShare, done: &Published) -> &'static str {
    match (done.steps.is_empty(), given.apply) {
        _ if given.rollback && given.apply => "taken back",
        (true, _) => "everything is there",
        (false, false) => "nothing was written; `--apply` does these steps",
        (false, true) => "published: each file was read back",
    }
}

/// The share, and the folder below it that is the release root.
pub(super) type Opened = (Box<dyn LargeFiles>, Option<String>);

/// The share as a path says: a folder, or a server's that an account signs in at. `credentials` are
/// asked for only when they are needed.
pub(super) fn open(
    bundle: &Path,
    to: &Path,
    contents: &ReleaseContents,
    credentials: impl FnOnce() -> Result<Credentials, Failure>,
) -> Result<Opened, Failure> {
    let text = to.to_string_lossy();
    let is_unc = text.starts_with(r"\\") || text.starts_with("//");
    if !is_unc || cfg!(windows) {
        apart(bundle, to)?;
        return Ok((Box::new(FolderShare::new(to.to_owned())), None));
    }
    let unc: ShareAddress = text.parse().map_err(|why| {
        let text = format!("`{text}`: {why}");
        Failure::of(FailureCode::CommandLine, text).hint(
            r"write it as `\\files.contoso.com\gangway$`, or name a folder that it is reached by",
        )
    })?;
    signed_in(&unc, contents, &credentials()?)
}

#[cfg(feature = "directory")]
pub(super) fn sign_in(
    user: Option<&str>,
    password_file: Option<&Path>,
    to: &Path,
) -> Result<Credentials, Failure> {
    use super::password;

    let Some(user) = user else {
        let text = format!("no account was named to sign in at `{}`", to.display());
        return Err(Failure::of(FailureCode::CommandLine, text)
            .hint("give `--user ACCOUNT`, or name a folder that the share is reached by instead"));
    };
    let password = password::read(password_file, user)?;
    Ok(Credentials::new(user, &password)?)
}

#[cfg(not(feature = "directory"))]
pub(super) fn sign_in(_: Option<&str>, _: Option<&Path>, _: &Path) -> Result<Credentials, Failure> {
    Err(cannot_sign_in())
}

#[cfg(all(unix, feature = "directory"))]
#[expect(clippy::unnecessary_wraps, reason = "not every system can")]
fn signed_in(
    unc: &ShareAddress,
    contents: &ReleaseContents,
    credentials: &Credentials,
) -> Result<Opened, Failure> {
    use crate::publication::SmbClient;

    let sizes = || contents.release.files.iter().map(|file| file.size);
    let share = SmbClient::new(&unc.host, &unc.share, credentials)
        .for_large_files(sizes().max().unwrap_or(0), sizes().sum());
    Ok((Box::new(share), unc.folder.clone()))
}

#[cfg(not(all(unix, feature = "directory")))]
fn signed_in(_: &ShareAddress, _: &ReleaseContents, _: &Credentials) -> Result<Opened, Failure> {
    Err(cannot_sign_in())
}

#[cfg(not(all(unix, feature = "directory")))]
fn cannot_sign_in() -> Failure {
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
