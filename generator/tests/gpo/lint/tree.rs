//! What is given to the linter: our own GPOs and foreign ones, with one thing changed.

use std::collections::{BTreeMap, BTreeSet};

use gangway::gpo::registry_pol::{Record, RegistryPolicy};
use gangway::lint::{LintReport, lint};
use gangway::policies::{deploy, settings};
use gangway_contract::manifest::AntivirusMode;

pub(super) const TASKS: &str =
    "/DomainSysvol/GPO/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
pub(super) const DEPLOY: &str = "/deploy/";

/// Files of a folder before they are written.
#[derive(Clone)]
pub(super) struct Tree(pub(super) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The GPOs of a bundle as `build` writes them.
    pub(super) fn bundle() -> Self {
        let mut options = crate::settings::options();
        options.antivirus_mode = AntivirusMode::AlwaysPassive;
        options.device_tag = Some("servers".to_owned());
        options.exclusions.paths = vec![r"D:\Data".to_owned()];
        let mut gpos = settings(&options).unwrap();
        gpos.push(deploy(&crate::options()).unwrap());
        let files = gpos.into_iter().flat_map(|gpo| gpo.files);
        Self(files.map(|file| (file.path, file.bytes)).collect())
    }

    /// Only the backup of the Deploy GPO.
    pub(super) fn deploy() -> Self {
        let mut tree = Self::bundle();
        tree.0.retain(|path, _| path.contains(DEPLOY));
        tree
    }

    pub(super) fn path(&self, part: &str) -> String {
        let mut found = self.0.keys().filter(|path| path.contains(part));
        let path = found
            .next()
            .unwrap_or_else(|| panic!("no file `{part}`"))
            .clone();
        assert_eq!(found.next(), None, "several files `{part}`");
        path
    }

    pub(super) fn text(&self, part: &str) -> String {
        String::from_utf8(self.0[&self.path(part)].clone()).unwrap()
    }

    /// Changes a text in a file; it must be there.
    pub(super) fn replace(mut self, part: &str, from: &str, to: &str) -> Self {
        let before = self.text(part);
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "`{from}` is not in `{part}`");
        self.0.insert(self.path(part), after.into_bytes());
        self
    }

    pub(super) fn remove(mut self, part: &str) -> Self {
        let path = self.path(part);
        self.0.remove(&path);
        self
    }

    /// Adds a file beside one that is there.
    pub(super) fn beside(mut self, part: &str, relative: &str, bytes: &[u8]) -> Self {
        let path = self.path(part);
        let folder = path.rsplit_once('/').unwrap().0;
        self.0
            .insert(format!("{folder}/{relative}"), bytes.to_vec());
        self
    }

    /// Adds a GPO to SYSVOL with these files.
    pub(super) fn sysvol(mut self, id: u8, files: &[(&str, &[u8])]) -> Self {
        let folder = format!("sysvol/{{{id:08}-1111-1111-1111-111111111111}}");
        self.0.insert(
            format!("{folder}/GPT.INI"),
            b"[General]\r\nVersion=65537\r\n".to_vec(),
        );
        for (path, bytes) in files {
            self.0.insert(format!("{folder}/{path}"), bytes.to_vec());
        }
        self
    }

    /// Adds a GPO to SYSVOL with this registry policy.
    pub(super) fn policy(self, id: u8, record: Record) -> Self {
        let policy = RegistryPolicy {
            records: vec![record],
        };
        self.sysvol(id, &[("Machine/registry.pol", &policy.write().unwrap())])
    }

    pub(super) fn lint(&self) -> LintReport {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in &self.0 {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        lint(folder.path()).unwrap()
    }

    /// Ids of the codes found, without repetition.
    pub(super) fn codes(&self) -> BTreeSet<&'static str> {
        let problems = self.lint().problems;
        problems.iter().map(|problem| problem.code.id).collect()
    }
}

pub(super) fn empty() -> Tree {
    Tree(BTreeMap::new())
}

/// One task item around properties, as a foreign SYSVOL folder.
pub(super) fn task(properties: &str, filters: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<ScheduledTasks clsid="{{CC63F200-7309-4ba0-B154-A71CD118DBCC}}"><TaskV2 clsid="{{D8896631-B747-47a7-84A6-C155337F3BC8}}" name="a" uid="{{11111111-2222-3333-4444-555555555555}}">{properties}{filters}</TaskV2></ScheduledTasks>"#
    )
}

/// A task that is right in every way, running this command as this account.
pub(super) fn good_task(account: &str, command: &str, arguments: &str) -> String {
    let properties = format!(
        r#"<Properties action="U" name="a" runAs="{account}" logonType="S4U"><Task version="1.3"><RegistrationInfo/><Principals><Principal id="Author"><UserId>{account}</UserId><LogonType>S4U</LogonType><RunLevel>HighestAvailable</RunLevel></Principal></Principals><Settings><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries></Settings><Triggers/><Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task></Properties>"#
    );
    task(&properties, "")
}

pub(super) fn with_task(xml: &str) -> Tree {
    empty().sysvol(
        1,
        &[(
            "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
            xml.as_bytes(),
        )],
    )
}

/// A GPO with one item of another preference file.
pub(super) fn with_preference(kind: &str, xml: &str) -> Tree {
    let path = format!("Machine/Preferences/{kind}/{kind}.xml");
    empty().sysvol(1, &[(&path, xml.as_bytes())])
}

pub(super) fn file_item(action: &str, target: &str) -> String {
    format!(
        r#"<Files clsid="{{215B2E53-57CE-475c-80FE-9EEC14635851}}"><File clsid="{{50BE44C8-567A-4ed1-B1D0-9234FE1F38AF}}" name="a" uid="{{11111111-2222-3333-4444-555555555555}}"><Properties action="{action}" fromPath="x" targetPath="{target}"/></File></Files>"#
    )
}

pub(super) fn filtered(filter: &str) -> Tree {
    let good = good_task("S-1-5-18", "a.exe", "");
    let filters = format!("<Filters>{filter}</Filters></TaskV2>");
    with_task(&good.replace("</TaskV2>", &filters))
}

pub(super) const SYSTEM_NAME: &str = r"NT AUTHORITY\System";

/// A SYSVOL folder with a report that links it.
pub(super) fn linked(tree: Tree, id: u8, command: &str, scope: &str) -> Tree {
    let xml =
        good_task("S-1-5-18", command, "").replace("name=\"a\"", &format!("name=\"task {id}\""));
    let report =
        format!("<GPO><LinksTo><SOMPath>{scope}</SOMPath><Enabled>true</Enabled></LinksTo></GPO>");
    tree.sysvol(
        id,
        &[
            (
                "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
                xml.as_bytes(),
            ),
            ("gpreport.xml", report.as_bytes()),
        ],
    )
}
