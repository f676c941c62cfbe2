//! Onboarding and offboarding beside each other in one domain.

use gangway_e2e::required;
use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain};

use super::model::{recipe, task_only};
use super::{PROBLEMS, everything, text};

#[test]
fn a_task_that_undoes_a_live_one_is_refused_where_they_meet() {
    let domain = Domain::start().unwrap();
    let folder = required::path(required::FIXTURES)
        .unwrap()
        .join("variants/offboarding");
    let off = recipe()
        .with_downloads(&[&folder])
        .with_mode("offboard")
        .bundle()
        .unwrap();
    let on = task_only();
    let servers = format!("OU=Servers,{DN}");
    let other = format!("OU=Leaving,{DN}");
    domain
        .change(&format!(
            "dn: {other}\nchangetype: add\nobjectClass: organizationalUnit\n"
        ))
        .unwrap();
    domain
        .published(on.folder(), &["--link", &servers, "--enable-links"])
        .unwrap();

    // In the same unit, and above it.
    let before = everything(&domain);
    for place in [&servers, DN] {
        let arguments = ["--apply", "--link", place, "--enable-links"];
        let output = domain
            .publish(off.folder(), ADMINISTRATOR, &arguments)
            .unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(PROBLEMS), "{said}");
        assert!(
            said.contains("GW3125") && said.contains("OU=Servers"),
            "{said}"
        );
        assert_eq!(everything(&domain), before);
    }
    // Beside it.
    domain
        .published(off.folder(), &["--link", &other, "--enable-links"])
        .unwrap();
    // And the other way round.
    let output = domain
        .publish(on.folder(), ADMINISTRATOR, &["--apply", "--link", DN])
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(PROBLEMS), "{said}");
    assert!(
        said.contains("GW3125") && said.contains("OU=Leaving"),
        "{said}"
    );
}
