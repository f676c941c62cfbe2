//! Recipes as share and domain have them: documents of others, given on as bytes with the policy that they
//! lie with. Nothing is written.

use std::collections::BTreeMap;

use super::directory::{Depth, Directory, Filter};
use super::plan::{DomainFacts, MARKER};
use super::release::{CAMPAIGNS, read_document};
use super::share::{LargeFiles, Listed, Share, ShareError, path_below};
use super::switch::Switch;
use super::{PublishError, server};
use crate::gpo::{DomainName, Guid};
use crate::printable::on_one_line;
use crate::recipe;

/// Most campaigns of a share that are read.
const MAX_CAMPAIGNS: usize = 500;

/// Most policies of a domain that are read.
const MAX_POLICIES: usize = 500;

/// Where the registry values of a policy lie below its folder.
const REGISTRY_POLICY: &str = "Machine/registry.pol";

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDocument {
    /// Where, in words.
    pub place: String,
    /// As they lie there: anybody may have written them.
    pub bytes: Vec<u8>,
    /// Domain and GUID of the policy with the task that it lies with.
    pub policy: (DomainName, Guid),
    /// The release, and the sequence, that a share's document says beside it.
    pub beside: Option<(String, Option<u64>)>,
}

/// What a share tells.
#[derive(Debug, Default)]
pub struct OnShare {
    /// Recipes of what was published last for each campaign.
    pub documents: Vec<FoundDocument>,
    /// Lowest sequence that servers still take.
    pub min_sequence: u64,
    /// What could not be read, in words.
    pub notes: Vec<String>,
}

/// Reads the documents of all campaigns; `folder` is the release root below the share.
///
/// # Errors
/// The share cannot be read.
pub fn recipes_on_share(
    folder: Option<&str>,
    share: &mut dyn LargeFiles,
) -> Result<OnShare, ShareError> {
    let mut found = OnShare::default();
    let at_root = share.list(folder.unwrap_or("."))?.unwrap_or_default();
    let switch = Switch::read(share, folder, &at_root)?;
    found.min_sequence = switch.present().min_sequence();
    if let Some((name, why)) = switch.fault() {
        found.notes.push(format!("`{name}`: {why}"));
    }
    let campaigns = match at_root.get(CAMPAIGNS) {
        Some(Listed::Folder) => share
            .list(&path_below(folder, CAMPAIGNS))?
            .unwrap_or_default(),
        _ => BTreeMap::new(),
    };
    let documents = campaigns
        .into_iter()
        .filter(|(name, _)| name.to_ascii_lowercase().ends_with(".json"));
    for (name, listed) in documents.take(MAX_CAMPAIGNS) {
        let place = path_below(folder, &format!("{CAMPAIGNS}/{name}"));
        match read_document(share, &place, &name, listed)? {
            Ok((needs, _)) => match needs.recipe() {
                Some(Ok((policy, text))) => found.documents.push(FoundDocument {
                    place,
                    bytes: text.as_bytes().to_vec(),
                    beside: needs
                        .newest()
                        .map(|(release, sequence)| (release.to_owned(), sequence)),
                    policy,
                }),
                Some(Err(why)) => found.notes.push(format!("`{place}`: {why}")),
                None => found.notes.push(format!("`{place}` has no recipe")),
            },
            Err(why) => found
                .notes
                .push(format!("`{}`: {why}", on_one_line(&place))),
        }
    }
    Ok(found)
}

/// A policy of ours in a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPolicy {
    /// As GPMC shows it.
    pub display_name: String,
    /// Its GUID.
    pub id: Guid,
    /// Its registry values, where it has any.
    pub registry: Option<Vec<u8>>,
}

/// What a domain tells.
#[derive(Debug)]
pub struct InDomain {
    /// Recipes of the policies with a task.
    pub documents: Vec<FoundDocument>,
    /// All policies with our mark.
    pub policies: Vec<FoundPolicy>,
    /// What could not be read, in words.
    pub notes: Vec<String>,
    facts: DomainFacts,
}

impl InDomain {
    /// A program in the folder where tasks start it; none when it is not there.
    ///
    /// # Errors
    /// SYSVOL cannot be read.
    pub fn program(
        &self,
        name: &str,
        sysvol: &mut dyn Share,
    ) -> Result<Option<Vec<u8>>, ShareError> {
        sysvol.read_file(&format!("{}/{name}", self.facts.program_folder()))
    }
}

/// Reads what policies with our mark have in SYSVOL.
///
/// # Errors
/// Directory or SYSVOL refuse, or the server is of another domain.
pub fn recipes_in_domain(
    domain: &DomainName,
    directory: &mut dyn Directory,
    sysvol: &mut dyn Share,
) -> Result<InDomain, PublishError> {
    let facts = server::facts_of(domain, directory)?;
    let base = facts.policies_dn();
    let ours = directory.search(
        &base,
        Depth::Children,
        Filter::Equals("adminDescription", MARKER),
        &["cn", "displayName", "adminDescription"],
    )?;
    let mut found = InDomain {
        documents: Vec::new(),
        policies: Vec::new(),
        notes: Vec::new(),
        facts,
    };
    for entry in ours.into_iter().take(MAX_POLICIES) {
        let id = entry.text("cn").and_then(|cn| cn.parse::<Guid>().ok());
        let is_ours = entry.text("adminDescription").as_deref() == Some(MARKER);
        let (Some(id), true) = (id, is_ours) else {
            continue;
        };
        let display_name = entry.text("displayName").unwrap_or_default();
        let folder = found.facts.gpo_folder(id);
        let place = format!("{folder}/{}/{}", recipe::FOLDER, recipe::FILE_NAME);
        if let Some(bytes) = sysvol.read_file(&place)? {
            found.documents.push(FoundDocument {
                place,
                bytes,
                policy: (domain.clone(), id),
                beside: None,
            });
        }
        let registry = sysvol.read_file(&format!("{folder}/{REGISTRY_POLICY}"))?;
        found.policies.push(FoundPolicy {
            display_name,
            id,
            registry,
        });
    }
    Ok(found)
}
