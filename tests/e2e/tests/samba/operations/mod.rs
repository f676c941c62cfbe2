//! `docs/operations.md` is the story for people: what it gives to type is typed here, in its order, against
//! live domains. Names are replaced, and what a lab needs is added (where the password is, the lab's root
//! and stub), nothing else. Commands that ask no server are typed along; test `session::operations` of the
//! generator holds more of what they do.

mod chapters;
mod document;
mod office;

pub(crate) use document::Chapter;
use document::asks_a_server;
pub(crate) use office::{Office, lines};

/// Tests, with the chapters that each of them types to their ends.
macro_rules! typed {
    ($($test:ident = $story:path, [$($title:literal),+];)+) => {
        $(
            #[test]
            fn $test() {
                let mut chapters = [$(Chapter::of($title)),+];
                $story(&mut chapters);
                for chapter in &chapters {
                    chapter.assert_typed();
                }
            }
        )+
        const TYPED: &[&str] = &[$($($title),+),+];
    };
}

typed! {
    story_of_two_domains = super::story::of_two_domains, ["A further domain", "The end"];
    less_in_the_config_and_back = chapters::less_and_back,
        ["Less in the config", "Back by more than one publication"];
    some_servers_off = chapters::some_servers_off, ["Some servers off"];
    another_tenant = chapters::another_tenant, ["Another tenant"];
    another_file_server = chapters::another_file_server, ["Another file server"];
    config_or_lock_are_gone = chapters::config_or_lock_are_gone, ["Config or lock are gone"];
}

/// Chapters that ask a server and are not typed, with the reason.
const NOT_TYPED: &[(&str, &str)] = &[];

#[test]
fn every_chapter_that_asks_a_server_is_typed_or_has_a_reason_not_to_be() {
    for title in document::titles() {
        let asks = Chapter::of(&title).lines().any(|line| asks_a_server(line));
        let is_typed = TYPED.contains(&title.as_str());
        let is_excused = NOT_TYPED.iter().any(|(name, _)| *name == title);
        assert!(!(is_typed && is_excused), "{title}");
        assert_eq!(asks, is_typed || is_excused, "{title}");
    }
}
