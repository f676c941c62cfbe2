//! What campaigns need of a share: one small document for each, which no server reads.
//!
//! A campaign is the GPO with the task of one domain: onboarding and offboarding are two, and so are
//! two domains or two organisations on one share. Its document lists the releases that were published
//! for it, newest first. It is written before the first payload comes, so that nobody else takes the
//! release for one that nobody needs.

use std::collections::BTreeSet;

use gangway_contract::document;
use gangway_contract::payload_name;
use serde::{Deserialize, Serialize};

use crate::gpo::{DomainName, Guid};
use crate::printable::{on_one_line, short_line};
use crate::recipe;

/// Folder of the documents, below the release root.
pub(in crate::publication) const FOLDER: &str = "campaigns";

/// Version of the document's shape.
const SCHEMA: u32 = 1;

/// Largest document that is read, in bytes: some hundred releases, and a recipe.
pub(in crate::publication) const MAX_BYTES: u64 = (256 << 10) + 2 * recipe::MAX_BYTES;

/// Most characters of a name that stand in a line of ours.
const MAX_SHOWN: usize = 256;

/// Most releases of one campaign that a document lists.
const MAX_RELEASES: usize = 100;

/// A policy by its domain and its GUID.
type Policy = (DomainName, Guid);

/// Who a campaign is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// GUID of the GPO with the task.
    pub gpo: String,
    /// As GPMC shows the GPO.
    pub name: String,
    /// DNS name of its domain.
    pub domain: String,
}

impl Campaign {
    /// The campaign of this GPO.
    pub fn new(gpo: Guid, name: String, domain: String) -> Self {
        Self {
            gpo: gpo.to_string(),
            name,
            domain,
        }
    }

    /// Name of its document in [`FOLDER`].
    pub(in crate::publication) fn file_name(&self) -> String {
        format!("{}.json", self.gpo)
    }
}

/// A release that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::publication) struct Named {
    /// Name of its folder.
    pub(in crate::publication) id: String,
    /// Its files: what may be taken away with it.
    pub(in crate::publication) files: Vec<String>,
    /// The newest bundle that it was published of; none where an older program published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::publication) bundle: Option<Carried>,
    /// `recipe.json` of the bundle that was published last with it; of the newest release only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::publication) recipe: Option<String>,
}

/// What the share has to know of a bundle, so that a ring can be set for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Its place among all bundles of its lock, from 1.
    pub sequence: u64,
    /// Share of servers that it begins with, in percent.
    pub ring_percent: u8,
}

/// The document of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::publication) struct Needs {
    schema: u32,
    campaign: Campaign,
    /// Number of the publication that wrote it last: what was saved before another one is nothing to
    /// go back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publication: Option<String>,
    /// Newest first.
    pub(in crate::publication) releases: Vec<Named>,
}

impl Needs {
    /// A campaign that was never published to this share.
    pub(in crate::publication) const fn none(campaign: Campaign) -> Self {
        Self {
            schema: SCHEMA,
            campaign,
            publication: None,
            releases: Vec::new(),
        }
    }

    /// Reads a document of the campaign with this GPO.
    ///
    /// # Errors
    /// In words: what is wrong with it.
    pub(in crate::publication) fn read(bytes: &[u8], file_name: &str) -> Result<Self, String> {
        let in_words = |error: serde_json::Error| on_one_line(&error.to_string()).into_owned();
        let read: Self = document::read(bytes).map_err(in_words)?;
        if read.schema != SCHEMA {
            return Err(format!(
                "it has schema {}, this program reads schema {SCHEMA}",
                read.schema
            ));
        }
        if !read.campaign.file_name().eq_ignore_ascii_case(file_name) {
            let gpo = short_line(&read.campaign.gpo, MAX_SHOWN);
            return Err(format!("it is of the GPO {gpo}"));
        }
        // The names become paths.
        let names = read
            .releases
            .iter()
            .flat_map(|one| [&one.id].into_iter().chain(&one.files));
        for name in names {
            if let Some(why) = payload_name::fault(name) {
                return Err(format!("it lists `{}`: {why}", name.escape_default()));
            }
        }
        Ok(read)
    }

    /// The document's bytes.
    pub(in crate::publication) fn write(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// The same with this release as the newest.
    #[must_use]
    pub(in crate::publication) fn with(mut self, release: Named) -> Self {
        self.releases.retain(|one| one.id != release.id);
        for old in &mut self.releases {
            old.recipe = None;
        }
        self.releases.insert(0, release);
        self.releases.truncate(MAX_RELEASES);
        self
    }

    /// The same, written by the publication with this number.
    #[must_use]
    pub(in crate::publication) fn by(self, publication: &str) -> Self {
        Self {
            publication: Some(publication.to_owned()),
            ..self
        }
    }

    /// Number of the publication that wrote it.
    pub(in crate::publication) fn publication(&self) -> Option<&str> {
        self.publication.as_deref()
    }

    /// The recipe of the newest release, and the policy that it is of; none in a document from before there
    /// were any.
    pub(in crate::publication) fn recipe(&self) -> Option<Result<(Policy, &str), String>> {
        let recipe = self.releases.first()?.recipe.as_deref()?;
        let domain = self.campaign.domain.parse::<DomainName>();
        let gpo = self.campaign.gpo.parse::<Guid>();
        Some(match (domain, gpo) {
            (Ok(domain), Ok(gpo)) => Ok(((domain, gpo), recipe)),
            _ => Err("it names no domain and policy".to_owned()),
        })
    }

    /// The newest release, and the sequence of the bundle that was published with it last, where it is told.
    pub(in crate::publication) fn newest(&self) -> Option<(&str, Option<u64>)> {
        let newest = self.releases.first()?;
        Some((&newest.id, newest.bundle.map(|bundle| bundle.sequence)))
    }

    /// What is needed where nothing is said any more.
    #[must_use]
    pub(in crate::publication) fn without_releases(&self) -> Self {
        Self::none(self.campaign.clone())
    }

    /// The same in the order that it had before; what has come since is the oldest and stays known.
    #[must_use]
    pub(in crate::publication) fn back_to(mut self, before: &Self) -> Self {
        let is_new = |one: &Named| !before.releases.iter().any(|old| old.id == one.id);
        self.releases.retain(is_new);
        let mut releases = before.releases.clone();
        releases.append(&mut self.releases);
        Self {
            releases,
            publication: before.publication.clone(),
            ..self
        }
    }

    /// Those beyond the newest `keep` that nothing else names.
    pub(in crate::publication) fn superfluous(
        &self,
        keep: usize,
        named: &BTreeSet<String>,
    ) -> Vec<Named> {
        let old = self.releases.iter().skip(keep);
        old.filter(|one| !named.contains(&one.id))
            .cloned()
            .collect()
    }

    /// Whose it is.
    pub(in crate::publication) const fn campaign(&self) -> &Campaign {
        &self.campaign
    }

    /// Is it this campaign's, by its names, too?
    pub(in crate::publication) fn is_of(&self, campaign: &Campaign) -> bool {
        self.campaign == *campaign
    }

    /// Does it need nothing?
    pub(in crate::publication) const fn is_empty(&self) -> bool {
        self.releases.is_empty()
    }

    /// Name of the document.
    pub(in crate::publication) fn file_name(&self) -> String {
        self.campaign.file_name()
    }

    /// How the campaign is called in a line of ours.
    pub(in crate::publication) fn shown(&self) -> String {
        let shown = |text| short_line(text, MAX_SHOWN);
        let (name, domain) = (&self.campaign.name, &self.campaign.domain);
        format!("`{}` of `{}`", shown(name), shown(domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign() -> Campaign {
        Campaign {
            gpo: Guid::derive(&["x"]).to_string(),
            name: "Gangway Deploy".to_owned(),
            domain: "contoso.com".to_owned(),
        }
    }

    fn named(id: &str) -> Named {
        Named {
            id: id.to_owned(),
            files: vec!["md4ws.msi".to_owned()],
            bundle: Some(Carried {
                sequence: 7,
                ring_percent: 10,
            }),
            recipe: None,
        }
    }

    fn of(ids: &[&str]) -> Needs {
        Needs {
            releases: ids.iter().map(|id| named(id)).collect(),
            ..Needs::none(campaign())
        }
    }

    #[test]
    fn the_newest_release_stands_first_and_a_way_back_forgets_none() {
        let old = of(&["b", "a"]);
        assert_eq!(old.clone().with(named("c")), of(&["c", "b", "a"]));
        assert_eq!(old.clone().with(named("a")), of(&["a", "b"]));
        assert_eq!(of(&["c", "b", "a"]).back_to(&old), of(&["b", "a", "c"]));
    }

    #[test]
    fn only_what_is_old_and_named_by_nobody_is_superfluous() {
        let needs = of(&["d", "c", "b", "a"]);
        let ids = |named: &[&str]| -> Vec<String> {
            let named = named.iter().map(|&id| id.to_owned()).collect();
            let found = needs.superfluous(2, &named);
            found.into_iter().map(|one| one.id).collect()
        };
        assert_eq!(ids(&[]), ["b", "a"]);
        assert_eq!(ids(&["a", "d"]), ["b"]);
        assert_eq!(ids(&["a", "b"]), [""; 0]);
    }

    #[test]
    fn a_document_reads_back_and_one_that_could_lead_elsewhere_is_refused() {
        let needs = of(&["b", "a"]);
        let name = campaign().file_name();
        assert_eq!(Needs::read(&needs.write(), &name), Ok(needs.clone()));
        for (from, to, why) in [
            ("\"b\"", "\"..\"", "lists `..`"),
            ("md4ws.msi", "..\\\\..\\\\x", "lists"),
            ("\"schema\": 1", "\"schema\": 2", "schema 2"),
            ("\"releases\"", "\"more\"", "more"),
        ] {
            let text = String::from_utf8(needs.write()).unwrap();
            let text = text.replacen(from, to, 1);
            let error = Needs::read(text.as_bytes(), &name).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let error = Needs::read(&needs.write(), "{OTHER}.json").unwrap_err();
        assert!(error.contains("of the GPO"), "{error}");
    }

    /// serde takes the values of a struct in the order of its fields for one.
    #[test]
    fn a_list_in_the_place_of_the_document_or_of_a_part_is_refused() {
        let name = campaign().file_name();
        let gpo = campaign().gpo;
        let who = format!(r#"{{"gpo": "{gpo}", "name": "n", "domain": "d"}}"#);
        let listed = format!(r#"["{gpo}", "n", "d"]"#);
        let of = |campaign: &str, release: &str| {
            format!(r#"{{"schema": 1, "campaign": {campaign}, "releases": [{release}]}}"#)
        };
        Needs::read(of(&who, "").as_bytes(), &name).unwrap();
        for text in [
            format!(r#"[1, {who}, []]"#),
            of(&listed, ""),
            of(&who, r#"["b", ["md4ws.msi"]]"#),
            of(&who, r#"{"id": "b", "files": [], "bundle": [7, 10]}"#),
        ] {
            let error = Needs::read(text.as_bytes(), &name).unwrap_err();
            assert!(error.contains("object"), "{text}: {error}");
        }
    }

    /// What others wrote there begins no line of ours.
    #[test]
    fn what_is_wrong_is_told_on_one_line() {
        let name = campaign().file_name();
        let gpo = campaign().gpo;
        let text = String::from_utf8(Needs::none(campaign()).write()).unwrap();
        for (from, to) in [
            (gpo.as_str(), "x\\n! forged \\u001b[2J"),
            ("\"releases\"", "\"more\\n! forged\""),
        ] {
            let text = text.replacen(from, to, 1);
            let error = Needs::read(text.as_bytes(), &name).unwrap_err();
            assert!(error.contains("! forged"), "{error}");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }
}
