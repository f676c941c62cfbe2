//! `organization.id`: what every GUID of ours comes from, so that a display name may change.
//!
//! A config from before there was an id goes on with its name, byte for byte. A build that would give
//! other GUIDs than the lock's last bundle had is refused before a download is read: no policy in the
//! domain would be changed by it, all would be made once more, and the old ones would stay as they are.

use std::path::Path;

use gangway_contract::Sha256;
use gangway_contract::manifest::Mode;

use super::codes;
use super::config::Organization;
use crate::bundle::{self, BundleDocument};
use crate::gpo::{DomainName, Guid, InvalidDomainName};
use crate::intake::lock::{FILE_NAME, Lock};
use crate::plain_file;
use crate::policies::Purpose;
use crate::problem::{Code, Problem};

/// Says of a config without an id which one it has all the same.
pub(super) fn noted(organization: &Organization, config: &Path) -> Option<Problem> {
    organization.id.is_none().then(|| {
        Problem::new(
            &codes::NO_IDENTITY,
            config.display().to_string(),
            "it has no `organization.id`, so every GUID comes from the name, which therefore has to stay",
            format!(
                "write `{}` under `[organization]`: no byte of a bundle changes by it, and the name may",
                line(organization.identity())
            ),
        )
    })
}

/// The identity of the last bundle: as the lock has it, or, for a lock from before, as the bundle at
/// the place of the output has it, when the lock vouches for that.
pub(super) fn known(lock: Option<&Lock>, out: &Path) -> Option<String> {
    let lock = lock?;
    lock.identity.clone().or_else(|| {
        let path = out.join(bundle::FILE_NAME);
        let bytes = plain_file::read_whole(&path, bundle::MAX_BYTES).ok()?;
        let document = BundleDocument::parse(&bytes).ok()?;
        let is_ours = lock.vouches_for(Sha256::of(&bytes));
        is_ours.then(|| document.identity().to_owned())
    })
}

/// What stands against a build whose GUIDs would not be those of the last bundle; a warning where
/// they are wanted.
pub(super) fn changed(
    known: Option<&str>,
    organization: &Organization,
    is_wanted: bool,
) -> Option<Problem> {
    let known = known.filter(|known| *known != organization.identity())?;
    let code: &'static Code = match is_wanted {
        true => &codes::NEW_IDENTITY,
        false => &codes::IDENTITY_CHANGED,
    };
    let next = match (is_wanted, &organization.id) {
        (true, _) => {
            "take the old policies out of the domain with a bundle of the old identity: `gangway \
                      publish BUNDLE --remove`"
                .to_owned()
        }
        (false, None) => format!(
            "write `{}` under `[organization]`, and the name may be any; where policies beside the old \
             ones are meant, build with `--new-identity`",
            line(known)
        ),
        (false, Some(_)) => format!(
            "write `{}` under `[organization]` again; where policies beside the old ones are meant, build \
             with `--new-identity`",
            line(known)
        ),
    };
    let problem = Problem::new(
        code,
        FILE_NAME,
        format!(
            "GUIDs came from `{known}` so far and would come from `{}`: every policy, WMI filter and \
             package would be a new one, and the old ones would stay and go on working",
            organization.identity()
        ),
        next,
    );
    Some(match organization.id {
        Some(_) => problem,
        None => problem.with_evidence("the config has no `organization.id`, and its name changed"),
    })
}

/// Which policy has the task in a bundle of this mode.
pub(super) fn task_purpose(mode: Mode) -> Purpose {
    match mode {
        Mode::Precheck | Mode::Onboard => Purpose::Deploy,
        Mode::Offboard => Purpose::Offboard,
    }
}

/// The policy with the task of each domain, by the identity.
///
/// # Errors
/// The name of a folder that no domain has, in words.
pub(super) fn task_policies(document: &BundleDocument) -> Result<Vec<(DomainName, Guid)>, String> {
    let purpose = task_purpose(document.mode);
    let policy = |domain: String| {
        let domain: DomainName = domain
            .parse()
            .map_err(|error: InvalidDomainName| error.to_string())?;
        let gpo = purpose.gpo_id(document.identity(), &domain);
        Ok((domain, gpo))
    };
    domains(document).into_iter().map(policy).collect()
}

/// The domains that a bundle has policies for, as its folders are called.
pub(super) fn domains(document: &BundleDocument) -> Vec<String> {
    let paths = document.files.iter();
    let mut domains: Vec<String> = paths
        .filter_map(|file| file.path.strip_prefix("gpo/")?.split('/').next())
        .map(str::to_owned)
        .collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

/// The id as it stands in a config.
fn line(identity: &str) -> String {
    format!("id = {}", toml::Value::String(identity.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::config::Config;

    fn organization(name: &str, id: Option<&str>) -> Organization {
        Organization {
            name: name.to_owned(),
            id: id.map(str::to_owned),
            latin_name: None,
            org_id: None,
            language: super::super::config::Language::English,
        }
    }

    #[test]
    fn other_guids_than_before_are_refused_unless_wanted() {
        for (known, name, id, wanted, expected) in [
            (None, "Contoso", None, false, None),
            (Some("Contoso"), "Contoso", None, false, None),
            (Some("Contoso"), "Fabrikam", Some("Contoso"), false, None),
            (Some("Contoso"), "Fabrikam", None, false, Some("GW3035")),
            (Some("Contoso"), "Contoso", Some("x"), false, Some("GW3035")),
            (Some("Contoso"), "Contoso", Some("x"), true, Some("GW3036")),
            (Some("contoso"), "Contoso", None, false, Some("GW3035")),
        ] {
            let found = changed(known, &organization(name, id), wanted);
            let found = found.map(|problem| problem.code.id);
            assert_eq!(found, expected, "{known:?} {name} {id:?}");
        }
    }

    #[test]
    fn the_line_that_is_to_be_added_reads_back_as_it_is() {
        for name in ["Contoso", "R&D \"配布\" 100% <'x'> ", r"a\b", "'''"] {
            let problem = noted(&organization(name, None), Path::new("gangway.toml")).unwrap();
            let (_, rest) = problem.next_action.split_once('`').unwrap();
            let (line, _) = rest.rsplit_once("` under").unwrap();
            let text = gangway_fixtures::config::SMALLEST
                .replace("name = \"Contoso\"", &format!("name = \"Other\"\n{line}"));
            let config = Config::parse(&text, Path::new("gangway.toml")).unwrap();
            assert_eq!(config.organization.identity(), name);
        }
    }

    #[test]
    fn a_config_with_an_id_is_left_alone() {
        let organization = organization("Contoso", Some("Contoso"));
        assert_eq!(noted(&organization, Path::new("gangway.toml")), None);
    }
}
