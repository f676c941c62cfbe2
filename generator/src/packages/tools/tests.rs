//! Every file as it is written, with and without an offboarding bundle, and with values that want to
//! be code.

use gangway_contract::manifest::Settings;
use gangway_contract::{BundleId, Sha256};

use super::*;

/// What a document may hold of text, and a language may take for its own.
const HOSTILE: &str =
    "O'Neill \u{2019}; calc #\n$(calc) `r \"x\" {{ lookup('pipe', 'id') }} {% raw %} #> : é 東";

fn deployment(organization: &str, offboards: bool) -> Deployment {
    Deployment {
        organization: organization.to_owned(),
        bundle_id: BundleId::of_bytes(b"onboard"),
        sequence: 7,
        tenant: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
        program: Program {
            name: format!("MdeOnboard-{}.exe", BundleId::of_bytes(b"onboard")),
            sha256: Sha256::of(b"onboard"),
        },
        runtime_minutes: 120,
        removal: offboards.then(|| Removal {
            bundle_id: BundleId::of_bytes(b"offboard"),
            program: Program {
                name: format!("MdeOffboard-{}.exe", BundleId::of_bytes(b"offboard")),
                sha256: Sha256::of(b"offboard"),
            },
            expires_at: 1_777_000_000,
        }),
    }
}

fn every_file(of: &Deployment) -> Vec<ToolFile> {
    [configuration_manager, ansible, dsc]
        .into_iter()
        .flat_map(|make| make(of).unwrap())
        .collect()
}

fn is_powershell(file: &ToolFile) -> bool {
    file.name.ends_with(".ps1")
}

#[test]
fn every_file_as_it_is_written() {
    for file in every_file(&deployment("Contoso", true)) {
        insta::assert_snapshot!(file.name, file.content);
    }
}

#[test]
fn without_an_offboarding_bundle_nothing_offboards() {
    let files = every_file(&deployment("Contoso", false));
    assert!(files.iter().all(|file| !file.name.starts_with("Offboard")));
    for file in files {
        let says =
            file.content.contains("MdeOffboard") || file.content.contains("UninstallCommand");
        assert!(!says, "{}: {}", file.name, file.content);
        if file.name == "Import-Application.ps1" {
            assert!(file.content.contains("cannot be uninstalled"));
            insta::assert_snapshot!("Import-Application.ps1 alone", file.content);
        }
    }
}

#[test]
fn powershell_gets_ascii_and_lines_that_end_alike() {
    for file in every_file(&deployment(HOSTILE, true)) {
        if is_powershell(&file) {
            assert!(file.content.is_ascii(), "{}", file.name);
        }
        assert!(!file.content.contains('\r') && file.content.ends_with('\n'));
        let trailing = file.content.lines().find(|line| line.ends_with(' '));
        assert_eq!(trailing, None, "{}", file.name);
    }
}

/// Every script as the grammar of PowerShell sees it.
fn parsed(text: &str) -> tree_sitter::Tree {
    let mut parser = tree_sitter::Parser::new();
    let grammar = tree_sitter_powershell::LANGUAGE.into();
    parser.set_language(&grammar).unwrap();
    parser.parse(text, None).unwrap()
}

/// Kinds of all nodes, but those of texts.
fn shape(text: &str) -> Vec<String> {
    let tree = parsed(text);
    let mut kinds = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        assert!(
            !node.is_error() && !node.is_missing(),
            "{:?}: {}",
            node.start_position(),
            &text[node.byte_range()]
        );
        kinds.push(node.kind().to_owned());
        open.extend((0..node.child_count()).filter_map(|index| node.child(index)));
    }
    kinds
}

#[test]
fn every_script_is_powershell_whatever_the_organisation_is_called() {
    for offboards in [true, false] {
        for name in ["Contoso", HOSTILE, "'", "a'b", "${x}", "@'\n"] {
            for file in every_file(&deployment(name, offboards)) {
                if is_powershell(&file) {
                    shape(&file.content);
                }
            }
        }
    }
}

#[test]
fn a_name_that_wants_to_be_code_changes_no_statement() {
    // In ASCII, so that both are one literal.
    let names = [
        "Contoso",
        "'; calc; '",
        "$(calc)",
        "`'; calc #",
        "{{ calc }}",
    ];
    let shapes = names.map(|name| {
        let files = every_file(&deployment(name, true));
        let scripts = files.into_iter().filter(is_powershell);
        scripts.map(|file| shape(&file.content)).collect::<Vec<_>>()
    });
    assert!(shapes.iter().all(|one| *one == shapes[0]));
}

#[test]
fn the_grammar_finds_what_is_no_powershell() {
    let tree = parsed("if ($x -eq { 'a' }");
    assert!(tree.root_node().has_error());
}

#[test]
fn a_run_may_take_as_long_as_its_own_limits() {
    let root = r"\\files.contoso.com\gangway$".parse().unwrap();
    let mut settings = Settings::with_release_root(root);
    // 600 s of jitter, 180 of fetching, 900 and 600 at the end; 4500 for each installer.
    assert_eq!(runtime_minutes(&settings, 0), 38);
    assert_eq!(runtime_minutes(&settings, 2), 188);
    settings.install_limit_s = u32::MAX;
    assert_eq!(runtime_minutes(&settings, usize::MAX), 720);
    settings.jitter_s = 0;
    settings.script_limit_s = 0;
    settings.verify_wait_s = 0;
    settings.fetch_retries = 0;
    assert_eq!(runtime_minutes(&settings, 0), 15);
}
