//! What a domain controller shows of a publication, and whether that is what was written.

use gangway_contract::Sha256;

use super::super::{Contents, Link, PublishError, link_change, present};
use crate::gpo::gpt_ini::Version;
use crate::publication::plan::{Desired, Difference, DomainFacts, GPT_INI, Present, PresentFilter};
use crate::publication::{Depth, Directory, Filter, Share};

/// Something that every domain controller should show.
pub(in crate::publication) enum Wanted<'a> {
    /// The program, in NETLOGON.
    Program {
        /// Below SYSVOL, with `/`.
        path: String,
        /// Of its bytes.
        sha256: Sha256,
    },
    /// A GPO, in both halves.
    Policy {
        /// What was written.
        gpo: &'a Desired,
        /// The version that it was given.
        version: Version,
    },
    /// A GPO's place in a list of links.
    Link {
        /// Distinguished name of the domain, unit or site.
        target: &'a str,
        /// What is linked.
        gpo: &'a Desired,
        /// Is it switched on?
        enabled: bool,
    },
}

impl<'a> Wanted<'a> {
    /// The program of a bundle.
    pub(in crate::publication) fn program(
        contents: &Contents,
        sha256: Sha256,
        domain: &DomainFacts,
    ) -> Self {
        let (name, _) = &contents.bootstrap;
        Self::Program {
            path: format!("{}/{name}", domain.program_folder()),
            sha256,
        }
    }

    /// The links that were asked for.
    pub(in crate::publication) fn links(
        contents: &'a Contents,
        links: &'a [Link],
        enabled: bool,
    ) -> Vec<Self> {
        let of = move |gpo: &'a Desired| {
            let links = links.iter().filter(move |link| link.is_for(gpo));
            links.map(move |link| Self::Link {
                target: &link.target,
                gpo,
                enabled,
            })
        };
        contents.gpos.iter().flat_map(of).collect()
    }

    /// What a domain controller has in the place of it, in words; none when it has it.
    pub(super) fn lack(
        &self,
        domain: &DomainFacts,
        directory: &mut dyn Directory,
        sysvol: &mut dyn Share,
    ) -> Result<Option<String>, PublishError> {
        match self {
            Self::Program { path, sha256 } => {
                let found = sysvol.read_file(path)?;
                Ok(lack_of_program(path, *sha256, found.as_deref()))
            }
            Self::Policy { gpo, version } => {
                let found = present::read(gpo.id, gpo.filter.as_ref(), domain, directory, sysvol)?;
                Ok(lack_of_policy(gpo, *version, &found))
            }
            Self::Link {
                target,
                gpo,
                enabled,
            } => {
                let found = directory.search(target, Depth::Object, Filter::All, &["gPLink"])?;
                let list = found.first().and_then(|entry| entry.text("gPLink"));
                // Nothing would be changed where the link is there.
                let change = link_change(list.as_deref(), &domain.gpo_dn(gpo.id), *enabled);
                let lacks = change != Ok(None);
                Ok(lacks.then(|| format!("`{target}` has no such link to `{}`", gpo.display_name)))
            }
        }
    }
}

fn lack_of_program(path: &str, wanted: Sha256, found: Option<&[u8]>) -> Option<String> {
    match found.map(Sha256::of) {
        Some(found) if found == wanted => None,
        Some(_) => Some(format!("`{path}` has other bytes")),
        None => Some(format!("`{path}` is missing")),
    }
}

/// The first thing in which it differs: directory before SYSVOL, `GPT.INI` last, as it was written.
fn lack_of_policy(wanted: &Desired, version: Version, found: &Present) -> Option<String> {
    let name = &wanted.display_name;
    let Some(object) = &found.object else {
        return Some(format!("its directory has no GPO `{name}`"));
    };
    if object.version != version.number() {
        return Some(format!(
            "its directory has version {} of the GPO `{name}`, and {} was written",
            object.version,
            version.number()
        ));
    }
    if let Some(filter) = &wanted.filter
        && found.filter != Some(PresentFilter::from(filter))
    {
        return Some(format!(
            "its directory has another WMI filter than `{}`, or none",
            filter.name
        ));
    }
    if !found.has_folder {
        return Some(format!("its SYSVOL has no folder of the GPO `{name}`"));
    }
    lack_of_files(wanted, found).or_else(|| match found.gpt_version() {
        Some(found) if found == version => None,
        Some(found) => Some(format!(
            "its SYSVOL has version {} of the GPO `{name}`, and {} was written",
            found.number(),
            version.number()
        )),
        None => Some(format!(
            "its SYSVOL has no `{GPT_INI}` of the GPO `{name}` that can be read"
        )),
    })
}

fn lack_of_files(wanted: &Desired, found: &Present) -> Option<String> {
    let name = &wanted.display_name;
    Some(match wanted.first_difference(&found.files)? {
        Difference::OtherBytes(path) => {
            format!("its SYSVOL has `{path}` of the GPO `{name}` with other bytes")
        }
        Difference::Missing(path) => format!("its SYSVOL has no `{path}` of the GPO `{name}`"),
        Difference::Stale(path) => format!("its SYSVOL still has `{path}` of the GPO `{name}`"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::gpo::Guid;
    use crate::gpo::gpt_ini::GptIni;
    use crate::publication::plan::PresentObject;

    fn wanted() -> Desired {
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        Desired {
            id: Guid::derive(&["gpo"]),
            purpose: "deploy".to_owned(),
            display_name: "Gangway Deploy".to_owned(),
            flags: 0,
            machine_extensions: None,
            wql_filter: None,
            filter: None,
            files: BTreeMap::from([file("Machine/Registry.pol", "new"), file("GPO.cmt", "new")]),
        }
    }

    fn version(number: u32) -> Version {
        Version::from_number(number)
    }

    /// As it is once all has come.
    fn whole() -> Present {
        let ini = GptIni {
            version: version(2),
            display_name: None,
        };
        let mut files = wanted().files;
        files.insert("gpt.ini".to_owned(), Vec::new());
        files.remove("gpt.ini");
        files.insert(GPT_INI.to_owned(), ini.write());
        Present {
            object: Some(PresentObject {
                version: 2,
                ..PresentObject::default()
            }),
            has_folder: true,
            files,
            ..Present::default()
        }
    }

    #[test]
    fn a_policy_is_there_when_both_halves_are() {
        assert_eq!(lack_of_policy(&wanted(), version(2), &whole()), None);
        let mut other_case = whole();
        let bytes = other_case.files.remove("Machine/Registry.pol").unwrap();
        let path = "MACHINE/registry.POL".to_owned();
        other_case.files.insert(path, bytes);
        assert_eq!(lack_of_policy(&wanted(), version(2), &other_case), None);
    }

    #[test]
    fn what_a_policy_lacks_is_told() {
        type Change = fn(&mut Present);
        let cases: [(Change, &str); 8] = [
            (|found| found.object = None, "has no GPO `Gangway Deploy`"),
            (
                |found| found.object.as_mut().unwrap().version = 1,
                "directory has version 1 of the GPO `Gangway Deploy`, and 2 was written",
            ),
            (|found| found.has_folder = false, "no folder of the GPO"),
            (
                |found| drop(found.files.remove("GPO.cmt")),
                "no `GPO.cmt` of the GPO",
            ),
            (
                |found| found.files.get_mut("GPO.cmt").unwrap().push(b'x'),
                "`GPO.cmt` of the GPO `Gangway Deploy` with other bytes",
            ),
            (
                |found| drop(found.files.insert("old.xml".to_owned(), Vec::new())),
                "still has `old.xml`",
            ),
            (
                |found| drop(found.files.remove(GPT_INI)),
                "no `GPT.INI` of the GPO",
            ),
            (
                |found| {
                    let ini = b"[General]\r\nVersion=1\r\n".to_vec();
                    found.files.insert(GPT_INI.to_owned(), ini);
                },
                "SYSVOL has version 1 of the GPO `Gangway Deploy`, and 2 was written",
            ),
        ];
        for (change, told) in cases {
            let mut found = whole();
            change(&mut found);
            let lack = lack_of_policy(&wanted(), version(2), &found).unwrap();
            assert!(lack.contains(told), "{lack}");
        }
    }

    #[test]
    fn a_program_is_there_with_its_bytes() {
        let lack = |found| lack_of_program("a.exe", Sha256::of(b"exe"), found);
        assert_eq!(lack(Some(b"exe".as_slice())), None);
        assert_eq!(lack(Some(b"")).unwrap(), "`a.exe` has other bytes");
        assert_eq!(lack(None).unwrap(), "`a.exe` is missing");
    }
}
