//! The GPOs of a bundle, judged from outside: by schema, by reader, by comparison.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests say what went wrong by panicking"
)]

mod deploy;
mod diff;
mod foreign;
mod lint;
mod real_findings;
mod real_samples;
mod robust;
mod schema;
mod settings;

use gangway::policies::{DeployOptions, GpoFiles};
use gangway_contract::BundleId;

/// Options of the sample organisation.
fn options() -> DeployOptions {
    let bundle = BundleId::of_bytes(b"manifest");
    DeployOptions::new(
        "Contoso".to_owned(),
        "contoso.com".parse().unwrap(),
        bundle.clone(),
        format!("MdeOnboard-{bundle}.exe"),
        1_769_846_709,
    )
}

/// A manifest whose bootstrap decides on passive mode.
fn manifest_with_auto() -> Vec<u8> {
    use gangway_contract::manifest::{Cloud, Connectivity, Mode, SCHEMA, Settings, Tenant};
    use gangway_contract::{Manifest, ReleaseId, Sha256};
    Manifest {
        schema: SCHEMA,
        mode: Mode::Onboard,
        organization: "Contoso".to_owned(),
        sequence: 1,
        tenant: Tenant {
            org_id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
            cloud: Cloud::Commercial,
            connectivity: Connectivity::Streamlined,
            endpoints: Vec::new(),
            script_shape: None,
        },
        expires_at: None,
        release_id: ReleaseId::of_bytes(b"payloads"),
        stub: Sha256::of(b"stub"),
        payloads: Vec::new(),
        settings: Settings::with_release_root(r"\\files.contoso.com\gangway$".parse().unwrap()),
        lab_roots: Vec::new(),
    }
    .to_bytes()
}

/// The one file whose path ends so.
#[track_caller]
fn file<'a>(gpo: &'a GpoFiles, end: &str) -> &'a [u8] {
    let mut found = gpo.files.iter().filter(|file| file.path.ends_with(end));
    let first = found.next().unwrap_or_else(|| panic!("no file `{end}`"));
    assert!(
        found.all(|other| other.bytes == first.bytes),
        "several files `{end}` that differ"
    );
    &first.bytes
}
