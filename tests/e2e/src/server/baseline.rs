//! What is on a freshly installed, fully updated server of each product, as far as a program
//! that onboards it looks.

use std::time::SystemTime;

use super::os::{Entries, Os, entry};
use crate::wine::Value;

/// Image of the sensor, its path given without the drive.
pub(crate) const SENSE_EXE: &str =
    "Program Files/Windows Defender Advanced Threat Protection/MsSense.exe";
/// A sensor of July 2025: newer than all that is asked for.
pub(crate) const SENSE_VERSION: [u16; 4] = [10, 8798, 26100, 1000];
/// An antivirus platform of 2025.
const PLATFORM: [u16; 4] = [4, 18, 25020, 1009];
const PLATFORM_EXE: &str =
    "ProgramData/Microsoft/Windows Defender/Platform/4.18.25020.1009-0/MsMpEng.exe";
/// Where the agent of products without an antivirus puts its own.
const AGENT_PLATFORM_EXE: &str = "Program Files/Windows Defender/MsMpEng.exe";

/// A stand-in program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The sensor.
    Sense,
    /// A service that only runs.
    Service,
    /// A recording tool.
    Tool,
    /// Another installer, at work until a test ends it.
    Installer,
}

impl Program {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Sense => "sense.exe",
            Self::Service => "service.exe",
            Self::Tool => "tool.exe",
            Self::Installer => "installer.exe",
        }
    }
}

/// A Windows service of an emulated server.
#[derive(Debug, Clone)]
pub struct Service {
    name: String,
    start: u32,
    image: String,
    program: Program,
    version: Option<[u16; 4]>,
}

impl Service {
    /// A service that starts by itself and runs.
    pub fn running_automatic(name: &str) -> Self {
        Self::of(name, 2)
    }

    /// A service that is started by hand and does not run.
    pub fn stopped(name: &str) -> Self {
        Self::of(name, 3)
    }

    /// A service that cannot be started.
    pub fn disabled(name: &str) -> Self {
        Self::of(name, 4)
    }

    /// Sets its program: the path on drive C: without the drive, what stands there, and the
    /// file's version.
    #[must_use]
    pub fn with_image(mut self, path: &str, program: Program, version: [u16; 4]) -> Self {
        path.clone_into(&mut self.image);
        self.program = program;
        self.version = Some(version);
        self
    }

    fn of(name: &str, start: u32) -> Self {
        Self {
            name: name.to_owned(),
            start,
            image: format!("standins/{name}.exe"),
            program: Program::Service,
            version: None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, when it runs from the start of the server.
    pub(super) fn running(&self) -> Option<String> {
        (self.start == 2).then(|| self.name.clone())
    }

    pub(super) fn image(&self) -> (&str, Program, Option<[u16; 4]>) {
        (&self.image, self.program, self.version)
    }

    /// Its registry values.
    pub fn registry(&self) -> Vec<(String, String, Value)> {
        let key = format!(r"System\CurrentControlSet\Services\{}", self.name);
        let image = format!("\"C:\\{}\"", self.image.replace('/', "\\"));
        vec![
            entry(&key, "ImagePath", image.as_str().into()),
            entry(&key, "ObjectName", "LocalSystem".into()),
            entry(&key, "ErrorControl", 1.into()),
            entry(&key, "Start", self.start.into()),
            entry(&key, "Type", 0x10.into()),
        ]
    }
}

/// Services that are looked at. The sensor is not among them.
pub(super) fn services(os: Os) -> Vec<Service> {
    let mut services = vec![Service::running_automatic("LanmanServer")];
    // From 1809 on the sensor does without it.
    if os.version() < (10, 0, 17763) {
        services.push(Service::running_automatic("DiagTrack"));
    }
    if os.version() >= (10, 0, 0) {
        services.push(Service::running_automatic("WinDefend").with_image(
            PLATFORM_EXE,
            Program::Service,
            PLATFORM,
        ));
    }
    services
}

/// The antivirus that an installed agent brought, where Windows has none.
pub(super) fn antivirus_of_agent(os: Os) -> Option<Service> {
    (os.version() < (10, 0, 0)).then(|| {
        Service::running_automatic("WinDefend").with_image(
            AGENT_PLATFORM_EXE,
            Program::Service,
            PLATFORM,
        )
    })
}

/// Registry values that Defender Antivirus keeps; where the agent brings it they show once its
/// service is there.
pub(super) fn registry() -> Entries {
    let defender = r"Software\Microsoft\Windows Defender";
    let content = r"Software\Microsoft\Windows Defender\Signature Updates";
    vec![
        entry(defender, "DisableAntiSpyware", 0.into()),
        entry(defender, "DisableAntiVirus", 0.into()),
        entry(defender, "PassiveMode", 0.into()),
        entry(content, "AVSignatureVersion", "1.421.1.0".into()),
        entry(content, "AVSignatureApplied", filetime_now()),
        entry(content, "EngineVersion", "1.1.25020.1007".into()),
    ]
}

/// Now as the eight bytes of a FILETIME: 100 ns since 1601 UTC.
pub(super) fn filetime_now() -> Value {
    /// Type of a value of bytes.
    const REG_BINARY: u32 = 3;
    let unix = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let filetime = unix.as_secs().saturating_add(11_644_473_600) * 10_000_000;
    Value::Other(REG_BINARY, filetime.to_le_bytes().to_vec())
}

/// Versions of system files. Wine goes on loading its own libraries, whatever stands there.
pub(super) fn programs(os: Os) -> Vec<(String, Program, [u16; 4])> {
    let file = |name: &str, version| (format!("windows/system32/{name}"), Program::Tool, version);
    // Laid out by the agent, and found by the sensor when it starts.
    let antivirus = (AGENT_PLATFORM_EXE.to_owned(), Program::Service, PLATFORM);
    match os {
        // October 2021 rollup and later.
        Os::Server2012R2 => vec![
            antivirus,
            file("ucrtbase.dll", [10, 0, 10586, 1171]),
            file("tdh.dll", [6, 3, 9600, 20120]),
            file("ntoskrnl.exe", [6, 3, 9600, 20144]),
        ],
        Os::Server2008R2 => vec![
            antivirus,
            file("tdh.dll", [6, 1, 7601, 24384]),
            file("wintrust.dll", [6, 1, 7601, 24384]),
            file("ntoskrnl.exe", [6, 1, 7601, 24545]),
        ],
        _ => Vec::new(),
    }
}

/// Answers of tools: DISM says that the antivirus feature is on.
pub(super) fn orders(_os: Os) -> Vec<(String, String)> {
    // Asked for the feature, and told to do anything else: success.
    let feature = "print=Feature Information:\nprint=\nprint=Feature Name : Windows-Defender\n\
                   print=State : Enabled\n";
    vec![("dism".to_owned(), feature.to_owned())]
}
