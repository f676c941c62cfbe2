//! Chapters whose commands lead to one domain. What servers do of it is shown elsewhere: what domain and
//! share hold is the listing.

use std::fs;

use gangway_e2e::samba::{DN, Domain, tree};
use gangway_e2e::{Bundle, Recipe, required};
use gangway_fixtures::blob::{ORG_ID, OTHER_ORG_ID};

use super::document::Chapter;
use super::office::{Office, copy_files, lines};
use crate::model::recipe;
use crate::payloads::with_folder;
use crate::story::Story;
use crate::{everything, text};

/// One domain, and an office whose bundle is live in it.
struct One {
    story: Story,
    office: Office,
}

impl One {
    /// Everything that the bundle has is linked, and switched on.
    fn with_live(recipe: Recipe, more: &str) -> Self {
        let story = Story::begin(vec![with_folder()], &[]);
        let office = Office::open(&story.domains, recipe);
        let mut one = Self { story, office };
        fs::write(one.office.path("servers.csv"), "srv1.lab.gangway.test\n").unwrap();
        let publish = format!(
            "gangway publish bundle -c gangway.toml --user admin@contoso.com \
             --link OU=Pilot,DC=contoso,DC=com {more} --enable-links --apply"
        );
        one.types(&lines([
            "gangway build -c gangway.toml --out bundle",
            "gangway sign bundle -c gangway.toml",
            &publish,
        ]));
        one.knows("bundle", "bundle");
        one
    }

    fn domain(&self) -> &Domain {
        &self.story.domains[0]
    }

    #[track_caller]
    fn types(&self, lines: &[String]) -> String {
        self.office.types(self.domain(), lines)
    }

    /// What only looks changes nothing in the domain.
    #[track_caller]
    fn looks(&self, lines: &[String]) -> String {
        let before = everything(self.domain());
        let said = self.types(lines);
        assert!(everything(self.domain()) == before, "{lines:?}: {said}");
        said
    }

    fn knows(&mut self, word: &'static str, out: &str) -> Bundle {
        let bundle = self.office.bundle(out);
        self.story.knows(word, &bundle);
        bundle
    }

    fn samba_tool(&self, arguments: &[&str]) {
        let output = self.domain().samba_tool(arguments).unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }

    fn downloads(&self, variant: &str) {
        let samples = required::path(required::FIXTURES).unwrap();
        let folder = samples.join("variants").join(variant);
        copy_files(&folder, &self.office.path("downloads"));
    }
}

const APPLY: &str = "gangway publish next -c gangway.toml --user admin@contoso.com --prune --apply";

pub(super) fn less_and_back([less, back]: &mut [Chapter; 2]) {
    let role = "name = 'SQL Server'";
    let recipe = recipe()
        .with("onboard", "device_tag = 'lab'")
        .with("[gpo.settings.role]", role)
        .with("[gpo.settings.role]", r"paths = ['D:\Data']");
    let link = "--link 'role:SQL Server=OU=Pilot,DC=contoso,DC=com'";
    let mut one = One::with_live(recipe, link);
    let section = format!("[[gpo.settings.role]]\n{role}\npaths = ['D:\\Data']\n");
    one.office.change_config(&section, "");
    let said = one.looks(&less.up_to(APPLY));
    assert!(said.contains("nothing was written"), "{said}");
    one.knows("next", "next");
    one.types(&less.block());
    insta::assert_snapshot!("less_in_the_config", one.story.chapter());

    // What is live is called `bundle`.
    fs::rename(one.office.path("bundle"), one.office.path("before")).unwrap();
    fs::rename(one.office.path("next"), one.office.path("bundle")).unwrap();
    let apply =
        "gangway publish bundle -c gangway.toml --user admin@contoso.com --rollback --apply";
    one.looks(&back.up_to(apply));
    one.types(&back.block());
    insta::assert_snapshot!("back_by_one_publication", one.story.chapter());
}

pub(super) fn some_servers_off([off]: &mut [Chapter; 1]) {
    let mut one = One::with_live(recipe(), "");
    one.samba_tool(&["group", "add", "Gangway Excluded"]);
    let unit = format!("OU=Leaving,{DN}");
    let unit = format!("dn: {unit}\nchangetype: add\nobjectClass: organizationalUnit\n");
    one.domain().change(&unit).unwrap();
    one.office.add_to_config(&off.config());
    let apply = "gangway publish next -c gangway.toml --user admin@contoso.com --apply";
    one.looks(&off.up_to(apply));
    let said = one.types(&off.block());
    assert!(said.contains("Gangway Excluded"), "{said}");
    one.knows("next", "next");
    insta::assert_snapshot!("a_group_is_left_out", one.story.chapter());

    one.samba_tool(&["group", "addmembers", "Gangway Excluded", "srv2$"]);
    one.downloads("offboarding");
    one.looks(&off.up_to(
        "gangway publish offboard -c gangway.toml --user admin@contoso.com \
         --link OU=Leaving,DC=contoso,DC=com --enable-links",
    ));
    one.types(&off.block());
    one.knows("offboard", "offboard");
    insta::assert_snapshot!("some_servers_are_told_to_leave", one.story.chapter());
}

pub(super) fn another_tenant([tenant]: &mut [Chapter; 1]) {
    let org = format!("org_id = '{ORG_ID}'");
    let mut one = One::with_live(recipe().with("organization", &org), "");
    let change = format!("dn: OU=Servers,{DN}\nchangetype: modify\ndelete: gPLink\n");
    one.domain().change(&change).unwrap();
    one.downloads("offboarding");
    one.types(&tenant.block());
    one.knows("offboard", "offboard");
    insta::assert_snapshot!("out_of_the_old_tenant", one.story.chapter());

    let downloads = one.office.path("downloads");
    for entry in fs::read_dir(&downloads).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "zip") {
            fs::remove_file(path).unwrap();
        }
    }
    one.downloads("other-tenant");
    one.office.change_config(ORG_ID, OTHER_ORG_ID);
    one.types(&tenant.block());
    one.knows("next", "next");
    insta::assert_snapshot!("in_the_new_tenant", one.story.chapter());
}

pub(super) fn another_file_server([server]: &mut [Chapter; 1]) {
    let mut one = One::with_live(recipe(), "");
    one.types(&lines(["gangway rollout /mnt/gangway ring 50 --apply"]));
    for (from, to) in [
        (r"\payloads\mde'", r"\payloads-next'"),
        (r"\reports'", r"\reports-next'"),
    ] {
        one.office.change_config(from, to);
    }
    for name in ["share-next", "reports-next"] {
        fs::create_dir(one.office.path(name)).unwrap();
    }
    one.types(&server.block());
    let next = one.knows("next", "next");
    insta::assert_snapshot!("another_file_server", one.story.chapter());
    // The switch moved along, and the payloads are the same.
    let share = one.office.path("share-next");
    let before = one.domain().payloads().join("mde");
    for name in ["rollout.json", "control.json"] {
        let [old, new] = [&before, &share].map(|folder| fs::read(folder.join(name)).unwrap());
        assert!(old == new, "{name}");
    }
    let release = format!("releases/{}", next.release_id());
    let [old, new] = [&before, &share].map(|folder| tree(&folder.join(&release)).unwrap());
    assert!(!new.is_empty() && old == new);
}

pub(super) fn config_or_lock_are_gone([gone]: &mut [Chapter; 1]) {
    let one = One::with_live(recipe().with("onboard", "device_tag = 'lab'"), "");
    one.looks(&gone.block());
    let config = |folder: &str| {
        let path = one.office.path(folder).join("gangway.toml");
        let text = fs::read_to_string(path).unwrap();
        // The first lines say where it comes from.
        text.split_once("\n\n").unwrap().1.to_owned()
    };
    for folder in ["again-from-share", "again-from-domain"] {
        assert_eq!(config(folder), config("again"), "{folder}");
    }
    let downloads = one.office.path("again/downloads");
    copy_files(&one.office.path("downloads"), &downloads);
    one.looks(&gone.block());
    let [bundle, again] = ["bundle", "bundle-again"].map(|name| {
        let mut files = tree(&one.office.path(name)).unwrap();
        // One is signed.
        files.retain(|name, _| !name.ends_with(".exe"));
        files
    });
    assert!(bundle == again);
}
