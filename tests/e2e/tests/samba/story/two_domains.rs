//! The story of two domains with one payload share, as docs/operations.md has it: its chapters "A further
//! domain" and "The end" are typed line by line, with what happens between them.
//!
//! The domains are forests of their own; the first one trusts the other, as its file server has to where
//! computers of both read one share. Who publishes to the further domain writes to the share with an account
//! of that domain. That its computers read there with their own accounts is shown by the test of the
//! runbook's permissions (`further`): emulated servers read the share's folder, not by SMB.

use gangway_e2e::Os;
use gangway_e2e::samba::{Domain, Names};

use super::fleet::Story;
use crate::further::{let_administrators_publish, sid_of};
use crate::model::recipe;
use crate::operations::{Chapter, Office, lines};
use crate::payloads::with_folder_in;
use crate::{everything, text};

struct Both {
    story: Story,
    office: Office,
}

impl Both {
    fn begin() -> Self {
        let (first, further) = Domain::start_with_further().unwrap();
        let_administrators_publish(&first, &sid_of(&first, further.names().name));
        let domains = vec![with_folder_in(first), further];
        let office = Office::open(&domains, recipe().with("onboard", "device_tag = 'lab'"));
        let servers = [("alpha", 0, Os::Server2022), ("epsilon", 1, Os::Server2019)];
        Self {
            story: Story::begin(domains, &servers),
            office,
        }
    }

    fn first(&self) -> &Domain {
        &self.story.domains[0]
    }

    fn names(&self) -> [&'static Names; 2] {
        [0, 1].map(|number: usize| self.story.domains[number].names())
    }

    #[track_caller]
    fn types<const COUNT: usize>(&self, typed: [&str; COUNT]) {
        self.office.types(self.first(), &lines(typed));
    }

    fn types_for(&self, names: &Names, typed: &[String]) -> String {
        self.office.types_for(self.first(), names, typed)
    }

    /// Builds with a sequence of its own and signs, as `out`.
    fn builds(&mut self, word: &'static str, out: &str) {
        let build = format!("gangway build -c gangway.toml --out {out}");
        let sign = format!("gangway sign {out} -c gangway.toml");
        self.types([&build, &sign]);
        self.knows(word, out);
    }

    fn knows(&mut self, word: &'static str, out: &str) {
        let bundle = self.office.bundle(out);
        self.story.knows(word, &bundle);
    }
}

pub(crate) fn story([further, end]: &mut [Chapter; 2]) {
    let mut both = Both::begin();
    let [lab, emea] = both.names();

    both.builds("first", "bundle");
    both.types(["gangway publish bundle -c gangway.toml --user admin@contoso.com --link OU=Pilot,DC=contoso,DC=com --enable-links --apply"]);
    insta::assert_snapshot!("first_domain_is_in", both.story.chapter());

    let before = everything(both.first());
    let known = both.office.bundle("bundle");
    let program = std::fs::read(known.exe()).unwrap();
    both.office.add_to_config(&further.config());
    let typed = further.block();
    both.office.types(both.first(), &typed);
    let built = both.office.bundle("bundle");
    assert_eq!((built.id(), built.exe()), (known.id(), known.exe()));
    assert!(std::fs::read(built.exe()).unwrap() == program);
    insta::assert_snapshot!("further_domain_is_in", both.story.chapter());
    assert!(everything(both.first()) == before);

    both.office.change_config("'lab'", "'changed'");
    both.builds("second", "next");
    let publish = ["gangway publish next -c gangway.toml --user admin@contoso.com --apply"];
    both.types_for(lab, &lines(publish));
    both.types_for(emea, &lines(publish));
    insta::assert_snapshot!("changed_in_both", both.story.chapter());

    // What is live is called `bundle`.
    both.types(["rm -r bundle", "mv next bundle"]);
    let before = everything(both.first());
    let back =
        ["gangway publish bundle -c gangway.toml --user admin@contoso.com --rollback --apply"];
    both.types_for(emea, &lines(back));
    insta::assert_snapshot!("rolled_back_in_one", both.story.chapter());
    let typed = further.block();
    both.office.types(both.first(), &typed);
    insta::assert_snapshot!("further_domain_has_left", both.story.chapter());
    assert!(everything(both.first()) == before);

    ends(&mut both, end);
}

/// The last campaign, for all that ever ran a bootstrap, and the end of one domain after the other.
fn ends(both: &mut Both, end: &mut Chapter) {
    let [lab, emea] = both.names();
    let build = end.up_to("gangway publish");
    both.office.types(both.first(), &build);
    both.knows("last", "last");
    let publish = end.up_to("gangway report");
    both.types_for(lab, &publish);
    both.types_for(emea, &publish);
    // The Deploy policy that it takes the place of, with its links, is no more there.
    both.types_for(emea, &lines(["gangway publish last -c gangway.toml --user admin@contoso.com --link OU=Pilot,DC=emea,DC=contoso,DC=com --enable-links --apply"]));
    insta::assert_snapshot!("servers_of_both_are_clean", both.story.chapter());
    let servers = format!("alpha.{}\nepsilon.{}\n", lab.name, emea.name);
    std::fs::write(both.office.path("servers.csv"), servers).unwrap();
    for report in end.block() {
        let output = both.office.run(both.first(), &report);
        let said = text(&output);
        assert!(output.status.success(), "{report}: {said}");
    }

    let retire = end.block();
    both.types_for(lab, &retire);
    insta::assert_snapshot!("nothing_of_the_first_domain_is_left", both.story.chapter());
    both.types_for(emea, &retire);
    insta::assert_snapshot!("nothing_is_left", both.story.chapter());
}
