//! Seeds of the documents: written by the product's own writers.

use gangway::bundle::{BundleDocument, Exe, FileDigest, Remark, Tool};
use gangway::formats::security::SecurityDescriptor;
use gangway::gpo::DomainName;
use gangway::gpo::backup::BackupDocument;
use gangway::intake::lock::{BuiltBundle, Lock, LockedDownload};
use gangway::policies::{DeployOptions, GpoFiles, SettingsOptions, deploy, settings};
use gangway::recipe::Recipe;
use gangway_contract::manifest::{Cloud, Connectivity, Mode, Settings, Tenant};
use gangway_contract::{
    BundleId, Control, Facts, Manifest, ReleaseId, Report, Rollout, Sha256, State, UtcTime,
    manifest, report,
};
use gangway_fixtures::hostile::{RawEntry, RawZip};

use super::Seeds;

const DOMAIN: &str = "contoso.com";
const TIME: i64 = 1_769_846_709;

fn bundle_id() -> BundleId {
    BundleId::of_bytes(b"manifest")
}

fn named(name: &str, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.into())
}

/// `gangway.toml`, small and whole.
pub fn configs() -> Seeds {
    vec![
        named(
            "sample",
            include_bytes!("../../../samples/contoso/gangway.toml"),
        ),
        named(
            "written-by-init",
            include_bytes!("../../../templates/gangway.toml"),
        ),
    ]
}

/// `gangway.lock`.
pub fn locks() -> Seeds {
    let mut lock = Lock::default();
    let empty = lock.to_text();
    lock.remember(BuiltBundle {
        mode: gangway::goal::Goal::Onboard,
        sequence: 7,
        manifest_sha256: Some(Sha256::of(b"rest")),
        bundle_json_sha256: Some(Sha256::of(b"bundle.json")),
    });
    for name in ["unified agent", "hotfix KB2999226 Windows8.1 x64"] {
        lock.downloads.push(LockedDownload {
            name: name.to_owned(),
            sha256: Sha256::of(name.as_bytes()),
            size: 7,
            version: Some("4.18.25020.1009".to_owned()),
            signer: Some("CN=Microsoft Corporation".to_owned()),
            signatures: vec!["signature 1: SHA-256 by CN=x".to_owned()],
            remarks: vec!["x".to_owned()],
            blob: Some(Sha256::of(b"blob")),
            first_seen: "2026-11-01T00:00:00Z".to_owned(),
        });
    }
    vec![named("empty", empty), named("two", lock.to_text())]
}

/// Host report, manifest, control document and bundle document.
pub fn json_documents() -> Seeds {
    let manifest = Manifest {
        schema: manifest::SCHEMA,
        mode: Mode::Onboard,
        organization: "Contoso".to_owned(),
        sequence: 1,
        tenant: Tenant {
            org_id: "01234567-89ab-cdef-0123-456789abcdef"
                .parse()
                .expect("a tenant"),
            cloud: Cloud::Commercial,
            connectivity: Connectivity::Streamlined,
            endpoints: Vec::new(),
            script_shape: None,
        },
        expires_at: None,
        release_id: ReleaseId::of_bytes(b"payloads"),
        stub: Sha256::of(b"stub"),
        payloads: Vec::new(),
        settings: Settings::with_release_root(
            r"\\files.contoso.com\gangway$".parse().expect("a UNC path"),
        ),
        lab_roots: Vec::new(),
    };
    let report = Report {
        schema: report::SCHEMA,
        bundle_id: bundle_id(),
        release_id: ReleaseId::of_bytes(b"payloads"),
        sequence: 1,
        mode: Mode::Onboard,
        method: Some(manifest::ApplyMethod::Native),
        script_shape: None,
        runner_version: "0.1.0".to_owned(),
        exe_signature: "unsigned".to_owned(),
        fqdn: "srv1.contoso.com".to_owned(),
        machine_sid: Some("S-1-5-21-1-2-3-1000".to_owned()),
        started_at: UtcTime::from_filetime(134_000_000_000_000_000),
        finished_at: UtcTime::from_filetime(134_000_000_600_000_000),
        state: State::Onboarded,
        reason: "done".to_owned(),
        detail: "nothing left to do".to_owned(),
        next_action: "none".to_owned(),
        exit_code: 0,
        plan: Vec::new(),
        steps: Vec::new(),
        signatures: Vec::new(),
        findings: vec!["a finding".to_owned()],
        health: Some(gangway_contract::health::judge(&manifest, &Facts::default()).into()),
        connectivity: Some(gangway_contract::connectivity::Checks::default()),
        blockers: vec![report::ReportedBlocker::new(
            gangway_contract::Reason::DiskFull,
            "1 byte is free".to_owned(),
        )],
        facts_before: Facts::default(),
        facts_after: Facts::default(),
    };
    let bundle = BundleDocument {
        schema: gangway::bundle::SCHEMA,
        bundle_id: bundle_id(),
        release_id: ReleaseId::of_bytes(b"payloads"),
        sequence: 1,
        mode: Mode::Onboard,
        organization: "Contoso".to_owned(),
        organization_id: Some("contoso".to_owned()),
        exclude_group: None,
        output_time: TIME,
        tool: Tool {
            name: "gangway".to_owned(),
            version: "0.1.0".to_owned(),
        },
        exe: Exe {
            path: "bootstrap/MdeOnboard.exe".to_owned(),
            unsigned_size: 1,
            unsigned_sha256: Sha256::of(b"exe"),
            authenticode_sha256: Sha256::of(b"content"),
            stub_version: "0.1.0".to_owned(),
            stub_sha256: Sha256::of(b"stub"),
        },
        inputs: Vec::new(),
        remarks: vec![Remark {
            code: "GW1227".to_owned(),
            subject: "downloads/a.cmd".to_owned(),
            message: "text".to_owned(),
            evidence: vec!["line 2".to_owned()],
        }],
        files: vec![FileDigest {
            path: "runbook.html".to_owned(),
            size: 1,
            sha256: Sha256::of(b"runbook"),
        }],
    };
    let recipe = Recipe {
        schema: gangway::recipe::SCHEMA,
        tool: bundle.tool.clone(),
        stub_version: "0.1.0".to_owned(),
        output_time: TIME,
        config_sha256: Sha256::of(b"config"),
        config: "[organization]\nname = \"Contoso\"\n".to_owned(),
        withheld: vec!["gpo.settings.role".to_owned()],
        lab_roots: vec!["AAAA".to_owned()],
        blob_roots: Vec::new(),
        downloads: Vec::new(),
        manifest: manifest.clone(),
    };
    vec![
        named("manifest", manifest.to_bytes()),
        named("report", report.to_bytes()),
        named("control", Control::OPEN.to_bytes()),
        named("rollout", Rollout::NONE.to_bytes()),
        named("bundle", bundle.to_bytes()),
        named("recipe", recipe.to_bytes()),
    ]
}

fn gpos() -> Vec<GpoFiles> {
    let domain: DomainName = DOMAIN.parse().expect("a domain");
    let organization = || "Contoso".to_owned();
    let exe = format!("MdeOnboard-{}.exe", bundle_id());
    let deploying = DeployOptions::new(organization(), domain.clone(), bundle_id(), exe, TIME);
    let mut setting = SettingsOptions::new(organization(), domain, bundle_id(), TIME);
    setting.device_tag = Some("tag".to_owned());
    let mut gpos = vec![deploy(&deploying).expect("good options")];
    gpos.extend(settings(&setting).expect("good options"));
    gpos
}

/// Every file of the two GPOs, XML or not.
fn gpo_files(xml: bool) -> Seeds {
    let mut seeds = Vec::new();
    for (number, gpo) in gpos().into_iter().enumerate() {
        for file in gpo.files {
            let name = file.path.replace('/', "-");
            if name.to_ascii_lowercase().ends_with(".xml") == xml && !file.bytes.is_empty() {
                seeds.push((format!("{number}-{name}"), file.bytes));
            }
        }
    }
    seeds
}

/// The XML files of GPO backups and of SYSVOL.
pub fn gpo_xml_files() -> Seeds {
    gpo_files(true)
}

/// The others, with what stands inside XML files and directory objects.
pub fn gpo_binary_files() -> Seeds {
    let descriptor = gpo_files(true)
        .iter()
        .find_map(|(_, bytes)| BackupDocument::read(bytes).ok())
        .expect("a backup document")
        .security_descriptor;
    let mut seeds = gpo_files(false);
    seeds.push(named("descriptor", descriptor));
    seeds.extend(
        gpos()
            .iter()
            .map(|gpo| named("parm2", gpo.wmi_filter.parm2())),
    );
    seeds
}

/// Results as the analyzer writes them, in cultures that write their times otherwise, and packed.
pub fn analyzer_results() -> Seeds {
    let result = |time: &str| {
        format!(
            "<MDEResults><general><scriptRunTime><value>{time}</value></scriptRunTime></general>\
             <devInfo><deviceName><value>SRV1</value></deviceName></devInfo><AVCompInfo>\
             <DefenderState displayName=\"Defender AV mode\"><value>Active</value></DefenderState>\
             </AVCompInfo><events><event id=\"1\"><severity>Error</severity><check>x</check>\
             <checkresult>&lt;b&gt;y&lt;/b&gt;</checkresult></event></events></MDEResults>"
        )
    };
    let english = result("28/11/2026 8:21:33 AM +01:00");
    let name = "SystemInfoLogs\\MDEClientAnalyzer.xml";
    vec![
        named("german", result("28.11.2026 8:21:33  +01:00")),
        named("thai", result("28/11/2569 20:21:33 +07:00")),
        named(
            "archive",
            RawZip::new()
                .with(&RawEntry::stored(name.as_bytes(), english.as_bytes()))
                .finish(),
        ),
        named("english", english),
    ]
}

/// Daily counts as a prune leaves them, and with a reason of a later version.
pub fn histories() -> Seeds {
    vec![
        named(
            "history",
            "day,state,reason,servers\n2026-03-01,blocked,other,1\n2026-03-02,onboarded,converged,2\n",
        ),
        named(
            "later",
            "day,state,reason,servers\r\n\"2026-03-01\",onboarded,not-known-yet,18446744073709551615\r\n",
        ),
    ]
}

/// Lists of servers and of owners, and descriptors in the wrappings of a file server.
pub fn owners() -> Seeds {
    let owner = "S-1-5-21-1-2-3-1105".parse().expect("a SID");
    let descriptor = SecurityDescriptor {
        owner: Some(owner),
        ..SecurityDescriptor::default()
    };
    let descriptor = descriptor.to_bytes();
    // Version 1 of the attribute has the offsets count from 8 bytes before the header.
    let mut ntacl = vec![1, 0, 1, 0, 0, 0, 2, 0];
    ntacl.extend_from_slice(&descriptor);
    ntacl[12] += 8;
    let digits: String = ntacl.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        named("descriptor", descriptor),
        named("ntacl", ntacl),
        named("sddl", "O:S-1-5-21-1-2-3-1105G:BAD:"),
        named(
            "getfattr",
            format!("# file: a.json\nsecurity.NTACL=0x{digits}\n"),
        ),
        named(
            "showacls",
            "FILENAME:a.json\nMODE:A\n\tOwner SID:\tS-1-5-21-1-2-3-1105\n",
        ),
        named("export", "Name,Sddl\r\na.json,\"O:SYG:SYD:\"\r\n"),
        named(
            "servers",
            "DN,sAMAccountName,objectSid\r\n\"CN=A,DC=b\",A$,X'010100000000000512000000'\r\n",
        ),
        named(
            "ldif",
            "dn: CN=A,DC=b\nobjectSid:: AQEAAAAAAAUSAAAA\ncn: A\n\n",
        ),
    ]
}

/// A key of P-256 that has signed nothing: its other half was thrown away.
pub const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgbq/Dh8IqCdaGYasB14NmHELGW0l\n\
    oqtNRJcq/65qGHWN9xt1Cwn1CMmshIJkQmA1TtZfvF2FkoRSntfAPfHnoQ==\n\
    -----END PUBLIC KEY-----\n";

/// A file of statements, one statement, and a key.
pub fn attestations() -> Seeds {
    let envelope = "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\
                    \"signatures\":[{\"keyid\":\"\",\"sig\":\"MAA=\"}]}\n";
    let statement = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\",\
                     \"digest\":{\"sha256\":\"00\"}}],\"predicateType\":\"x\",\"predicate\":{}}";
    let named = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    vec![
        named("envelopes", &envelope.repeat(2)),
        named("statement", statement),
        named("key", PUBLIC_KEY),
    ]
}
