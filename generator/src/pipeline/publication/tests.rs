//! Publication against a directory and a share in memory, cut at every write.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::*;
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::publication::{Desired, GPT_INI, MARKER, Refused, TEMPORARY};
use crate::gpo::security::backup_descriptor;
use crate::gpo::wmi::WmiFilter;
use crate::gpo::{DomainName, Timestamp};
use crate::publish::{Depth, Entry, Failure, Tree};

type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

/// Writes that are still allowed; none means all.
type Budget = Rc<Cell<Option<usize>>>;

fn spend(budget: &Budget) -> bool {
    match budget.get() {
        None => true,
        Some(0) => false,
        Some(left) => {
            budget.set(Some(left - 1));
            true
        }
    }
}

#[derive(Clone)]
struct FakeDirectory {
    /// By distinguished name in lower case.
    objects: BTreeMap<String, Attributes>,
    budget: Budget,
    writable: bool,
}

#[derive(Clone)]
struct FakeShare {
    folders: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    budget: Budget,
}

fn cut() -> DirectoryError {
    DirectoryError {
        doing: "write".to_owned(),
        failure: Failure::Other,
        why: "cut".to_owned(),
    }
}

fn values(texts: [&str; 2]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn value(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

impl Directory for FakeDirectory {
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        _: &str,
        _: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let base = base.to_lowercase();
        let found = self.objects.iter().filter(|(dn, _)| match depth {
            Depth::Object => **dn == base,
            Depth::Children => dn.split_once(',').is_some_and(|(_, parent)| parent == base),
            Depth::Tree => dn.ends_with(&base),
        });
        Ok(found
            .map(|(dn, attributes)| {
                let mut attributes = attributes.clone();
                if self.writable {
                    let classes = values(["groupPolicyContainer", "msWMI-Som"]);
                    attributes.insert("allowedchildclasseseffective".to_owned(), classes);
                    let allowed = values(["versionNumber", "gPLink"]);
                    attributes.insert("allowedattributeseffective".to_owned(), allowed);
                }
                let dn = dn.clone();
                Entry { dn, attributes }
            })
            .collect())
    }

    fn add(&mut self, dn: &str, given: &[(String, String)]) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let mut attributes: Attributes = given
            .iter()
            .map(|(name, text)| (name.to_lowercase(), value(text)))
            .collect();
        let name = dn.split(['=', ',']).nth(1).unwrap();
        attributes.insert("cn".to_owned(), value(name));
        let descriptor = vec![backup_descriptor().to_bytes()];
        attributes.insert("ntsecuritydescriptor".to_owned(), descriptor);
        let old = self.objects.insert(dn.to_lowercase(), attributes);
        assert!(old.is_none(), "`{dn}` was there already");
        Ok(())
    }

    fn modify(&mut self, dn: &str, changes: &[AttributeChange]) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let object = self.objects.get_mut(&dn.to_lowercase()).unwrap();
        for change in changes {
            match change {
                AttributeChange::Replace(name, Some(text)) => {
                    object.insert(name.to_lowercase(), value(text));
                }
                AttributeChange::Replace(name, None) => {
                    object.remove(&name.to_lowercase());
                }
                AttributeChange::Delete(name, text) => {
                    let old = object.remove(&name.to_lowercase());
                    assert_eq!(old, Some(value(text)), "{name}");
                }
                AttributeChange::Add(name, text) => {
                    let old = object.insert(name.to_lowercase(), value(text));
                    assert_eq!(old, None, "{name}");
                }
            }
        }
        Ok(())
    }

    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let dn = dn.to_lowercase();
        self.objects.retain(|other, _| !other.ends_with(&dn));
        Ok(())
    }
}

impl FakeShare {
    fn spend(&self) -> Result<(), ShareError> {
        if spend(&self.budget) {
            return Ok(());
        }
        Err(ShareError {
            doing: "write".to_owned(),
            no_access: false,
            why: "cut".to_owned(),
        })
    }

    fn parent_is_there(&self, path: &str) {
        let parent = path.rsplit_once('/').unwrap().0.to_owned();
        assert!(
            self.folders.contains(&parent),
            "there is no folder for `{path}`"
        );
    }
}

impl Share for FakeShare {
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        if !self.folders.iter().any(|one| one == folder) {
            return Ok(None);
        }
        let below = format!("{folder}/");
        let name = |path: &String| path.strip_prefix(&below).map(str::to_owned);
        let files = self.files.iter();
        Ok(Some(Tree {
            folders: self.folders.iter().filter_map(name).collect(),
            files: files
                .filter_map(|(path, bytes)| Some((name(path)?, bytes.clone())))
                .collect(),
        }))
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        Ok(self.files.get(path).cloned())
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.parent_is_there(path);
        assert!(
            !self.folders.contains(&path.to_owned()),
            "`{path}` was there already"
        );
        self.folders.push(path.to_owned());
        Ok(())
    }

    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError> {
        self.spend()?;
        assert!(self.folders.contains(&path.to_owned()));
        assert!(sddl.starts_with("O:BAG:BAD:P(A;OICI;"), "{sddl}");
        let inside = format!("{path}/");
        assert!(
            !self
                .files
                .keys()
                .chain(&self.folders)
                .any(|one| one.starts_with(&inside)),
            "permissions come before content"
        );
        Ok(true)
    }

    /// A write that is cut leaves half a file.
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        self.parent_is_there(path);
        let cut = self.spend();
        let length = if cut.is_ok() {
            bytes.len()
        } else {
            bytes.len() / 2
        };
        self.files.insert(path.to_owned(), bytes[..length].to_vec());
        cut
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        self.spend()?;
        if let Some(bytes) = self.files.remove(from) {
            self.files.insert(to.to_owned(), bytes);
            return Ok(());
        }
        let folder = self.folders.iter_mut().find(|one| *one == from).unwrap();
        to.clone_into(folder);
        Ok(())
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        assert!(self.files.remove(path).is_some(), "there is no `{path}`");
        Ok(())
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        let below = format!("{path}/");
        self.files.retain(|one, _| !one.starts_with(&below));
        self.folders
            .retain(|one| one != path && !one.starts_with(&below));
        Ok(())
    }
}

/// A domain with its share, and a folder for the state.
struct World {
    directory: FakeDirectory,
    share: FakeShare,
    state: tempfile::TempDir,
    budget: Budget,
}

const DOMAIN_DN: &str = "dc=contoso,dc=com";

fn world() -> World {
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
        },
        share: FakeShare {
            folders: folders.map(str::to_owned).to_vec(),
            files: BTreeMap::new(),
            budget: budget.clone(),
        },
        state: tempfile::tempdir().unwrap(),
        budget,
    }
}

fn domain() -> DomainName {
    "contoso.com".parse().unwrap()
}

fn gpo(content: &str) -> Desired {
    let filter = WmiFilter::servers(
        "Contoso",
        &domain(),
        false,
        Timestamp::from_unix(0).unwrap(),
    );
    let name = format!("Machine/Preferences/{content}.xml");
    Desired {
        id: Guid::derive(&["gpo"]),
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

fn settings(content: &str) -> Desired {
    Desired {
        id: settings_id(),
        display_name: "Gangway Settings".to_owned(),
        files: BTreeMap::from([(
            "Machine/registry.pol".to_owned(),
            content.repeat(10).into_bytes(),
        )]),
        ..gpo(content)
    }
}

fn task_id() -> Guid {
    Guid::derive(&["gpo"])
}

fn settings_id() -> Guid {
    Guid::derive(&["settings"])
}

fn contents(content: &str) -> Contents {
    Contents {
        domain: domain(),
        gpos: vec![settings(content), gpo(content)],
        bootstrap: (format!("MdeOnboard-{content}.exe"), b"exe".to_vec()),
    }
}

impl World {
    fn run(&mut self, action: Action, content: &str) -> Result<Published, PublishError> {
        self.run_with(action, content, &[], false)
    }

    fn run_with(
        &mut self,
        action: Action,
        content: &str,
        links: &[&str],
        dry_run: bool,
    ) -> Result<Published, PublishError> {
        let request = PublishRequest {
            bundle: PathBuf::new(),
            domain: None,
            action,
            dry_run,
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            enable_links: false,
            allow_unsigned: false,
            state: self.state.path().to_owned(),
            now: 0,
        };
        publish(
            &request,
            &contents(content),
            &mut self.directory,
            &mut self.share,
            &mut |_| {},
        )
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.attribute_of(task_id(), name)
    }

    fn attribute_of(&self, id: Guid, name: &str) -> Option<String> {
        let dn = format!("cn={id},cn=policies,cn=system,{DOMAIN_DN}");
        let object = self.directory.objects.get(&dn.to_lowercase())?;
        let value = object.get(name)?.first()?.clone();
        Some(String::from_utf8(value).unwrap())
    }

    fn version(&self) -> u32 {
        self.attribute("versionnumber")
            .map_or(0, |text| text.parse().unwrap())
    }

    fn gpt_version(&self) -> Option<u32> {
        self.gpt_version_of(&mut self.gpo_files())
    }

    fn gpt_version_of(&self, files: &mut BTreeMap<String, Vec<u8>>) -> Option<u32> {
        let bytes = files.remove(GPT_INI)?;
        Some(GptIni::read(&bytes).unwrap().version.number())
    }

    fn gpo_files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files_of(task_id())
    }

    fn files_of(&self, id: Guid) -> BTreeMap<String, Vec<u8>> {
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
    fn assert_whole(&self, content: &str) {
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
    fn assert_not_torn(&self, old: &str, new: &str, old_version: u32) {
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
fn writes(mut world: World, content: &str) -> usize {
    world.budget.set(Some(1000));
    world.run(Action::Publish, content).unwrap();
    1000 - world.budget.get().unwrap()
}

fn published(content: &str) -> World {
    let mut world = world();
    world.run(Action::Publish, content).unwrap();
    world
}

#[test]
fn a_publication_is_whole_and_a_second_one_raises_the_version_only() {
    let mut world = published("old");
    world.assert_whole("old");
    assert_eq!(world.version(), 1);
    let before = (world.gpo_files(), world.directory.objects.clone());
    let done = world.run(Action::Publish, "old").unwrap();
    assert_eq!(done.steps.len(), 6, "{:?}", done.steps);
    world.assert_whole("old");
    assert_eq!(world.version(), 2);
    let mut files = world.gpo_files();
    files.insert(GPT_INI.to_owned(), before.0[GPT_INI].clone());
    assert_eq!(files, before.0);
}

#[test]
fn a_dry_run_changes_nothing_and_names_every_step() {
    let mut world = world();
    world.budget.set(Some(0));
    let done = world
        .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], true)
        .unwrap();
    assert!(done.steps.len() > 10, "{:?}", done.steps);
    assert_eq!(std::fs::read_dir(world.state.path()).unwrap().count(), 0);
}

#[test]
fn a_first_publication_cut_at_any_write_is_finished_by_the_next() {
    for allowed in 0..writes(world(), "new") {
        let mut world = world();
        world.budget.set(Some(allowed));
        world.run(Action::Publish, "new").unwrap_err();
        world.assert_not_torn("new", "new", 0);
        world.budget.set(None);
        world.run(Action::Publish, "new").unwrap();
        world.assert_whole("new");
    }
}

#[test]
fn a_first_publication_cut_at_any_write_can_be_taken_back_to_nothing() {
    for allowed in 0..writes(world(), "new") {
        let mut world = world();
        world.budget.set(Some(allowed));
        world.run(Action::Publish, "new").unwrap_err();
        world.budget.set(None);
        match world.run(Action::Rollback, "new") {
            Ok(_) => {}
            // Cut before anything was saved, and so before anything of the GPO was changed.
            Err(PublishError::State(StateError::Nothing { .. })) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(world.gpo_files(), BTreeMap::new(), "after {allowed} writes");
        for id in [task_id(), settings_id()] {
            assert_eq!(world.attribute_of(id, "versionnumber"), None);
        }
        assert!(
            !world
                .share
                .folders
                .iter()
                .any(|folder| folder.contains("{"))
        );
    }
}

#[test]
fn a_later_publication_cut_at_any_write_ends_in_one_whole_state() {
    for allowed in 0..writes(published("old"), "new") {
        for action in [Action::Publish, Action::Rollback] {
            let mut world = published("old");
            world.budget.set(Some(allowed));
            world.run(Action::Publish, "new").unwrap_err();
            world.assert_not_torn("old", "new", 1);
            let version = world.version();
            world.budget.set(None);
            world.run(action, "new").unwrap();
            match action {
                Action::Publish => {
                    world.assert_whole("new");
                    // The state to go back to is the one before the cut, not what it left.
                    world.run(Action::Rollback, "new").unwrap();
                    world.assert_whole("old");
                }
                Action::Rollback => world.assert_whole("old"),
            }
            assert!(world.version() > version);
        }
    }
}

#[test]
fn taking_back_can_be_cut_too() {
    let mut reference = published("old");
    reference.run(Action::Publish, "new").unwrap();
    reference.budget.set(Some(1000));
    reference.run(Action::Rollback, "new").unwrap();
    for allowed in 0..1000 - reference.budget.get().unwrap() {
        let mut world = published("old");
        world.run(Action::Publish, "new").unwrap();
        world.budget.set(Some(allowed));
        world.run(Action::Rollback, "new").unwrap_err();
        world.assert_not_torn("new", "old", 2);
        world.budget.set(None);
        world.run(Action::Rollback, "new").unwrap();
        world.assert_whole("old");
    }
}

#[test]
fn an_account_without_rights_changes_nothing() {
    for mut world in [world(), published("old")] {
        world.directory.writable = false;
        world.budget.set(Some(0));
        let error = world.run(Action::Publish, "new").unwrap_err();
        let PublishError::Directory(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.failure, Failure::NoAccess);
    }
}

#[test]
fn servers_that_nobody_should_publish_to_are_refused() {
    for (name, text, wanted) in [
        ("defaultnamingcontext", "DC=fabrikam,DC=com", "is of domain"),
        (
            "supportedcapabilities",
            "1.2.840.113556.1.4.1920",
            "read-only",
        ),
    ] {
        let mut world = world();
        let root = world.directory.objects.get_mut("").unwrap();
        root.insert(name.to_owned(), value(text));
        world.budget.set(Some(0));
        let error = world.run(Action::Publish, "new").unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn another_server_than_the_pdc_emulator_is_noted() {
    let mut world = world();
    let server = "CN=DC2,CN=Servers,DC=contoso,DC=com";
    let objects = &mut world.directory.objects;
    let owner = value(&format!("CN=NTDS Settings,{server}"));
    objects
        .get_mut(DOMAIN_DN)
        .unwrap()
        .insert("fsmoroleowner".to_owned(), owner);
    let host = BTreeMap::from([("dnshostname".to_owned(), value("dc2.contoso.com"))]);
    objects.insert(server.to_lowercase(), host);
    let done = world.run(Action::Publish, "new").unwrap();
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("dc2.contoso.com")),
        "{:?}",
        done.notes
    );
}

#[test]
fn a_bootstrap_of_that_name_with_other_bytes_stops_everything() {
    let mut world = world();
    let path = "contoso.com/scripts/Gangway/MdeOnboard-new.exe";
    world
        .share
        .folders
        .push("contoso.com/scripts/Gangway".to_owned());
    world.share.files.insert(path.to_owned(), b"other".to_vec());
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(matches!(error, PublishError::Different { .. }), "{error}");
}

#[test]
fn a_file_that_changes_on_the_way_keeps_the_version_down() {
    let mut world = published("old");
    let (directory, share) = (world.directory.clone(), world.share.clone());
    let total = writes(
        World {
            directory,
            share,
            state: tempfile::tempdir().unwrap(),
            budget: world.budget.clone(),
        },
        "new",
    );
    // Stop before the directory is told, then damage a file: the next run repairs it first.
    world.budget.set(Some(total - 3));
    world.run(Action::Publish, "new").unwrap_err();
    assert_eq!(world.version(), 1);
    let path = format!("contoso.com/Policies/{}/GPO.cmt", task_id());
    world.share.files.insert(path, b"damaged".to_vec());
    world.budget.set(None);
    world.run(Action::Publish, "new").unwrap();
    world.assert_whole("new");
}

#[test]
fn links_are_made_only_when_told_and_keep_those_of_others() {
    let mut world = published("old");
    let link = |world: &World| {
        let object = &world.directory.objects[DOMAIN_DN];
        object
            .get("gplink")
            .map(|values| String::from_utf8(values[0].clone()).unwrap())
    };
    assert_eq!(link(&world), None);
    let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
    let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
    object.insert("gplink".to_owned(), value(foreign));
    for _ in 0..2 {
        world
            .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], false)
            .unwrap();
        let ours: String = [task_id(), settings_id()]
            .map(|id| format!("[LDAP://CN={id},CN=Policies,CN=System,DC=contoso,DC=com;1]"))
            .concat();
        assert_eq!(link(&world), Some(format!("{ours}{foreign}")));
    }
    world.budget.set(Some(0));
    let error = world.run_with(
        Action::Publish,
        "old",
        &["OU=absent,DC=contoso,DC=com"],
        false,
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("there is no `OU=absent")
    );
}

#[test]
fn taking_back_a_first_publication_takes_its_links_along() {
    let mut world = world();
    let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
    let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
    object.insert("gplink".to_owned(), value(foreign));
    let before = world.directory.objects.clone();
    world
        .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], false)
        .unwrap();
    assert_ne!(world.directory.objects[DOMAIN_DN], before[DOMAIN_DN]);
    world.run(Action::Rollback, "old").unwrap();
    assert_eq!(world.directory.objects[DOMAIN_DN], before[DOMAIN_DN]);
}

#[test]
fn a_gpo_of_the_same_name_from_elsewhere_stops_everything() {
    let mut world = world();
    let other = BTreeMap::from([
        ("cn".to_owned(), value("{OTHER}")),
        ("displayname".to_owned(), value("Gangway Deploy")),
    ]);
    let dn = format!("cn={{other}},cn=policies,cn=system,{DOMAIN_DN}");
    world.directory.objects.insert(dn, other);
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(
        matches!(error, PublishError::Refused(Refused::SameName { .. })),
        "{error}"
    );
}
