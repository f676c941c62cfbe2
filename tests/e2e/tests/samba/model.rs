//! The bundles, and what they say should be in the domain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gangway_e2e::samba::{self, Attributes, DN, Domain, NAME};
use gangway_e2e::{Bundle, Recipe};

pub(super) fn recipe() -> Recipe {
    let name = format!("dns_name = '{NAME}'");
    Recipe::of_samples().unwrap().with("[gpo.domain]", &name)
}

/// With both GPOs: a device tag is a setting.
pub(super) fn bundle() -> Bundle {
    tagged("lab")
}

pub(super) fn tagged(tag: &str) -> Bundle {
    let tag = format!("device_tag = '{tag}'");
    recipe().with("onboard", &tag).bundle().unwrap()
}

/// With the task's GPO alone.
pub(super) fn task_only() -> Bundle {
    recipe().bundle().unwrap()
}

/// The same with another manifest, and so another bootstrap.
pub(super) fn other_task_only() -> Bundle {
    recipe().with("rollout", "jitter_s = 1").bundle().unwrap()
}

/// A GPO as the bundle has it: the model that everything else is held against.
pub(super) struct Gpo {
    pub(super) id: String,
    pub(super) name: String,
    flags: String,
    extensions: String,
    /// Without `GPT.INI`.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl Gpo {
    pub(super) fn dn(&self) -> String {
        format!("CN={},CN=Policies,CN=System,{DN}", self.id)
    }

    pub(super) fn folder(&self, domain: &Domain) -> PathBuf {
        domain.sysvol().join("Policies").join(&self.id)
    }

    /// What `Backup.xml` says in an element.
    fn told(backup: &str, element: &str) -> String {
        let start = format!("<{element}><![CDATA[");
        let rest = backup.split(&start).nth(1).unwrap();
        rest.split("]]>").next().unwrap().to_owned()
    }
}

/// The bundle's GPOs, settings before the task.
pub(super) fn gpos(bundle: &Bundle) -> Vec<Gpo> {
    let folder = bundle.folder().join("gpo").join(NAME);
    let mut gpos = Vec::new();
    for kind in ["settings", "deploy", "offboard"] {
        let Ok(entries) = fs::read_dir(folder.join(kind)) else {
            continue;
        };
        let backup = entries
            .map(|entry| entry.unwrap().path().join("Backup.xml"))
            .find(|path| path.is_file())
            .unwrap();
        let backup = fs::read_to_string(backup).unwrap();
        let id = Gpo::told(&backup, "ID");
        let mut files = files(&folder.join("sysvol/Policies").join(&id));
        files.remove("GPT.INI").unwrap();
        gpos.push(Gpo {
            name: Gpo::told(&backup, "DisplayName"),
            flags: Gpo::told(&backup, "Options"),
            extensions: Gpo::told(&backup, "MachineExtensionGuids"),
            id,
            files,
        });
    }
    gpos
}

pub(super) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let tree = samba::tree(folder).unwrap();
    let files = tree.into_iter();
    files
        .filter_map(|(name, content)| Some((name, content?)))
        .collect()
}

pub(super) fn one<'a>(object: &'a Attributes, name: &str) -> &'a str {
    let values = object.get(name).map_or(&[][..], Vec::as_slice);
    assert_eq!(values.len(), 1, "{name}: {values:?}");
    &values[0]
}

/// The number in `GPT.INI`.
pub(super) fn version(ini: &[u8]) -> String {
    let text = String::from_utf8(ini.to_vec()).unwrap();
    let number = text.strip_prefix("[General]\r\nVersion=").unwrap();
    number.strip_suffix("\r\n").unwrap().to_owned()
}

/// Both halves are exactly what the bundle has, under one version; gives it.
#[track_caller]
pub(super) fn assert_whole(domain: &Domain, gpo: &Gpo) -> u32 {
    let object = domain.object(&gpo.dn()).unwrap().expect("the object");
    assert_eq!(one(&object, "displayName"), gpo.name);
    assert_eq!(one(&object, "flags"), gpo.flags);
    assert_eq!(one(&object, "gPCMachineExtensionNames"), gpo.extensions);
    assert_eq!(one(&object, "gPCFunctionalityVersion"), "2");
    let path = format!(r"\\{NAME}\SysVol\{NAME}\Policies\{}", gpo.id);
    assert_eq!(one(&object, "gPCFileSysPath"), path);
    let children = domain
        .search(&gpo.dn(), "one", "(objectClass=container)")
        .unwrap();
    let children: Vec<&str> = children.values().map(|child| one(child, "cn")).collect();
    assert_eq!(children, ["Machine", "User"]);
    let mut found = files(&gpo.folder(domain));
    let ini = found.remove("GPT.INI").expect("GPT.INI");
    assert_eq!(version(&ini), one(&object, "versionNumber"));
    assert_eq!(found, gpo.files, "{}", gpo.name);
    version(&ini).parse().unwrap()
}
