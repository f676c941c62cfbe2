//! `verify --share`: the shares as they are, held against the bundle.

use super::arguments::Verify;
use super::commands::now;
use super::failure::Failure;
use super::publish_share::{Opened, open, refuse_idle, sign_in, unread};
use super::share_place::SharePlace;
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
        comes_to_servers: false,
    })?;
    let to = &SharePlace::typed(to)?;
    let reports = reports(given, to, &contents)?;
    without_effect(given, to, reports.as_ref())?;
    let (mut share, folder) = opened(given, to, &contents)?;
    let place = to.to_string();
    let release = &contents.release;
    let mut problems =
        inspect_payloads(release, folder.as_deref(), &place, share.as_mut()).map_err(unread)?;
    if let Some(reports) = reports {
        problems.extend(overlap(to, &reports));
        let (mut share, folder) = opened(given, &reports, &contents)?;
        let place = reports.to_string();
        let found = inspect_reports(folder.as_deref(), &place, share.as_mut());
        problems.extend(found.map_err(unread)?);
    }
    Ok(Some(problems))
}

/// An account means nothing where both are reached as folders.
fn without_effect(
    given: &Verify,
    to: &SharePlace,
    reports: Option<&SharePlace>,
) -> Result<(), Failure> {
    let signs_in = |place: &SharePlace| place.folder().is_none();
    if signs_in(to) || reports.is_some_and(signs_in) {
        return Ok(());
    }
    refuse_idle(
        &format!("`{to}` is reached as a folder"),
        &[("--user", given.shares.user.is_some())],
    )
}

fn opened(given: &Verify, to: &SharePlace, contents: &ReleaseContents) -> Result<Opened, Failure> {
    let (user, file) = (&given.shares.user, &given.shares.password_file);
    let signed_in = || sign_in(user.as_deref(), file.as_deref(), to);
    open(&given.bundle, to, contents, signed_in)
}

/// The folder of the reports: as told; else, where servers look for the payloads at the very place
/// that is looked at, where they leave their reports.
fn reports(
    given: &Verify,
    to: &SharePlace,
    contents: &ReleaseContents,
) -> Result<Option<SharePlace>, Failure> {
    if let Some(typed) = &given.shares.reports {
        return SharePlace::typed(typed).map(Some);
    }
    let is_root = compared(to) == compared(&SharePlace::from(&contents.root));
    let servers_are_told = contents.reports.as_ref().filter(|_| is_root);
    Ok(servers_are_told.map(SharePlace::from))
}

/// A path as it is compared: Windows knows no case, and either slash.
fn compared(place: &SharePlace) -> String {
    let text = place.to_string().replace('\\', "/").to_lowercase();
    text.trim_end_matches('/').to_owned()
}

fn overlap(share: &SharePlace, reports: &SharePlace) -> Option<Problem> {
    let (one, other) = (compared(share), compared(reports));
    let lies_in = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    (lies_in(&one, &other) || lies_in(&other, &one)).then(|| {
        Problem::new(
            &codes::SHARES_OVERLAP,
            share.to_string(),
            format!("one of it and the reports `{reports}` lies in the other"),
            "use two folders beside each other, best two shares",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn folders_that_lie_in_each_other_are_told_however_they_are_written() {
        let place = |text: &str| SharePlace::typed(Path::new(text)).unwrap();
        let share = place(r"\\files.contoso.com\gangway$");
        for (reports, expected) in [
            (r"\\files.contoso.com\gangway$", true),
            (r"\\FILES.contoso.com\gangway$\reports", true),
            ("//files.contoso.com/gangway$/", true),
            (r"\\files.contoso.com\gangway$-reports", false),
            (r"\\files.contoso.com\reports$", false),
        ] {
            let found = overlap(&share, &place(reports));
            assert_eq!(found.is_some(), expected, "{reports}");
        }
    }
}
