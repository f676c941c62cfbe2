//! What `inspect` prints, whole: every signature of a file and every remark, for files of known
//! and unknown kinds, as text and as JSON.

use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{Encoding, MsiSigned, Signature, sign_pe, sign_script};
use gangway_fixtures::pe::{self, Version};
use gangway_fixtures::updates::UpdateSpec;

use crate::desk::{Desk, NOW};

fn desk() -> Desk {
    let desk = Desk::empty();
    let program = |name: &str, signature: &Signature| {
        let unsigned = pe::program(&Version::new(name, "Contoso Tool", [3, 1, 4, 1]), 0);
        sign_pe(&unsigned, signature)
    };
    let package_without_metadata = AgentSpec {
        product_name: "Contoso Agent".to_owned(),
        signing: Some((MsiSigned::ContentOnly, Signature::default())),
        ..AgentSpec::default()
    };
    let greeting = "Write-Host 'Gr\u{fc}\u{df}e'\r\n";
    for (name, bytes) in [
        (
            "Windows8.1-KB2999226-x64.msu",
            UpdateSpec::for_2012_r2(2_999_226).bytes(),
        ),
        ("old.exe", program("old.exe", &Signature::of_2010())),
        ("two.exe", program("two.exe", &Signature::of_2015())),
        ("package.msi", package_without_metadata.bytes()),
        (
            "greeting.ps1",
            sign_script(greeting, Encoding::Ansi, &Signature::default().unstamped()),
        ),
    ] {
        desk.put(&format!("downloads/{name}"), &bytes);
    }
    desk
}

#[test]
fn inspect_tells_every_signature_and_every_remark() {
    let run = desk().run(&["inspect", "-c", "gangway.toml", "--as-of", NOW, "downloads"]);
    insta::assert_snapshot!("inspect_text", run.out);
}

#[test]
fn the_json_of_inspect_has_the_same_facts() {
    let run = desk().run(&[
        "inspect",
        "-c",
        "gangway.toml",
        "--as-of",
        NOW,
        "--json",
        "downloads",
    ]);
    insta::assert_snapshot!("inspect_json", run.out);
}
