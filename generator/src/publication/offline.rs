//! A publication without a server: what one would be asked, and what a domain gets that has
//! nothing of the bundle yet.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use gangway_contract::Sha256;

use crate::gpo::security::Sid;

use super::plan::GPT_INI;
use super::{
    Contents, PublishError, PublishRequest, Published, ReleaseError, publish, publish_release,
};
use crate::publication::{
    AccessEntry, AttributeChange, Depth, Directory, DirectoryError, Entry, Failure, Filter,
    HostName, LargeFiles, Listed, Opened, Payloads, Places, Release, ReleaseRequest, Replicas,
    Share, ShareError, ShareFailure, Tree, Waiting,
};

/// What would be asked and written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfflinePlan {
    /// Every question to directory and share, in words, in order and each once.
    pub asked: Vec<String>,
    /// The steps for a domain that has nothing of the bundle.
    pub published: Published,
}

/// Plans a publication and asks nobody; the request has to be a dry run.
///
/// # Errors
/// The saved state cannot be read.
pub fn plan_offline(
    request: &PublishRequest,
    contents: &Contents,
    payloads: Option<(&ReleaseRequest, &Release)>,
    wait: Option<Duration>,
    say: &mut dyn FnMut(&str),
) -> Result<OfflinePlan, PublishError> {
    let mut directory = EmptyDomain {
        naming_context: contents.domain.distinguished_name(),
        asked: Vec::new(),
    };
    let mut sysvol = EmptyShare::of("SYSVOL");
    let mut share = EmptyShare::of("share");
    let mut nobody = Nobody;
    let mut published = Published::default();
    let payloads = payloads.map(|(request, release)| Payloads {
        request,
        release,
        share: &mut share,
    });
    let places = Places {
        directory: &mut directory,
        sysvol: &mut sysvol,
        payloads,
        waiting: wait.map(|time| Waiting {
            time,
            replicas: &mut nobody,
        }),
    };
    publish(request, contents, places, say, &mut published)?;
    let questions = directory.asked.into_iter().chain(sysvol.asked);
    let asked = once(questions.chain(share.asked));
    Ok(OfflinePlan { asked, published })
}

fn once(questions: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut asked = Vec::new();
    for question in questions {
        if !asked.contains(&question) {
            asked.push(question);
        }
    }
    asked
}

/// Plans the publication of a release alone to a share that has nothing of it, and asks nobody; the
/// request has to be a dry run.
///
/// # Errors
/// The saved state cannot be read.
pub fn plan_release_offline(
    request: &ReleaseRequest,
    release: &Release,
    say: &mut dyn FnMut(&str),
) -> Result<OfflinePlan, ReleaseError> {
    let mut share = EmptyShare::of("share");
    let mut published = Published::default();
    let payloads = Payloads {
        request,
        release,
        share: &mut share,
    };
    publish_release(payloads, say, &mut published)?;
    let asked = once(share.asked);
    Ok(OfflinePlan { asked, published })
}

/// Every file that a release and its campaigns have on the share, by the path that it is named by.
pub fn payload_destinations(root: &str, release: &Release) -> Vec<String> {
    let separator = if root.starts_with(r"\\") { '\\' } else { '/' };
    let files = release.files.iter();
    let files = files.map(|file| format!("releases/{}/{}", release.id, file.name));
    let campaigns = release.campaigns.iter();
    let campaigns = campaigns.map(|campaign| format!("campaigns/{}", campaign.file_name()));
    let switch = std::iter::once("control.json".to_owned());
    let all = campaigns.chain(files).chain(switch);
    all.map(|path| format!("{root}/{path}").replace('/', &separator.to_string()))
        .collect()
}

/// Every file that policies and program have in the domain: of NETLOGON first, then of SYSVOL.
pub fn policy_destinations(contents: &Contents) -> Vec<String> {
    let domain = &contents.domain;
    let (exe, _) = &contents.bootstrap;
    let mut all = vec![format!(r"\\{domain}\NETLOGON\Gangway\{exe}")];
    for gpo in &contents.gpos {
        let folder = format!(r"\\{domain}\SYSVOL\{domain}\Policies\{}", gpo.id);
        let files = gpo.files.keys().map(String::as_str).chain([GPT_INI]);
        all.extend(files.map(|file| format!(r"{folder}\{}", file.replace('/', r"\"))));
    }
    all
}

/// The directory of a domain with nothing in it, where the account may do everything.
struct EmptyDomain {
    naming_context: String,
    asked: Vec<String>,
}

impl EmptyDomain {
    /// What is there in every domain, with what the steps need of it.
    fn object(&self, base: &str, attribute: &str) -> Option<Entry> {
        let values: &[&str] = match (base, attribute) {
            ("", "defaultNamingContext") => &[&self.naming_context],
            ("", _) => return None,
            (_, "allowedAttributesEffective") => &["versionNumber", "gPLink"],
            (_, "allowedChildClassesEffective") => &["groupPolicyContainer", "msWMI-Som"],
            (_, "gPLink") => &[],
            _ => return None,
        };
        let values: Vec<Vec<u8>> = values.iter().map(|text| text.as_bytes().to_vec()).collect();
        let mut attributes = BTreeMap::new();
        if !values.is_empty() {
            attributes.insert(attribute.to_lowercase(), values);
        }
        Some(Entry {
            dn: base.to_owned(),
            attributes,
        })
    }
}

/// Is it asked for a group by what a config may name?
fn is_for_a_group(filter: Filter<'_>) -> bool {
    matches!(filter, Filter::Equals("sAMAccountName" | "objectSid", _))
}

/// A group of that name, or of that SID; what is not known of it is shown nowhere.
fn some_group(base: &str, filter: Filter<'_>) -> Entry {
    let named = match filter {
        Filter::Equals(_, named) => named,
        _ => "",
    };
    let domain = "S-1-5-21-1-1-1-1000".parse();
    let sid: Option<Sid> = named.parse().or(domain).ok();
    let values = [
        ("samaccountname", named.as_bytes().to_vec()),
        ("grouptype", b"-2147483646".to_vec()),
        (
            "objectsid",
            sid.map(|sid| sid.to_bytes()).unwrap_or_default(),
        ),
    ];
    let attributes = values.into_iter();
    Entry {
        dn: format!("CN={named},{base}"),
        attributes: attributes
            .map(|(name, value)| (name.to_owned(), vec![value]))
            .collect(),
    }
}

impl Directory for EmptyDomain {
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        filter: Filter<'_>,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let base_shown = if base.is_empty() { "rootDSE" } else { base };
        let place = match depth {
            Depth::Object => format!("object `{base_shown}`"),
            Depth::Children => format!("children of `{base_shown}`"),
            Depth::Tree => format!("`{base_shown}` and all below it"),
        };
        let which = match filter {
            Filter::All => String::new(),
            Filter::Equals(name, value) => format!(" whose {name} is `{value}`"),
            Filter::Contains(name, value) => format!(" whose {name} holds `{value}`"),
            Filter::MembersOf(group) => format!(" that is in the group `{group}`"),
        };
        let names = attributes.join(", ");
        self.asked
            .push(format!("directory: {place}{which}: {names}"));
        let found = match depth {
            // Whoever a bundle leaves out is somebody there.
            Depth::Tree if is_for_a_group(filter) => Some(some_group(base, filter)),
            Depth::Object => attributes.first().and_then(|name| self.object(base, name)),
            Depth::Children | Depth::Tree => None,
        };
        Ok(found.into_iter().collect())
    }

    fn add(&mut self, dn: &str, _: &[(String, String)]) -> Result<(), DirectoryError> {
        Err(nobody_there(format!("add `{dn}`")))
    }

    fn modify(&mut self, dn: &str, _: &[AttributeChange]) -> Result<(), DirectoryError> {
        Err(nobody_there(format!("change `{dn}`")))
    }

    fn set_permissions(&mut self, dn: &str, _: &[u8]) -> Result<(), DirectoryError> {
        Err(nobody_there(format!("change the permissions of `{dn}`")))
    }

    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError> {
        Err(nobody_there(format!("delete `{dn}`")))
    }
}

/// Other domain controllers that are not asked.
struct Nobody;

impl Replicas for Nobody {
    fn open(&mut self, host: &HostName) -> Result<Opened, PublishError> {
        Err(nobody_there(format!("connect to `{host}`")).into())
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn pause(&mut self, _: Duration, _: &str) {}
}

const OFFLINE: &str = "no server was asked";

fn nobody_there(doing: String) -> DirectoryError {
    DirectoryError {
        doing,
        failure: Failure::Other,
        why: OFFLINE.to_owned(),
    }
}

/// A share with nothing in it.
struct EmptyShare {
    /// How it is called.
    name: &'static str,
    asked: Vec<String>,
}

impl EmptyShare {
    const fn of(name: &'static str) -> Self {
        Self {
            name,
            asked: Vec::new(),
        }
    }

    fn ask(&mut self, what: &str, path: &str) {
        self.asked.push(format!("{}: {what} `{path}`", self.name));
    }
}

fn no_share<T>(doing: &str, path: &str) -> Result<T, ShareError> {
    Err(ShareError {
        doing: format!("{doing} `{path}`"),
        failure: ShareFailure::Other,
        why: OFFLINE.to_owned(),
    })
}

impl Share for EmptyShare {
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        self.ask("folder", folder);
        Ok(None)
    }

    /// The release root is there, as whoever made the share made it.
    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        let is_there = |part: &str| part != "releases" && !part.starts_with("campaigns");
        self.ask("folder", folder);
        Ok(folder.split('/').all(is_there).then(BTreeMap::new))
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        self.ask("file", path);
        Ok(None)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        no_share("make folder", path)
    }

    fn set_permissions(&mut self, path: &str, _: &str) -> Result<bool, ShareError> {
        no_share("set the permissions of", path)
    }

    fn write(&mut self, path: &str, _: &[u8]) -> Result<(), ShareError> {
        no_share("write", path)
    }

    fn rename(&mut self, from: &str, _: &str) -> Result<(), ShareError> {
        no_share("rename", from)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        no_share("remove", path)
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        no_share("remove folder", path)
    }
}

impl LargeFiles for EmptyShare {
    /// Nobody was asked, which is told already.
    fn permissions(&mut self, _: &str) -> Result<Option<Vec<AccessEntry>>, ShareError> {
        Ok(Some(Vec::new()))
    }

    fn write_from(&mut self, path: &str, _: &Path) -> Result<(), ShareError> {
        no_share("write", path)
    }

    fn digest(&mut self, path: &str, _: u64) -> Result<Option<(u64, Sha256)>, ShareError> {
        self.ask("file", path);
        Ok(None)
    }
}
