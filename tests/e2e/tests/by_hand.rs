//! The documented procedures by hand, without the product, on the emulated servers: shows
//! that sample downloads, stand-ins and servers fit together, so that a failure of another
//! suite is the product's.

use gangway_e2e::{Os, Sense, Server, required};
use gangway_fixtures::blob::{BlobSpec, ORG_ID};
use gangway_fixtures::portal::ONBOARDING_SCRIPT;
use gangway_fixtures::script::{ScriptSpec, Variant};

const CMD: &str = r"C:\windows\system32\cmd.exe";
const MSIEXEC: &str = r"C:\windows\system32\msiexec.exe";
const POWERSHELL: &str = r"C:\windows\system32\WindowsPowerShell\v1.0\powershell.exe";
const STATUS: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
const SENSE: &str = r"System\CurrentControlSet\Services\Sense";
/// 2049-12-01 00:00:00 UTC.
const FAR_FUTURE: i64 = 2_522_016_000;

fn download(name: &str) -> Vec<u8> {
    let path = required::path(required::FIXTURES)
        .expect("the samples")
        .join("downloads")
        .join(name);
    std::fs::read(&path).expect("a sample")
}

fn onboarding_script() -> Vec<u8> {
    ScriptSpec::default().bytes()
}

#[test]
fn the_onboarding_script_onboards_2022() {
    let server = Server::new(Os::Server2022)
        .with_file("g/on.cmd", &onboarding_script())
        .build()
        .unwrap();
    let run = server.run(CMD, &["/d", "/c", r"C:\g\on.cmd"]).unwrap();
    assert_eq!(run.exit_code, 0, "{run:?}");
    let registry = server.registry().unwrap();
    assert_eq!(registry.text(STATUS, "OrgId"), Some(ORG_ID));
    assert_eq!(registry.number(STATUS, "OnboardingState"), Some(1));
    assert_eq!(registry.number(SENSE, "Start"), Some(2));
}

#[test]
fn the_install_script_installs_and_onboards_2016_and_refuses_a_second_time() {
    let server = Server::new(Os::Server2016)
        .with_file("g/Install.ps1", &download("Install.ps1"))
        .with_file("g/md4ws.msi", &download("md4ws.msi"))
        .with_file(&format!("g/{ONBOARDING_SCRIPT}"), &onboarding_script())
        .build()
        .unwrap();
    let script = format!(r"C:\g\{ONBOARDING_SCRIPT}");
    let arguments = ["-File", r"C:\g\Install.ps1", "-OnboardingScript", &script];
    let run = server.run(POWERSHELL, &arguments).unwrap();
    assert_eq!(run.exit_code, 0, "{run:?}");
    let again = server.run(POWERSHELL, &arguments).unwrap();
    assert_eq!(again.exit_code, 35, "onboarded servers are refused");
    let registry = server.registry().unwrap();
    assert_eq!(registry.text(STATUS, "OrgId"), Some(ORG_ID));
    assert_eq!(registry.number(SENSE, "Start"), Some(2));
}

#[test]
fn the_install_script_refuses_2022() {
    let server = Server::new(Os::Server2022)
        .with_file("g/Install.ps1", &download("Install.ps1"))
        .with_file("g/md4ws.msi", &download("md4ws.msi"))
        .build()
        .unwrap();
    let run = server
        .run(POWERSHELL, &["-File", r"C:\g\Install.ps1"])
        .unwrap();
    assert_eq!(run.exit_code, 10);
}

#[test]
fn the_agent_package_installs_is_ordered_to_fail_and_is_removed() {
    let server = Server::new(Os::Server2012R2)
        .with_file("g/md4ws.msi", &download("md4ws.msi"))
        .with_registry(r"Software\GangwayTest", "MsiResult", "3010")
        .build()
        .unwrap();
    let package = |verb: &str| {
        let run = server
            .run(MSIEXEC, &[verb, r"C:\g\md4ws.msi", "/qn"])
            .unwrap();
        run.exit_code
    };
    assert_eq!(package("/i"), 3010);
    let registry = server.registry().unwrap();
    assert_eq!(registry.number(SENSE, "Start"), Some(3));
    assert!(registry.has_key(r"System\CurrentControlSet\Services\WinDefend"));
    let delete = ["delete", r"HKLM\Software\GangwayTest", "/f"];
    let deleted = server.run(r"C:\windows\system32\reg.exe", &delete).unwrap();
    assert_eq!(deleted.exit_code, 0);
    assert_eq!(package("/x"), 0);
    assert!(!server.registry().unwrap().has_key(SENSE));
}

#[test]
fn the_offboarding_script_ends_the_sensor_of_its_own_tenant_only() {
    let offboarding = ScriptSpec {
        variant: Variant::Gpo,
        ..ScriptSpec::of(BlobSpec::offboarding(FAR_FUTURE))
    };
    let offboard_from = |blob: &BlobSpec| {
        let sense = Sense::Onboarded {
            blob: blob.json(),
            org_id: blob.org_id.clone(),
        };
        let server = Server::new(Os::Server2019)
            .with_sense(sense)
            .with_file("g/off.cmd", &offboarding.bytes())
            .build()
            .unwrap();
        let run = server.run(CMD, &["/d", "/c", r"C:\g\off.cmd"]).unwrap();
        let registry = server.registry().unwrap();
        (
            run.exit_code,
            registry.number(STATUS, "OnboardingState"),
            registry.number(SENSE, "Start"),
        )
    };
    assert_eq!(offboard_from(&BlobSpec::default()), (0, Some(0), Some(3)));
    assert_eq!(
        offboard_from(&BlobSpec::other_tenant()),
        (70, Some(1), Some(2))
    );
}
