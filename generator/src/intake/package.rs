//! Installer packages, programs and Windows updates: which of them a file is, by its tables,
//! its version resource or the names inside the cabinet.

use std::io::{Read, Seek};

use super::codes;
use super::item::{Architecture, Claims, Kind};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{Authenticode, RuleFor};
use crate::formats::authenticode::FileKind;
use crate::formats::cabinet::{self, CabinetError};
use crate::formats::compound::{self, Class};
use crate::formats::msi::{InstallerPackage, MsiError};
use crate::formats::pe::{self, Layout, PeError, VersionInfo};
use crate::problem::Problem;

/// First version of the monitoring agent that is signed with SHA-2.
const OLDEST_MONITORING_AGENT: [u16; 4] = [10, 20, 18029, 0];

/// Machine numbers of the PE header.
const MACHINE_X86: u16 = 0x014C;
const MACHINE_X64: u16 = 0x8664;
const MACHINE_ARM64: u16 = 0xAA64;

const INSTALLER: &str = "an installer package";

/// Recognises an installer package.
pub(super) fn installer(source: &mut (impl Read + Seek), subject: &str) -> Recognised {
    match read_installer(source) {
        Ok(Kind::Unknown { claims, .. }) => {
            Recognised::unknown_maker(INSTALLER, FileKind::Msi, claims, subject)
        }
        Ok(kind) => {
            let mut problems = Vec::new();
            if let Kind::Agent { architecture, .. } = kind {
                problems.extend(architecture_problem(architecture, subject));
            }
            judged_by(kind, FileKind::Msi, RuleFor::Agent, problems)
        }
        Err(error) => match compound::class_of(source) {
            Some(Class::Other) => Recognised::unjudged(
                "a compound file that is no installer package, as old Office documents, mails \
                 and `Thumbs.db` are",
                "signatures of documents are not judged here",
                subject,
            ),
            Some(Class::InstallerPatch) => Recognised::unknown_maker(
                "a patch or transform for an installer package",
                FileKind::Msi,
                None,
                subject,
            ),
            // Where the root storage is not to be found, the file was most likely cut short.
            Some(Class::InstallerPackage) | None => Recognised::damaged(
                INSTALLER,
                &codes::DAMAGED_PACKAGE,
                &error.to_string(),
                subject,
            ),
        },
    }
}

/// The agent, or the unknown package of another product.
fn read_installer(source: &mut (impl Read + Seek)) -> Result<Kind, MsiError> {
    let mut package = InstallerPackage::open(source)?;
    let identity = package.identity()?;
    let name = identity.name.unwrap_or_default();
    // Both names that the product has had; `Install.ps1` looks for the same two.
    let is_agent = ["Windows Server", "Endpoint"]
        .iter()
        .any(|last| name == format!("Microsoft Defender for {last}"));
    if !is_agent {
        return Ok(Kind::Unknown {
            looks_like: INSTALLER,
            claims: Some(Claims {
                name,
                company: identity.manufacturer.unwrap_or_default(),
                version: identity.version.unwrap_or_default(),
            }),
        });
    }
    let platform_version = package
        .files()?
        .into_iter()
        .find(|file| {
            file.key.eq_ignore_ascii_case("MPCLIENT.DLL")
                || file.name.eq_ignore_ascii_case("MPCLIENT.DLL")
        })
        .map(|file| file.version)
        .filter(|version| !version.is_empty());
    Ok(Kind::Agent {
        product_name: name,
        version: identity.version.unwrap_or_default(),
        product_code: identity.product_code.unwrap_or_default(),
        platform_version,
        architecture: match identity.summary.platform.as_str() {
            "x64" | "AMD64" => Architecture::X64,
            "Intel" => Architecture::X86,
            "Arm64" => Architecture::Arm64,
            _ => Architecture::Other,
        },
    })
}

fn architecture_problem(architecture: Architecture, subject: &str) -> Option<Problem> {
    (architecture != Architecture::X64).then(|| {
        Problem::new(
            &codes::WRONG_ARCHITECTURE,
            subject,
            "the file is not for 64-bit x86, the only processor of the servers in scope",
            "download the x64 version",
        )
        .with_evidence(format!("found {architecture}, expected x64"))
    })
}

/// As the field `Machine` of a PE header says.
fn architecture_of(machine: u16) -> Architecture {
    match machine {
        MACHINE_X86 => Architecture::X86,
        MACHINE_X64 => Architecture::X64,
        MACHINE_ARM64 => Architecture::Arm64,
        _ => Architecture::Other,
    }
}

fn old_agent_problem(version: &VersionInfo, subject: &str) -> Option<Problem> {
    (version.file_version < OLDEST_MONITORING_AGENT).then(|| {
        Problem::new(
            &codes::OLD_MONITORING_AGENT,
            subject,
            "the monitoring agent is too old to connect",
            "download version 10.20.18029 or later, or use the deployment tool",
        )
        .with_evidence(format!(
            "found {}, expected at least 10.20.18029",
            version.file_version_text()
        ))
    })
}

fn judged_by(kind: Kind, file: FileKind, rule: RuleFor, problems: Vec<Problem>) -> Recognised {
    Recognised {
        kind,
        check: SignatureCheck::Authenticode(Authenticode {
            file,
            rule: Some(rule),
        }),
        problems,
    }
}

/// Recognises a program by its version resource.
pub(super) fn program(source: &mut (impl Read + Seek), subject: &str) -> Recognised {
    const LOOKS_LIKE: &str = "a Windows program";
    let read = Layout::read(source).and_then(|layout| {
        let version = VersionInfo::read(source, &layout)?;
        Ok::<_, PeError>((layout, version))
    });
    let (layout, version) = match read {
        Ok((layout, Some(version))) => (layout, version),
        Ok((_, None)) => {
            return Recognised::unknown_maker(LOOKS_LIKE, FileKind::Pe, None, subject);
        }
        Err(error) => {
            return match pe::without_pe_header(source) {
                Some(looks_like) => Recognised::unjudged(
                    looks_like,
                    "programs without a PE header carry no signature",
                    subject,
                ),
                None => Recognised::damaged(
                    LOOKS_LIKE,
                    &codes::DAMAGED_PROGRAM,
                    &error.to_string(),
                    subject,
                ),
            };
        }
    };
    let architecture = architecture_of(layout.machine);
    let Some(kind) = program_kind(&version, architecture) else {
        let claims = Some(claims_of(&version));
        return Recognised::unknown_maker(LOOKS_LIKE, FileKind::Pe, claims, subject);
    };
    let mut problems = Vec::new();
    let rule = match &kind {
        Kind::PlatformUpdate { .. } | Kind::SensorUpdate { .. } => {
            // The updates are small 32- or 64-bit unpackers around x64 content; only an Arm
            // one is surely wrong.
            if architecture == Architecture::Arm64 {
                problems.extend(architecture_problem(architecture, subject));
            }
            RuleFor::Updates
        }
        Kind::MonitoringAgent { .. } => {
            problems.extend(old_agent_problem(&version, subject));
            RuleFor::Tools
        }
        _ => RuleFor::Tools,
    };
    judged_by(kind, FileKind::Pe, rule, problems)
}

fn claims_of(version: &VersionInfo) -> Claims {
    let text = |name: &str| version.string(name).unwrap_or_default().trim().to_owned();
    let description = text("FileDescription");
    Claims {
        name: if description.is_empty() {
            text("ProductName")
        } else {
            description
        },
        company: text("CompanyName"),
        version: version.file_version_text(),
    }
}

fn program_kind(version: &VersionInfo, architecture: Architecture) -> Option<Kind> {
    let text = |name: &str| version.string(name).unwrap_or_default().to_lowercase();
    let names = [text("InternalName"), text("OriginalFilename")];
    let called = |name: &str| names.iter().any(|found| found.starts_with(name));
    let titled = |title: &str| {
        text("ProductName").contains(title) || text("FileDescription").contains(title)
    };
    let number = version.file_version_text();
    if called("updateplatform") && titled("microsoft malware protection") {
        Some(Kind::PlatformUpdate {
            version: number,
            architecture,
        })
    } else if called("updatesenseclient") {
        Some(Kind::SensorUpdate {
            version: number,
            architecture,
        })
    } else if called("defenderdt")
        || called("defenderdeploymenttool")
        || titled("defender deployment tool")
    {
        Some(Kind::DeploymentTool { version: number })
    } else if called("mmasetup") || titled("microsoft monitoring agent") {
        Some(Kind::MonitoringAgent { version: number })
    } else {
        None
    }
}

/// Recognises a Windows update package by the names inside its cabinet.
pub(super) fn update(source: &mut (impl Read + Seek), subject: &str) -> Recognised {
    const LOOKS_LIKE: &str = "a cabinet";
    let names = match read_cabinet(source) {
        Ok(names) => names,
        Err(error) => {
            return Recognised::damaged(
                LOOKS_LIKE,
                &codes::DAMAGED_PROGRAM,
                &error.to_string(),
                subject,
            );
        }
    };
    let Some(update) = update_identity(&names) else {
        return Recognised::unknown_maker(LOOKS_LIKE, FileKind::Cabinet, None, subject);
    };
    let problems = architecture_problem(update.architecture, subject)
        .into_iter()
        .collect();
    let kind = Kind::Hotfix {
        kb: update.kb,
        system: update.system,
        architecture: update.architecture,
    };
    judged_by(kind, FileKind::Cabinet, RuleFor::Updates, problems)
}

fn read_cabinet(source: &mut (impl Read + Seek)) -> Result<Vec<String>, CabinetError> {
    let files = cabinet::list_files(source)?;
    Ok(files.into_iter().map(|file| file.name).collect())
}

/// What an update package is for.
#[derive(Debug, PartialEq, Eq)]
struct Update {
    kb: String,
    system: String,
    architecture: Architecture,
}

/// From the name of the properties file that every update package holds, which is signed with
/// the cabinet: `Windows8.1-KB2999226-x64-pkgProperties.txt`.
fn update_identity(names: &[String]) -> Option<Update> {
    const END: &str = "pkgproperties.txt";
    let stem = names.iter().find_map(|name| {
        let cut = name.len().checked_sub(END.len())?;
        let (stem, end) = (name.get(..cut)?, name.get(cut..)?);
        end.eq_ignore_ascii_case(END).then_some(stem)
    })?;
    let mut parts = stem.split(['-', '_']);
    let mut system = String::new();
    let kb = parts.find_map(|part| {
        let digits = part
            .strip_prefix("KB")
            .or_else(|| part.strip_prefix("kb"))
            .filter(|digits| (6..=8).contains(&digits.len()))
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        match digits {
            Some(digits) => Some(format!("KB{digits}")),
            None => {
                if system.is_empty() {
                    part.clone_into(&mut system);
                }
                None
            }
        }
    })?;
    let architecture = parts
        .find_map(|part| match part.to_ascii_lowercase().as_str() {
            "x64" | "amd64" => Some(Architecture::X64),
            "x86" => Some(Architecture::X86),
            "arm64" => Some(Architecture::Arm64),
            _ => None,
        })
        .unwrap_or(Architecture::Other);
    Some(Update {
        kb,
        system,
        architecture,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_told_by_its_properties_file() {
        let identity = |name: &str| {
            let update = update_identity(&["WSUSSCAN.cab".to_owned(), name.to_owned()])?;
            Some((update.kb, update.system, update.architecture))
        };
        let expected = |kb: &str, system: &str, architecture| {
            Some((kb.to_owned(), system.to_owned(), architecture))
        };
        assert_eq!(
            identity("Windows8.1-KB2999226-x64-pkgProperties.txt"),
            expected("KB2999226", "Windows8.1", Architecture::X64)
        );
        assert_eq!(
            identity("Windows6.1-KB4474419-v3-x86-pkgProperties.txt"),
            expected("KB4474419", "Windows6.1", Architecture::X86)
        );
        assert_eq!(identity("Windows8.1-KB2999226-x64.cab"), None);
        assert_eq!(identity("Windows8.1-KBx-x64-pkgProperties.txt"), None);
        assert_eq!(identity("\u{e4}-pkgProperties.txt"), None);
    }

    #[test]
    fn programs_are_told_by_internal_name_and_product() {
        let kind = |name: &str, product: &str| {
            let mut version = VersionInfo::default();
            for (key, value) in [("InternalName", name), ("ProductName", product)] {
                version.strings.insert(key.to_owned(), value.to_owned());
            }
            program_kind(&version, Architecture::X64).map(|kind| kind.name())
        };
        let table = [
            (
                "UpdatePlatform.exe",
                "Microsoft Malware Protection",
                Some("antivirus platform update"),
            ),
            ("UpdatePlatform.exe", "Contoso", None),
            ("UpdateSenseClient.exe", "any", Some("sensor update")),
            ("DefenderDT.exe", "any", Some("deployment tool")),
            (
                "setup.exe",
                "Microsoft Monitoring Agent",
                Some("monitoring agent (retired)"),
            ),
            ("setup.exe", "Contoso", None),
        ];
        for (name, product, expected) in table {
            assert_eq!(kind(name, product), expected, "{name} {product}");
        }
    }
}
