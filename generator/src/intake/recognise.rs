//! What a file is, by its content alone.

use std::io;
use std::path::Path;

use super::content::Content;
use super::context::Context;
use super::item::{Kind, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{Authenticode, RuleFor};
use super::{codes, package, text};
use crate::formats::authenticode::FileKind;
use crate::formats::{cabinet, compound, pe, zip};
use crate::problem::Problem;

/// First bytes by which formats are told apart.
pub(super) const HEAD: u64 = 4096;

/// Length of the header of a DOS program; that of a cabinet is shorter.
const PROGRAM_HEADER: usize = 64;

/// Endings of the names that packages are downloaded under.
const PACKAGE_ENDINGS: [&str; 9] = [
    "cab",
    "cmd",
    "exe",
    "msi",
    "msu",
    "offboarding",
    "onboarding",
    "ps1",
    "zip",
];

/// The form of a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Empty,
    Zip,
    Installer,
    Program,
    Cabinet,
    Catalogue,
    Text,
    Other(&'static str),
}

impl Form {
    /// May a file of this form and size be a package, or carry one?
    pub(super) fn may_be_payload(self, size: u64) -> bool {
        match self {
            Self::Empty | Self::Zip | Self::Installer | Self::Program | Self::Cabinet => true,
            Self::Text => size <= text::MAX_BYTES,
            Self::Catalogue | Self::Other(_) => false,
        }
    }
}

/// Tells the form of a file.
pub(super) fn form(content: &Content) -> io::Result<Form> {
    Ok(form_of(&content.head(HEAD)?))
}

/// Tells the form of a file by its first bytes, [`HEAD`] of them where there are as many.
pub(super) fn form_of(head: &[u8]) -> Form {
    if head.is_empty() {
        Form::Empty
    } else if zip::SIGNATURES.iter().any(|start| head.starts_with(*start)) {
        Form::Zip
    } else if head.len() >= PROGRAM_HEADER && text::is_text(head) {
        // Any text may begin with `MZ` or `MSCF`; the headers behind them hold zeros.
        Form::Text
    } else if compound::is_compound_file(head) {
        Form::Installer
    } else if pe::is_executable(head) {
        Form::Program
    } else if cabinet::is_cabinet(head) {
        Form::Cabinet
    } else if is_catalogue(head) {
        Form::Catalogue
    } else if text::is_text(head) {
        Form::Text
    } else {
        Form::Other(other_form(head))
    }
}

/// A PKCS #7 SignedData around a certificate trust list (1.3.6.1.4.1.311.10.1), in DER.
fn is_catalogue(head: &[u8]) -> bool {
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    const TRUST_LIST: &[u8] = b"\x06\x09\x2b\x06\x01\x04\x01\x82\x37\x0a\x01";
    let start = head.get(..head.len().min(256)).unwrap_or_default();
    let holds = |what: &[u8]| memchr::memmem::find(start, what).is_some();
    head.first() == Some(&0x30) && holds(SIGNED_DATA) && holds(TRUST_LIST)
}

fn other_form(head: &[u8]) -> &'static str {
    // POSIX `ustar`: the magic of the first header; the name before it is filled up with zeros.
    if head.get(257..262) == Some(b"ustar") {
        return "a tar archive";
    }
    let table: [(&[u8], &str); 9] = [
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"\xfd7zXZ\0", "an xz archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (b"7z\xBC\xAF", "a 7-Zip archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x89PNG", "a picture"),
        (b"\x7fELF", "a Linux program"),
    ];
    table
        .iter()
        .find(|(start, _)| head.starts_with(start))
        .map_or("binary data", |(_, name)| name)
}

/// Recognises a file that is no archive.
pub(super) fn recognise(
    content: &Content,
    form: Form,
    context: &Context<'_>,
    subject: &str,
) -> io::Result<Recognised> {
    let found = match form {
        Form::Text if content.size()? <= text::MAX_BYTES => {
            text::recognise(&content.head(text::MAX_BYTES)?, context, subject)
        }
        Form::Text => Recognised::unknown("text", subject),
        Form::Installer => package::installer(&mut content.open()?, subject),
        Form::Program => package::program(&mut content.open()?, subject),
        Form::Cabinet => package::update(&mut content.open()?, subject),
        Form::Other(looks_like) => Recognised::unknown(looks_like, subject),
        Form::Zip => Recognised::unknown("a ZIP archive", subject),
        Form::Catalogue => Recognised::unjudged(
            "a catalogue of signed files (`.cat`)",
            "signatures of catalogues are not judged here",
            subject,
        ),
        Form::Empty if !is_named_like_a_package(subject) => {
            Recognised::unknown("an empty file", subject)
        }
        Form::Empty => Recognised {
            problems: vec![Problem::new(
                &codes::EMPTY,
                subject,
                "the file is empty",
                "download it again, or take it out of the folder",
            )],
            ..Recognised::unknown("nothing", subject)
        },
    };
    Ok(under_its_name(found, what_it_is(content, form)?, subject))
}

/// Says of a file of no known kind that its name promises something else.
fn under_its_name(mut found: Recognised, held: Held, subject: &str) -> Recognised {
    let Kind::Unknown { looks_like, .. } = &mut found.kind else {
        return found;
    };
    let is_page = held == Held::WebPage;
    if is_page {
        *looks_like = "a web page";
    }
    let looks_like = *looks_like;
    let plain = found
        .problems
        .iter_mut()
        .find(|problem| problem.code == &codes::UNKNOWN);
    let Some(problem) = plain else {
        return found;
    };
    if held.fits(subject) {
        problem.message = format!("the file is none of the packages that are known: {looks_like}");
        return found;
    }
    let (message, next) = if is_page {
        (
            "under the name of a download lies a web page, as of a portal where nobody was signed in",
            "sign in to the portal and download it again",
        )
    } else {
        (
            "the file is not what its name says",
            "download it again, or take it out of the folder when it is not meant for the bundle",
        )
    };
    *problem = Problem::new(&codes::MISNAMED, subject, message, next)
        .with_evidence(format!("it looks like {looks_like}"));
    found
}

/// What a file is for somebody who reads its name: a web page is no script, though both are texts.
fn what_it_is(content: &Content, form: Form) -> io::Result<Held> {
    let is_page = form == Form::Text && is_web_page(&content.head(HEAD)?);
    Ok(if is_page {
        Held::WebPage
    } else {
        Held::Form(form)
    })
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    WebPage,
    Form(Form),
}

impl Held {
    /// Is it what files of this name hold? Endings that anything may have are none of those asked.
    fn fits(self, name: &str) -> bool {
        let file = name.rsplit(['/', '\\', '!']).next().unwrap_or_default();
        // What macOS keeps beside a file in an archive has the file's name behind `._`.
        let (_, ending) = file.rsplit_once('.').unwrap_or_default();
        if file.starts_with("._") {
            return true;
        }
        let wanted = match ending.to_ascii_lowercase().as_str() {
            "zip" => Form::Zip,
            "msi" => Form::Installer,
            "exe" => Form::Program,
            "cab" | "msu" => Form::Cabinet,
            "cmd" | "ps1" => Form::Text,
            _ => return true,
        };
        // Updates come in other forms of Microsoft's too, and a script may have bytes that no text has.
        let is_open = matches!(ending.to_ascii_lowercase().as_str(), "msu" | "cmd" | "ps1");
        self == Self::Form(wanted) || is_open && matches!(self, Self::Form(Form::Other(_)))
    }
}

/// Does a text begin as a page of the web (HTML Living Standard 13.1: blanks and comments may stand first)?
fn is_web_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut text = text.trim_start_matches('\u{feff}').trim_start();
    while let Some((_, behind)) = text
        .strip_prefix("<!--")
        .and_then(|comment| comment.split_once("-->"))
    {
        text = behind.trim_start();
    }
    ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Would a file of this name be a package, had it bytes? Others, such as `.gitkeep`, may be empty.
fn is_named_like_a_package(subject: &str) -> bool {
    let ending = subject.rsplit(['.', '/', '\\']).next().unwrap_or_default();
    PACKAGE_ENDINGS
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Recognises a file of the deployment tool's staged folder by its place alone; what can carry
/// a signature has to.
pub(super) fn source_file(form: Form, relative: &Path, subject: &str) -> Recognised {
    let signed_as = match form {
        Form::Program => Some(FileKind::Pe),
        Form::Installer => Some(FileKind::Msi),
        Form::Cabinet => Some(FileKind::Cabinet),
        Form::Empty | Form::Zip | Form::Catalogue | Form::Text | Form::Other(_) => None,
    };
    let problems = if relative.components().count() == 1 {
        Vec::new()
    } else {
        vec![Problem::new(
            &codes::NESTED_SOURCE,
            subject,
            "the file lies in a folder inside the deployment tool's staged folder",
            "run the deployment tool's `-Stage` again into an empty folder",
        )]
    };
    Recognised {
        kind: Kind::DeploymentToolFile {
            name: relative.display().to_string(),
        },
        check: match signed_as {
            Some(file) => SignatureCheck::Authenticode(Authenticode {
                file,
                rule: Some(RuleFor::Tools),
            }),
            None => SignatureCheck::Done(Verdict::NotChecked {
                why: "data of the deployment tool, which checks it itself".to_owned(),
            }),
        },
        problems,
    }
}
