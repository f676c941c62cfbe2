//! A domain with its share in memory, and what is published to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use gangway_contract::Sha256;
use gangway_contract::manifest::Mode;

use super::budget::Budget;
use super::directory::{FakeDirectory, value};
use super::replication::FakeReplicas;
use super::share::FakeShare;
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::wmi::WmiFilter;
use crate::gpo::{DomainName, Guid, Timestamp, own};
use crate::publication::plan::{Desired, GPT_INI, MARKER, TEMPORARY};
use crate::publication::{
    Action, Campaign, Claimant, Contents, Payloads, Places, PublishError, PublishRequest,
    Published, Release, ReleaseFile, ReleaseRequest, Removal, Waiting, publish,
};

/// A domain with its share, and a folder for the state.
pub(super) struct World {
    pub(super) directory: FakeDirectory,
    pub(super) share: FakeShare,
    /// The share of the payloads, when they are part of the publication.
    pub(super) payloads: Option<FakeShare>,
    pub(super) only_compare: bool,
    pub(super) keep: Option<usize>,
    pub(super) removals: Vec<Removal>,
    pub(super) prune: bool,
    pub(super) allow_overlap: bool,
    /// What the bundle has besides or instead.
    pub(super) change: fn(&mut Contents),
    pub(super) end_passive_mode: bool,
    /// Seconds that the other domain controllers are waited for.
    pub(super) wait: Option<u64>,
    pub(super) replicas: FakeReplicas,
    pub(super) state: tempfile::TempDir,
    pub(super) budget: Budget,
}

pub(super) const DOMAIN_DN: &str = "dc=contoso,dc=com";

pub(super) fn world() -> World {
    let budget = Budget::default();
    let text = |name: &str, text: &str| (name.to_owned(), value(text));
    let root = BTreeMap::from([
        text("defaultnamingcontext", "DC=contoso,DC=com"),
        text("dnshostname", "dc1.contoso.com"),
    ]);
    let objects = BTreeMap::from([
        (String::new(), root),
        (DOMAIN_DN.to_owned(), BTreeMap::new()),
        (
            format!("cn=policies,cn=system,{DOMAIN_DN}"),
            BTreeMap::new(),
        ),
        (
            format!("cn=som,cn=wmipolicy,cn=system,{DOMAIN_DN}"),
            BTreeMap::new(),
        ),
    ]);
    let folders = ["contoso.com", "contoso.com/Policies", "contoso.com/scripts"];
    World {
        directory: FakeDirectory {
            objects,
            budget: budget.clone(),
            writable: true,
            rights: "7",
            keeps_permissions: false,
            answers: BTreeMap::new(),
            made: 0,
        },
        share: FakeShare {
            folders: folders.map(str::to_owned).to_vec(),
            files: BTreeMap::new(),
            budget: budget.clone(),
            trees_read: 0,
            held: None,
        },
        payloads: None,
        only_compare: false,
        keep: None,
        removals: Vec::new(),
        prune: false,
        allow_overlap: false,
        change: |_| {},
        end_passive_mode: false,
        wait: None,
        replicas: FakeReplicas::default(),
        state: tempfile::tempdir().unwrap(),
        budget,
    }
}

pub(super) fn domain() -> DomainName {
    "contoso.com".parse().unwrap()
}

pub(super) fn gpo(content: &str) -> Desired {
    let filter = WmiFilter::servers(
        "Contoso",
        &domain(),
        false,
        Timestamp::from_unix(0).unwrap(),
    );
    let name = format!("Machine/Preferences/{content}.xml");
    Desired {
        id: task_id(),
        purpose: "deploy".to_owned(),
        display_name: "Gangway Deploy".to_owned(),
        flags: 1,
        machine_extensions: Some(format!("[{content}]")),
        wql_filter: Some(filter.link()),
        filter: Some(filter),
        files: BTreeMap::from([
            ("GPO.cmt".to_owned(), content.repeat(9).into_bytes()),
            (
                "Machine/registry.pol".to_owned(),
                content.repeat(20).into_bytes(),
            ),
            (name, content.repeat(30).into_bytes()),
        ]),
    }
}

pub(super) fn settings(content: &str) -> Desired {
    Desired {
        id: settings_id(),
        purpose: "settings".to_owned(),
        display_name: "Gangway Settings".to_owned(),
        files: BTreeMap::from([(
            "Machine/registry.pol".to_owned(),
            content.repeat(10).into_bytes(),
        )]),
        ..gpo(content)
    }
}

pub(super) fn task_id() -> Guid {
    own::gpo_id("Contoso", &domain(), own::DEPLOY)
}

pub(super) fn settings_id() -> Guid {
    own::gpo_id("Contoso", &domain(), own::SETTINGS)
}

pub(super) fn contents(content: &str) -> Contents {
    Contents {
        exclude_group: None,
        identity: "Contoso".to_owned(),
        mode: Mode::Onboard,
        domain: domain(),
        gpos: vec![settings(content), gpo(content)],
        bootstrap: (format!("MdeOnboard-{content}.exe"), b"exe".to_vec()),
        problems: Vec::new(),
    }
}

/// Onboarding in the world's domain.
pub(super) fn campaign() -> Campaign {
    Campaign::new(
        task_id(),
        "Gangway Deploy".to_owned(),
        "contoso.com".to_owned(),
    )
}

/// Who publishes, and waits for nobody.
pub(in crate::publication) fn claimant() -> Claimant {
    Claimant {
        account: "admin@contoso.com".to_owned(),
        host: "desk".to_owned(),
        begun: 1_800_000_000,
        patience: Duration::ZERO,
    }
}

/// A release of two files.
pub(super) fn release(content: &str, folder: &Path) -> Release {
    let file = |name: &str| {
        let bytes = format!("{name} of {content}").into_bytes();
        let source = folder.join(format!("{content}-{name}"));
        std::fs::write(&source, &bytes).unwrap();
        ReleaseFile {
            name: name.to_owned(),
            source,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        }
    };
    Release {
        recipe: None,
        id: content.to_owned(),
        sequence: 1,
        ring_percent: 100,
        retires: false,
        campaigns: vec![campaign()],
        files: vec![file("OnboardingInfo.json"), file("md4ws.msi")],
    }
}

impl World {
    pub(super) fn run(&mut self, action: Action, content: &str) -> Result<Published, PublishError> {
        self.run_with(action, content, &[], false)
    }

    pub(super) fn run_with(
        &mut self,
        action: Action,
        content: &str,
        links: &[&str],
        dry_run: bool,
    ) -> Result<Published, PublishError> {
        let (done, ended) = self.told(action, content, links, dry_run);
        ended.map(|()| done)
    }

    /// What was done, also when it failed.
    pub(super) fn told(
        &mut self,
        action: Action,
        content: &str,
        links: &[&str],
        dry_run: bool,
    ) -> (Published, Result<(), PublishError>) {
        let request = PublishRequest {
            action,
            dry_run,
            links: links.iter().map(|link| link.parse().unwrap()).collect(),
            removals: self.removals.clone(),
            enable_links: false,
            prune: self.prune,
            allow_overlap: self.allow_overlap,
            end_passive_mode: self.end_passive_mode,
            state: self.state.path().to_owned(),
        };
        let mut done = Published::default();
        let sources = tempfile::tempdir().unwrap();
        let release = release(content, sources.path());
        let release_request = ReleaseRequest {
            folder: None,
            named: "share".to_owned(),
            dry_run,
            only_compare: self.only_compare,
            action,
            keep: self.keep,
            state: self.state.path().to_owned(),
            claimant: claimant(),
        };
        let places = Places {
            directory: &mut self.directory,
            sysvol: &mut self.share,
            payloads: self.payloads.as_mut().map(|share| Payloads {
                request: &release_request,
                release: &release,
                share,
            }),
            waiting: self.wait.map(|seconds| Waiting {
                time: Duration::from_secs(seconds),
                replicas: &mut self.replicas,
            }),
        };
        let mut contents = contents(content);
        (self.change)(&mut contents);
        let ended = publish(&request, &contents, places, &mut |_| {}, &mut done);
        (done, ended)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.attribute_of(task_id(), name)
    }

    pub(super) fn attribute_of(&self, id: Guid, name: &str) -> Option<String> {
        let dn = format!("cn={id},cn=policies,cn=system,{DOMAIN_DN}");
        let object = self.directory.objects.get(&dn.to_lowercase())?;
        let value = object.get(name)?.first()?.clone();
        Some(String::from_utf8(value).unwrap())
    }

    pub(super) fn version(&self) -> u32 {
        self.attribute("versionnumber")
            .map_or(0, |text| text.parse().unwrap())
    }

    pub(super) fn gpt_version(&self) -> Option<u32> {
        self.gpt_version_of(&mut self.gpo_files())
    }

    pub(super) fn gpt_version_of(&self, files: &mut BTreeMap<String, Vec<u8>>) -> Option<u32> {
        let bytes = files.remove(GPT_INI)?;
        Some(GptIni::read(&bytes).unwrap().version.number())
    }

    pub(super) fn gpo_files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files_of(task_id())
    }

    pub(super) fn files_of(&self, id: Guid) -> BTreeMap<String, Vec<u8>> {
        let folder = format!("contoso.com/Policies/{id}/");
        let files = self.share.files.iter();
        files
            .filter_map(|(path, bytes)| {
                Some((path.strip_prefix(&folder)?.to_owned(), bytes.clone()))
            })
            .collect()
    }

    /// Both halves hold exactly this content and the same version.
    #[track_caller]
    pub(super) fn assert_whole(&self, content: &str) {
        for wanted in [settings(content), gpo(content)] {
            let attribute = |name| self.attribute_of(wanted.id, name);
            let mut files = self.files_of(wanted.id);
            assert_eq!(
                self.gpt_version_of(&mut files)
                    .map(|version| version.to_string()),
                attribute("versionnumber")
            );
            assert_eq!(files, wanted.files, "{}", wanted.display_name);
            assert_eq!(
                attribute("gpcmachineextensionnames"),
                wanted.machine_extensions
            );
            assert_eq!(attribute("admindescription").as_deref(), Some(MARKER));
        }
        assert!(
            !self
                .share
                .folders
                .iter()
                .any(|folder| folder.ends_with(TEMPORARY))
        );
    }

    /// After a cut: each file is old or new, and the version tells of no half change.
    #[track_caller]
    pub(super) fn assert_not_torn(&self, old: &str, new: &str, old_version: u32) {
        for (name, bytes) in self.gpo_files() {
            if name.ends_with(TEMPORARY) || name == GPT_INI {
                continue;
            }
            let known = [old, new]
                .iter()
                .any(|one| gpo(one).files.get(&name) == Some(&bytes));
            assert!(known, "`{name}` is neither old nor new");
        }
        if self.version() != old_version {
            let files = self.gpo_files();
            for (name, bytes) in gpo(new).files {
                assert_eq!(
                    files.get(&name),
                    Some(&bytes),
                    "raised before `{name}` was written"
                );
            }
        }
        if let Some(version) = self.gpt_version() {
            assert!(
                version <= self.version(),
                "SYSVOL is ahead of the directory"
            );
        }
    }
}

/// Writes that a publication takes, counted.
pub(super) fn writes(mut world: World, content: &str) -> usize {
    world.budget.set(Some(1000));
    world.run(Action::Publish, content).unwrap();
    1000 - world.budget.get().unwrap()
}

pub(super) fn published(content: &str) -> World {
    let mut world = world();
    world.run(Action::Publish, content).unwrap();
    world
}
