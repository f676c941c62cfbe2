//! The apply kit of a bundle: `publish/Publish-Gangway.ps1` and the scripts for the shares.

mod literal;

use askama::Template;

pub use literal::{InvalidLiteral, PowerShell, Shell};

/// What the kit is made of. Plain texts: the kit knows no other concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    /// Bundle id.
    pub bundle_id: String,
    /// Release id.
    pub release_id: String,
    /// File name of the bootstrap.
    pub exe_name: String,
    /// UNC path of the payload share.
    pub share_root: String,
    /// UNC path of the report share.
    pub report_root: Option<String>,
    /// Domains in the order of the config.
    pub domains: Vec<KitDomain>,
    /// Does the bundle carry templates for the policy editor (`publish/PolicyDefinitions`)?
    pub has_admx: bool,
}

/// One domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitDomain {
    /// DNS name.
    pub name: String,
    /// WMI filter of its GPOs.
    pub filter: KitFilter,
    /// GPOs in the order of import.
    pub gpos: Vec<KitGpo>,
}

/// A WMI filter as the directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFilter {
    /// `msWMI-ID`.
    pub id: String,
    /// `msWMI-Name`.
    pub name: String,
    /// `msWMI-Parm1`.
    pub description: String,
    /// `msWMI-Author`.
    pub author: String,
    /// `msWMI-CreationDate` and `msWMI-ChangeDate`.
    pub date: String,
    /// `msWMI-Parm2`.
    pub parm2: String,
}

/// A GPO to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitGpo {
    /// Name in GPMC.
    pub name: String,
    /// GUID of the backup.
    pub backup_id: String,
    /// Folder of the backup below `gpo/<dns-name>/`.
    pub folder: String,
    /// Does it hold the task (and not the settings)?
    pub is_task: bool,
}

/// A file of the kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFile {
    /// Path in the bundle, with `/`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Why the kit cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// A text that no script can carry.
    #[error(transparent)]
    Literal(#[from] InvalidLiteral),
    /// A share that is no UNC path.
    #[error("`{found}` names no share of a file server")]
    Share {
        /// The path.
        found: String,
    },
    /// The template engine.
    #[error("a script of the kit cannot be written: {why}")]
    Template {
        /// What it says.
        why: String,
    },
}

#[derive(Template)]
#[template(path = "publish/Publish-Gangway.ps1", escape = "none")]
struct PublishScript {
    bundle_id: PowerShell,
    release_id: PowerShell,
    exe_name: PowerShell,
    share_root: PowerShell,
    domains: Vec<DomainLiterals>,
    has_admx: bool,
}

struct DomainLiterals {
    name: PowerShell,
    filter: FilterLiterals,
    gpos: Vec<GpoLiterals>,
}

struct FilterLiterals {
    id: PowerShell,
    name: PowerShell,
    description: PowerShell,
    author: PowerShell,
    date: PowerShell,
    parm2: PowerShell,
}

struct GpoLiterals {
    name: PowerShell,
    backup_id: PowerShell,
    folder: PowerShell,
    is_task: bool,
}

#[derive(Template)]
#[template(path = "publish/share-acl.ps1", escape = "none")]
struct ShareScript {
    payload_share: PowerShell,
    report_share: PowerShell,
    domains: Vec<PowerShell>,
}

#[derive(Template)]
#[template(path = "publish/share-acl.sh", escape = "none")]
struct ShareShellScript {
    payload_share: Shell,
    report_share: Shell,
    domains: Vec<Shell>,
}

/// Writes the kit: files below `publish/`, sorted by path.
///
/// # Errors
/// A text with control characters, or a share that is no UNC path.
pub fn write(kit: &Kit) -> Result<Vec<KitFile>, KitError> {
    let quote = PowerShell::quote;
    let domains = kit.domains.iter().map(literals);
    let publish = PublishScript {
        bundle_id: quote(&kit.bundle_id)?,
        release_id: quote(&kit.release_id)?,
        exe_name: quote(&kit.exe_name)?,
        share_root: quote(&kit.share_root)?,
        domains: domains.collect::<Result<_, _>>()?,
        has_admx: kit.has_admx,
    };
    let payload_share = share_name(&kit.share_root)?;
    let report_share = match &kit.report_root {
        Some(root) => share_name(root)?,
        None => "",
    };
    let names = kit.domains.iter().map(|domain| domain.name.as_str());
    let share = ShareScript {
        payload_share: quote(payload_share)?,
        report_share: quote(report_share)?,
        domains: names.clone().map(quote).collect::<Result<_, _>>()?,
    };
    let shell = ShareShellScript {
        payload_share: Shell::quote(payload_share)?,
        report_share: Shell::quote(report_share)?,
        domains: names.map(Shell::quote).collect::<Result<_, _>>()?,
    };
    Ok(vec![
        file(
            "publish/Publish-Gangway.ps1",
            windows_text(&render(&publish)?),
        ),
        file("publish/share-acl.ps1", windows_text(&render(&share)?)),
        file("publish/share-acl.sh", render(&shell)?.into_bytes()),
    ])
}

fn literals(domain: &KitDomain) -> Result<DomainLiterals, InvalidLiteral> {
    let quote = PowerShell::quote;
    let filter = &domain.filter;
    let gpo = |gpo: &KitGpo| {
        Ok(GpoLiterals {
            name: quote(&gpo.name)?,
            backup_id: quote(&gpo.backup_id)?,
            folder: quote(&gpo.folder)?,
            is_task: gpo.is_task,
        })
    };
    Ok(DomainLiterals {
        name: quote(&domain.name)?,
        filter: FilterLiterals {
            id: quote(&filter.id)?,
            name: quote(&filter.name)?,
            description: quote(&filter.description)?,
            author: quote(&filter.author)?,
            date: quote(&filter.date)?,
            parm2: quote(&filter.parm2)?,
        },
        gpos: domain.gpos.iter().map(gpo).collect::<Result<_, _>>()?,
    })
}

fn file(path: &str, bytes: Vec<u8>) -> KitFile {
    let path = path.to_owned();
    KitFile { path, bytes }
}

fn render(template: &impl Template) -> Result<String, KitError> {
    template.render().map_err(|error| KitError::Template {
        why: error.to_string(),
    })
}

/// UTF-8 with byte order mark, without which Windows PowerShell 5.1 reads the local code page,
/// and CRLF.
fn windows_text(text: &str) -> Vec<u8> {
    let mut bytes = b"\xEF\xBB\xBF".to_vec();
    for line in text.lines() {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The share in `\\server\share\folder`.
fn share_name(unc: &str) -> Result<&str, KitError> {
    let mut parts = unc.strip_prefix(r"\\").unwrap_or_default().split('\\');
    let server = parts.next().unwrap_or_default();
    match parts.next() {
        Some(share) if !server.is_empty() && !share.is_empty() => Ok(share),
        _ => Err(KitError::Share {
            found: unc.to_owned(),
        }),
    }
}
