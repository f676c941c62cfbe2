//! Packages of a bundle: what other programs read in them, and what Wine's installer does with them.
//!
//! Wine takes packages that Windows refuses, ignores both tables of access lists, has no
//! `_MSIExecute` (a stand-in holds it here) and runs commit actions though rollback is disabled: nothing here shows those. The
//! bootstrap refuses a folder below Program Files that others have access to, and under Wine the package
//! cannot protect it, so it is there before, as the package makes it on Windows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use gangway_e2e::{
    Bundle, Os, Packages, Program, Recipe, Server, Service, Target, program, required,
};

/// `ERROR_INSTALL_FAILURE`: what the installer answers to a refusal and after a rollback.
const REFUSED: i32 = 1603;

/// A sequence above that of the samples' bundle.
const LATER: u32 = 7;

fn bundle() -> Bundle {
    Recipe::of_samples()
        .and_then(|it| it.bundle())
        .expect("a bundle")
}

fn later_bundle() -> Bundle {
    let recipe = Recipe::of_samples().expect("samples");
    recipe.after_a_lost_lock(LATER).bundle().expect("a bundle")
}

/// What the package has to bring: the signed exe and every payload, by name.
fn expected(bundle: &Bundle) -> BTreeMap<String, Vec<u8>> {
    let exe = bundle.exe();
    let release = bundle
        .folder()
        .join("share/releases")
        .join(bundle.release_id());
    let payloads = bundle
        .payloads()
        .expect("a file of the bundle")
        .into_iter()
        .map(|name| release.join(name));
    payloads
        .chain([exe])
        .map(|path| {
            (
                name_of(&path),
                fs::read(&path).expect("a file of the bundle"),
            )
        })
        .collect()
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// Every file below a folder by its name.
fn found(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    if !folder.exists() {
        return BTreeMap::new();
    }
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("a folder").into_path())
        .filter(|path| path.is_file())
        .map(|path| (name_of(&path), fs::read(&path).expect("a file")))
        .collect()
}

fn names(files: &BTreeMap<String, Vec<u8>>) -> Vec<&String> {
    files.keys().collect()
}

fn run(command: &mut Command) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = program::run(command, &folder.path().join("run"), Duration::from_secs(60));
    let output = output.expect("it ends");
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

fn osslsigncode_verifies(file: &Path, config: &Path) {
    let root = config.with_file_name("lab").join("root.pem");
    let mut verify = Command::new(required::tool("osslsigncode").expect("osslsigncode"));
    verify
        .arg("verify")
        .arg("-CAfile")
        .arg(&root)
        .arg("-TSA-CAfile")
        .arg(&root);
    let said = run(verify.arg("-in").arg(file));
    assert!(said.contains("Succeeded"), "{said}");
}

#[test]
fn other_readers_find_the_bytes_that_were_packed() {
    let bundle = bundle();
    let packages = Packages::of(&bundle, &[]).unwrap();
    let expected = expected(&bundle);

    let into = packages.beside("msiextract");
    fs::create_dir(&into).unwrap();
    let mut extract = Command::new(required::tool("msiextract").unwrap());
    run(extract.arg("-C").arg(&into).arg(packages.msi()));
    let extracted = found(&into);
    assert_eq!(names(&extracted), names(&expected));
    assert!(extracted == expected, "msiextract gets other bytes");

    let mut tables = Command::new(required::tool("msiinfo").unwrap());
    let tables = run(tables.arg("tables").arg(packages.msi()));
    for table in [
        "MsiLockPermissionsEx",
        "Upgrade",
        "LaunchCondition",
        "CustomAction",
    ] {
        assert!(tables.lines().any(|line| line == table), "{tables}");
    }
    let mut summary = Command::new(required::tool("msiinfo").unwrap());
    let summary = run(summary.arg("suminfo").arg(packages.msi()));
    for line in [
        "Template: x64;0",
        "Version: 500 (1f4)",
        "Source: 2 (2)",
        "Security: 2 (2)",
    ] {
        assert!(summary.contains(line), "`{line}` is missing in: {summary}");
    }

    let cabinet = packages.cabinet();
    let mut test = Command::new(required::tool("cabextract").unwrap());
    run(test.arg("-t").arg(&cabinet));
    let mut test = Command::new(required::tool("cabextract").unwrap());
    run(test.arg("-t").arg(packages.payload_cabinet()));
    for reader in ["cabextract", "gcab", "7z"] {
        let into = packages.beside(reader);
        fs::create_dir(&into).unwrap();
        let mut command = Command::new(required::tool(reader).unwrap());
        match reader {
            "cabextract" => command.arg("-q").arg("-d").arg(&into),
            "gcab" => command.arg("-x").arg("-C").arg(&into),
            _ => command
                .args(["x", "-y", "-bd"])
                .arg(format!("-o{}", into.display())),
        };
        run(command.arg(&cabinet));
        assert!(found(&into) == expected, "{reader} gets other bytes");
    }
}

#[test]
fn osslsigncode_signs_and_verifies_exe_package_and_cabinets() {
    let bundle = bundle();
    let beside = Packages::of(&bundle, &["--sign"]).unwrap();
    let inside = Packages::of(&bundle, &["--sign", "--embed", "--format", "msi"]).unwrap();
    let config = bundle.config();
    for file in [
        bundle.exe(),
        beside.msi(),
        beside.payload_cabinet(),
        beside.cabinet(),
        inside.msi(),
    ] {
        osslsigncode_verifies(&file, &config);
    }
    let expected = expected(&bundle);
    let into = inside.beside("msiextract");
    fs::create_dir(&into).unwrap();
    let mut extract = Command::new(required::tool("msiextract").unwrap());
    run(extract.arg("-C").arg(&into).arg(inside.msi()));
    assert!(
        found(&into) == expected,
        "the signed package holds other bytes"
    );
}

#[test]
fn it_starts_the_bootstrap_once_and_is_repaired_and_removed_without_one() {
    let bundle = bundle();
    let packages = Packages::of(&bundle, &["--format", "msi"]).unwrap();
    let server = Server::new(Os::Server2022);
    let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
    let folder = target.installed(&bundle);
    let expected = expected(&bundle);

    let installed = target.msiexec("/i", "one", &[]).unwrap();
    let returned = SystemTime::now();
    assert_eq!(installed.exit_code, 0, "{installed:?}");
    assert!(found(&folder) == expected, "{:?}", names(&found(&folder)));
    let reported = target.wait_for_runs(1).unwrap();
    assert!(
        reported > returned,
        "the bootstrap ended before the installer"
    );
    let reports = target.reports().unwrap();
    assert_eq!(reports[0].state, "onboarded", "{:?}", reports[0]);

    let again = target.msiexec("/i", "one", &[]).unwrap();
    assert_eq!(again.exit_code, 0, "{again:?}");
    target.quiet(1).unwrap();

    fs::remove_file(folder.join("md4ws.msi")).unwrap();
    fs::write(folder.join("OnboardingInfo.json"), b"planted").unwrap();
    let repair = ["REINSTALL=ALL", "REINSTALLMODE=amus"];
    let repaired = target.msiexec("/i", "one", &repair).unwrap();
    assert_eq!(repaired.exit_code, 0, "{repaired:?}");
    assert!(found(&folder) == expected, "{:?}", names(&found(&folder)));
    target.quiet(1).unwrap();

    let removed = target.msiexec("/x", "one", &[]).unwrap();
    assert_eq!(removed.exit_code, 0, "{removed:?}");
    assert!(!folder.exists(), "the folder stays");
    target.quiet(1).unwrap();
    let registry = target.server.registry().unwrap();
    assert!(
        registry
            .text(r"Software\Gangway\Package", "BundleId")
            .is_none()
    );
}

/// No code page of the ANSI kind holds the name with the others' letters, so `latin_name` stands there.
#[test]
fn an_organisation_with_a_japanese_name_installs_by_its_latin_one() {
    let recipe = Recipe::of_samples().expect("samples");
    let bundle = recipe
        .with("organization", "name = 'コントソ株式会社'")
        .with("organization", "latin_name = 'Contoso K.K.'")
        .bundle()
        .expect("a bundle");
    let packages = Packages::of(&bundle, &["--format", "msi"]).unwrap();
    let asked = |what: &[&str]| {
        let mut command = Command::new(required::tool("msiinfo").unwrap());
        run(command.arg(what[0]).arg(packages.msi()).args(&what[1..]))
    };
    let summary = asked(&["suminfo"]);
    assert!(summary.contains("Author: Contoso K.K."), "{summary}");
    let properties = asked(&["export", "Property"]);
    assert!(
        properties.contains("Manufacturer\tContoso K.K."),
        "{properties}"
    );
    let server = Server::new(Os::Server2022);
    let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
    let installed = target.msiexec("/i", "one", &[]).unwrap();
    assert_eq!(installed.exit_code, 0, "{installed:?}");
    target.wait_for_runs(1).unwrap();
    assert!(found(&target.installed(&bundle)) == expected(&bundle));
}

#[test]
fn a_newer_package_takes_the_place_of_an_older_one_and_never_the_other_way() {
    let (old, new) = (bundle(), later_bundle());
    let old_packages = Packages::of(&old, &["--format", "msi"]).unwrap();
    let new_packages = Packages::of(&new, &["--format", "msi"]).unwrap();
    let packages = [("old", &*old_packages.msi()), ("new", &*new_packages.msi())];
    let target = Target::of(Server::new(Os::Server2022), &packages).unwrap();

    assert_eq!(target.msiexec("/i", "old", &[]).unwrap().exit_code, 0);
    target.wait_for_runs(1).unwrap();
    let upgraded = target.msiexec("/i", "new", &[]).unwrap();
    assert_eq!(upgraded.exit_code, 0, "{upgraded:?}");
    target.wait_for_runs(2).unwrap();
    assert!(!target.installed(&old).exists(), "the old one stays");
    assert!(found(&target.installed(&new)) == expected(&new));

    let downgraded = target.msiexec("/i", "old", &[]).unwrap();
    assert_eq!(downgraded.exit_code, REFUSED, "{downgraded:?}");
    assert!(!target.installed(&old).exists());
    assert!(found(&target.installed(&new)) == expected(&new));
    target.quiet(2).unwrap();
    let registry = target.server.registry().unwrap();
    let id = registry.text(r"Software\Gangway\Package", "BundleId");
    assert_eq!(id, Some(new.id()));
}

#[test]
fn a_workstation_is_refused_and_keeps_nothing() {
    let bundle = bundle();
    let packages = Packages::of(&bundle, &["--format", "msi"]).unwrap();
    let server = Server::new(Os::Workstation);
    let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
    let refused = target.msiexec("/i", "one", &[]).unwrap();
    assert_eq!(refused.exit_code, REFUSED, "{refused:?}");
    assert!(!target.installed(&bundle).exists());
    target.quiet(0).unwrap();
}

#[test]
fn an_installation_that_rolls_back_starts_nothing() {
    let bundle = bundle();
    let packages = Packages::of(&bundle, &["--format", "msi"]).unwrap();
    // Behind the start: the bootstrap as a deferred action that is waited for, with an argument that
    // it does not understand.
    let mut edit = Command::new(required::tool("msibuild").unwrap());
    edit.arg(packages.msi());
    for query in [
        "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) \
         VALUES ('Fails', 3090, 'Bootstrap', '--nonsense')",
        "INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('Fails', 6595)",
    ] {
        edit.arg("-q").arg(query);
    }
    run(&mut edit);
    let server = Server::new(Os::Server2022);
    let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
    let failed = target.msiexec("/i", "one", &[]).unwrap();
    // Windows answers 1603, Wine what the action's failure is to it.
    assert_ne!(failed.exit_code, 0, "{failed:?}");
    target.quiet(0).unwrap();
    assert_eq!(found(&target.installed(&bundle)), BTreeMap::new());
}

#[test]
fn without_its_cabinet_nothing_is_installed_or_started() {
    let bundle = bundle();
    let packages = Packages::of(&bundle, &["--format", "msi"]).unwrap();
    fs::remove_file(packages.payload_cabinet()).unwrap();
    let server = Server::new(Os::Server2022);
    let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
    let failed = target.msiexec("/i", "one", &[]).unwrap();
    assert_eq!(failed.exit_code, REFUSED, "{failed:?}");
    target.quiet(0).unwrap();
    assert_eq!(found(&target.installed(&bundle)), BTreeMap::new());
}

#[test]
fn a_signed_package_brings_the_agent_to_a_server_of_2016() {
    for more in [
        &["--format", "msi", "--sign"][..],
        &["--format", "msi", "--sign", "--embed"],
    ] {
        let bundle = bundle();
        let packages = Packages::of(&bundle, more).unwrap();
        let server = Server::new(Os::Server2016);
        let target = Target::of(server, &[("one", &packages.msi())]).unwrap();
        let installed = target.msiexec("/i", "one", &[]).unwrap();
        assert_eq!(installed.exit_code, 0, "{installed:?}");
        target.wait_for_runs(1).unwrap();
        let reports = target.reports().unwrap();
        assert_eq!(reports[0].state, "onboarded", "{more:?}: {:?}", reports[0]);
        assert!(reports[0].steps_tried().contains(&"install-agent"));
    }
}

/// The older bootstrap has its payloads and waits for an installer that is at work. The newer package
/// takes the older one's folder away meanwhile, and its own bootstrap waits for its turn.
#[test]
fn a_bootstrap_that_waits_for_installers_holds_nothing_of_its_package() {
    let recipe = Recipe::of_samples().expect("samples");
    let recipe = recipe.with("rollout", "installer_wait_s = 60");
    let old = recipe.bundle().expect("a bundle");
    let new = recipe.after_a_lost_lock(LATER).bundle().expect("a bundle");
    let old_packages = Packages::of(&old, &["--format", "msi"]).unwrap();
    let new_packages = Packages::of(&new, &["--format", "msi"]).unwrap();
    let server = Server::new(Os::Server2016).with_service(busy_installer());
    let packages = [("old", &*old_packages.msi()), ("new", &*new_packages.msi())];
    let target = Target::of(server, &packages).unwrap();

    assert_eq!(target.msiexec("/i", "old", &[]).unwrap().exit_code, 0);
    let release = format!("Program Files/Gangway/{}", old.release_id());
    let fetched = target.server.on_c(&format!("{release}/md4ws.msi"));
    wait_until("the agent is fetched", || fetched.exists());
    let upgraded = target.msiexec("/i", "new", &[]).unwrap();
    assert_eq!(upgraded.exit_code, 0, "{upgraded:?}");
    assert!(!target.installed(&old).exists(), "the old one stays");
    assert_eq!(
        names(&found(&target.installed(&new))),
        names(&expected(&new))
    );
    let running = target.server.left_running();
    for bundle in [&old, &new] {
        let copy = format!(r"{}\MdeOnboard-{}.exe", bundle.release_id(), bundle.id());
        let runs = running.iter().filter(|line| line.contains(&copy)).count();
        assert_eq!(runs, 1, "{copy}: {running:?}");
    }
    assert_eq!(target.reports().unwrap().len(), 0);

    let ended = Instant::now();
    let file = target.server.on_c("standins/installer-ended.txt");
    fs::write(file, b"").unwrap();
    target.wait_for_runs(2).unwrap();
    assert!(
        ended.elapsed() >= Duration::from_secs(30),
        "no installer for half a minute: {:?}",
        ended.elapsed()
    );
    let reports = target.reports().unwrap();
    let states: Vec<&str> = reports.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["onboarded", "onboarded"], "{reports:?}");
    assert_eq!(reports[0].steps_tried()[0], "install-agent");
    assert_eq!(reports[1].steps_tried(), Vec::<&str>::new());
    assert!(found(&target.installed(&new)) == expected(&new));
}

/// Another installer at work, from the start of the server until the test ends it.
fn busy_installer() -> Service {
    let service = Service::running_automatic("OtherInstaller");
    service.with_image(
        "standins/OtherInstaller.exe",
        Program::Installer,
        [1, 0, 0, 0],
    )
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: never");
        std::thread::sleep(Duration::from_millis(50));
    }
}
