//! Libraries planted beside the bootstrap, in the current folder and in PATH are not loaded,
//! by no command; a careless program in the same place loads each of them.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::collections::BTreeSet;
use std::path::Path;

use gangway_e2e::bundle::NETLOGON;
use gangway_e2e::network::{Act, LabProxy};
use gangway_e2e::planted::{Trap, marks, overrides};
use gangway_e2e::{Bundle, Deployment, Os, Recipe, Server};
use gangway_fixtures::Lab;

/// A library that no system has: found in the current folder or in PATH, or not at all.
const NOWHERE_ELSE: &str = "gangway-planted.dll";

/// Libraries that programs are attacked through, beyond those that the bootstrap uses.
const POPULAR: [&str; 12] = [
    "bcrypt.dll",
    "cryptbase.dll",
    "cryptsp.dll",
    "dbghelp.dll",
    "dnsapi.dll",
    "iphlpapi.dll",
    "msi.dll",
    "netapi32.dll",
    "profapi.dll",
    "secur32.dll",
    "userenv.dll",
    "wtsapi32.dll",
];

/// Every library that the bootstrap's source names, and the popular ones.
fn names() -> Vec<String> {
    /// Part of every process before it starts.
    const ALWAYS_LOADED: [&str; 2] = ["kernel32.dll", "ntdll.dll"];
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runner/src/windows");
    let mut names: BTreeSet<String> = POPULAR.iter().map(|name| (*name).to_owned()).collect();
    for entry in std::fs::read_dir(sources).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let quoted = text.split('"').filter(|part| part.ends_with(".dll"));
        let plain = |name: &&str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
        };
        names.extend(quoted.filter(plain).map(str::to_owned));
    }
    names.retain(|name| !ALWAYS_LOADED.contains(&name.as_str()));
    assert!(names.contains("winhttp.dll") && names.contains("version.dll"));
    names.into_iter().collect()
}

/// A server with a trap beside the exe on NETLOGON, in the folder that programs start in, and
/// in one of PATH.
struct Trapped {
    deployment: Deployment,
    exe: String,
    names: Vec<String>,
    _proxy: LabProxy,
}

fn trapped(bundle: &Bundle) -> Trapped {
    let trap = Trap::build().unwrap();
    let names = names();
    let proxy = LabProxy::new(Act::Serve(Lab::Tls, 200), &[]).unwrap();
    let server = Server::new(Os::Server2022)
        .with_file("marks/here", b"")
        .with_file("in-path/here", b"")
        .with_machine_proxy(&proxy.address(), "")
        .with_trusted_root(Lab::Root);
    let deployment = Deployment::of(bundle, server).unwrap();
    let server = &deployment.server;
    let beside = server.on_share(NETLOGON);
    let nowhere_else = [NOWHERE_ELSE.to_owned()];
    for folder in [beside.clone(), server.on_c(""), server.on_c("in-path")] {
        trap.plant(&folder, &names).unwrap();
    }
    trap.plant(&server.on_c("in-path"), &nowhere_else).unwrap();
    trap.place_careless(&beside).unwrap();
    Trapped {
        exe: bundle.exe_unc(),
        deployment,
        names,
        _proxy: proxy,
    }
}

impl Trapped {
    /// Runs a program where the traps are.
    fn run(&self, program: &str, arguments: &[&str]) -> gangway_e2e::server::Run {
        let mut all = self.names.clone();
        all.push(NOWHERE_ELSE.to_owned());
        let overrides = format!(
            "{};powershell.exe,wusa.exe,dism.exe,shutdown.exe=n,b",
            overrides(&all)
        );
        let variables = [
            ("WINEDLLOVERRIDES", overrides.as_str()),
            ("WINEPATH", r"C:\in-path"),
        ];
        self.deployment
            .server
            .run_with(&variables, program, arguments)
            .unwrap()
    }

    fn marks(&self) -> Vec<String> {
        marks(&self.deployment.server).unwrap()
    }
}

#[test]
fn a_careless_program_loads_every_one() {
    let trapped = trapped(&Recipe::of_samples().unwrap().bundle().unwrap());
    let mut arguments: Vec<&str> = trapped.names.iter().map(String::as_str).collect();
    arguments.push(NOWHERE_ELSE);
    let careless = format!(r"{NETLOGON}\careless.exe");
    assert_eq!(trapped.run(&careless, &arguments).exit_code, 0);
    let marks = trapped.marks();
    for name in &trapped.names {
        let by_careless = |mark: &String| {
            mark.contains(&format!("Gangway_{name} in ")) && mark.ends_with("careless.exe")
        };
        assert!(
            marks.iter().any(by_careless),
            "`{name}` left no mark: {marks:#?}"
        );
    }
    let from_path = |mark: &String| mark.contains(&format!("in-path_{NOWHERE_ELSE} in "));
    assert!(marks.iter().any(from_path), "{marks:#?}");
}

#[test]
fn no_command_of_the_bootstrap_loads_one() {
    let trapped = trapped(&Recipe::of_samples().unwrap().bundle().unwrap());
    for (arguments, exit_code) in [
        (&["--facts"][..], 0),
        (&["connectivity"], 0),
        (&["precheck"], 0),
        (&[], 0),
        (&["status"], 0),
        (&["collect"], 0),
        (&["cleanup"], 0),
    ] {
        let run = trapped.run(&trapped.exe, arguments);
        let marks: Vec<String> = trapped
            .marks()
            .into_iter()
            .filter(|mark| mark.contains("MdeOnboard"))
            .collect();
        assert_eq!(marks, Vec::<String>::new(), "{arguments:?}");
        assert_eq!(run.exit_code, exit_code, "{arguments:?}: {run:?}");
    }
}
