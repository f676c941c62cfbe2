//! UNC paths: where servers find payloads, leave reports and find a missing sensor.

use gangway_contract::UncPath;
use gangway_contract::manifest::SensorSource;
use gangway_contract::unc::InvalidUncPath;

use super::super::intended;
use super::super::sections::{Onboard, Share};
use super::super::values::replicated_share;
use super::{Fault, refuse};
use crate::gpo::DomainName;

/// Where servers find payloads and leave reports.
pub(super) struct Shares {
    pub(super) root: UncPath,
    pub(super) reports: Option<UncPath>,
}

pub(super) fn shares(share: &Share, domain: Option<&DomainName>) -> Result<Shares, Fault> {
    let beside = share.reports.as_ref();
    let beside = beside.and_then(|text| text.parse::<UncPath>().ok());
    let root = &share.root;
    let example = meant_or(root, domain, "gangway$", beside.as_ref());
    let root = on_a_file_server("share.root", root, &example)?;
    let Some(reports) = &share.reports else {
        return Ok(Shares {
            root,
            reports: None,
        });
    };
    let example = meant_or(reports, domain, "gangway-reports$", Some(&root));
    let reports = on_a_file_server("share.reports", reports, &example)?;
    if root.overlaps(&reports) {
        return refuse(
            "share.reports",
            format!(
                "is `{reports}`, and one of it and `share.root` (`{root}`) lies in the other: \
                 who may leave reports could change payloads"
            ),
            format!("write a folder of its own, {example}"),
        );
    }
    Ok(Shares {
        root,
        reports: Some(reports),
    })
}

/// The path that a cure shows: what is meant by the text where it can be told and is no share of domain
/// controllers, beside the other share. A server that nobody named is none to write down: there the path is
/// a form, and says so.
fn meant_or(
    text: &str,
    domain: Option<&DomainName>,
    share: &str,
    other: Option<&UncPath>,
) -> String {
    let is_free = |path: &UncPath| {
        replicated_share(path).is_none() && !other.is_some_and(|other| other.overlaps(path))
    };
    if let Some(meant) = intended::unc_path(text, domain).filter(is_free) {
        return format!("as '{meant}'");
    }
    let is_path = text.parse::<UncPath>().is_ok();
    match other.filter(|_| is_path) {
        Some(other) => format!("as '{}'", example(other.server(), share, Some(other))),
        None => form(domain, share, other),
    }
}

/// A path whose server is to be put in.
fn form(domain: Option<&DomainName>, share: &str, other: Option<&UncPath>) -> String {
    let domain = domain.map_or_else(|| "contoso.com".to_owned(), ToString::to_string);
    let server = format!("files.{domain}");
    let path = example(&server, share, other);
    format!("in the form of '{path}', with the name of your file server in the place of `{server}`")
}

/// A share of a server that the other share leaves free.
fn example(server: &str, share: &str, other: Option<&UncPath>) -> String {
    let path = format!(r"\\{server}\{share}");
    let is_taken = path
        .parse::<UncPath>()
        .is_ok_and(|path| other.is_some_and(|other| other.overlaps(&path)));
    match is_taken {
        true => path.replace('$', "-2$"),
        false => path,
    }
}

fn on_a_file_server(field: &'static str, text: &str, example: &str) -> Result<UncPath, Fault> {
    let hint = format!("write a UNC path with the file server's full DNS name, {example}");
    let path = unc_path(field, text, hint)?;
    match replicated_share(&path) {
        None => Ok(path),
        Some(name) => refuse(
            field,
            format!(
                "is on `{name}`, which every domain controller replicates and every account may \
                 read: on- and offboarding packages and keys do not belong there"
            ),
            format!("write a share of a file server, {example}"),
        ),
    }
}

fn unc_path(field: &'static str, text: &str, hint: String) -> Result<UncPath, Fault> {
    let refused = |why: InvalidUncPath| Fault {
        field,
        entry: None,
        why: format!("cannot be used: {why}"),
        hint,
    };
    text.parse().map_err(refused)
}

/// Where a missing sensor is added from, when it may be.
pub(super) fn sensor_source(
    onboard: &Onboard,
    shares: &Shares,
    domain: Option<&DomainName>,
) -> Result<Option<SensorSource>, Fault> {
    let written = onboard.add_sensor_from.as_deref().unwrap_or_default();
    let example = meant_or(written, domain, "fod$", shares.reports.as_ref());
    let hint =
        || format!("write `windows_update`, or a UNC path that computers may read, {example}");
    let parsed = |text: &str| match text {
        "windows_update" => Ok(SensorSource::WindowsUpdate),
        folder => unc_path("onboard.add_sensor_from", folder, hint()).map(SensorSource::Folder),
    };
    let source = onboard.add_sensor_from.as_deref().map(parsed).transpose()?;
    match (&source, &shares.reports) {
        (Some(SensorSource::Folder(folder)), Some(reports)) if folder.overlaps(reports) => refuse(
            "onboard.add_sensor_from",
            format!(
                "is `{folder}`, and one of it and `share.reports` (`{reports}`) lies in the other: who \
                 may leave reports could change what servers install"
            ),
            hint(),
        ),
        _ => Ok(source),
    }
}
