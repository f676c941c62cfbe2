//! `verify --share`: the shares as they are, held against the bundle.

use std::path::{Path, PathBuf};

use super::arguments::Verify;
use super::commands::now;
use super::failure::Failure;
use super::publish_share::{Opened, is_unc, open, refuse_idle, sign_in};
use crate::pipeline::publish::{ContentsRequest, ReleaseContents, release};
use crate::problem::Problem;
use crate::publication::{codes, inspect_payloads, inspect_reports};

/// What stands against the shares; none when they were not asked about.
pub(super) fn look(given: &Verify) -> Result<Option<Vec<Problem>>, Failure> {
    let Some(to) = &given.shares.share else {
        return Ok(None);
    };
    let contents = release(&ContentsRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        domain: None,
        needs_signature: false,
    })?;
    let reports = reports(given, to, &contents);
    without_effect(given, to, reports.as_deref())?;
    let (mut share, folder) = opened(given, to, &contents)?;
    let place = to.display().to_string();
    let release = &contents.release;
    let mut problems =
        inspect_payloads(release, folder.as_deref(), &place, share.as_mut()).map_err(refused)?;
    if let Some(reports) = reports {
        problems.extend(overlap(to, &reports));
        let (mut share, folder) = opened(given, &reports, &contents)?;
        let place = reports.display().to_string();
        let found = inspect_reports(folder.as_deref(), &place, share.as_mut());
        problems.extend(found.map_err(refused)?);
    }
    Ok(Some(problems))
}

/// An account means nothing where both are reached as folders.
fn without_effect(given: &Verify, to: &Path, reports: Option<&Path>) -> Result<(), Failure> {
    if is_unc(to) || reports.is_some_and(is_unc) {
        return Ok(());
    }
    refuse_idle(
        &format!("`{}` is reached as a folder", to.display()),
        &[("--user", given.shares.user.is_some())],
    )
}

fn opened(given: &Verify, to: &Path, contents: &ReleaseContents) -> Result<Opened, Failure> {
    let (user, file) = (&given.shares.user, &given.shares.password_file);
    let signed_in = || sign_in(user.as_deref(), file.as_deref(), to);
    open(&given.bundle, to, contents, signed_in)
}

/// The folder of the reports: as told; else, where servers look for the payloads at the very place
/// that is looked at, where they leave their reports.
fn reports(given: &Verify, to: &Path, contents: &ReleaseContents) -> Option<PathBuf> {
    let is_root = compared(to) == compared(Path::new(contents.root.as_str()));
    let told = given.shares.reports.clone();
    let servers_are_told = contents.reports.as_ref().filter(|_| is_root);
    told.or_else(|| servers_are_told.map(|reports| PathBuf::from(reports.as_str())))
}

/// A path as it is compared: Windows knows no case, and either slash.
fn compared(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/").to_lowercase();
    text.trim_end_matches('/').to_owned()
}

fn overlap(share: &Path, reports: &Path) -> Option<Problem> {
    let (one, other) = (compared(share), compared(reports));
    let lies_in = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    (lies_in(&one, &other) || lies_in(&other, &one)).then(|| {
        Problem::new(
            &codes::SHARES_OVERLAP,
            share.display().to_string(),
            format!(
                "one of it and the reports `{}` lies in the other",
                reports.display()
            ),
            "use two folders beside each other, best two shares",
        )
    })
}

fn refused(error: crate::publication::ShareError) -> Failure {
    crate::publication::ReleaseError::from(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_lie_in_each_other_are_told_however_they_are_written() {
        let share = Path::new(r"\\files.contoso.com\gangway$");
        for (reports, expected) in [
            (r"\\files.contoso.com\gangway$", true),
            (r"\\FILES.contoso.com\gangway$\reports", true),
            ("//files.contoso.com/gangway$/", true),
            (r"\\files.contoso.com\gangway$-reports", false),
            (r"\\files.contoso.com\reports$", false),
        ] {
            let found = overlap(share, Path::new(reports));
            assert_eq!(found.is_some(), expected, "{reports}");
        }
    }
}
