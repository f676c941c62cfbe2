//! What a file is, by its content alone.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::content::Content;
use super::item::{Kind, Verdict};
use super::settings::IntakeSettings;
use super::signature::{Authenticode, RuleFor};
use super::{codes, package, text};
use crate::formats::authenticode::{FileKind, TrustAnchors};
use crate::formats::{cabinet, compound, pe, zip};
use crate::problem::Problem;

/// What one inspection has in common.
pub(super) struct Context<'a> {
    pub(super) settings: &'a IntakeSettings,
    pub(super) anchors: TrustAnchors,
    looked_at: AtomicUsize,
}

impl<'a> Context<'a> {
    /// Reads the lab roots and revocation lists; one that cannot be read is left out and reported.
    pub(super) fn new(settings: &'a IntakeSettings) -> (Self, Vec<Problem>) {
        let mut anchors = TrustAnchors::microsoft();
        if settings.trust.historic_microsoft_roots {
            anchors = anchors.with_historic();
        }
        let mut problems = Vec::new();
        for (index, root) in settings.lab_roots.iter().enumerate() {
            match anchors.clone().with_lab_root(root) {
                Ok(with) => anchors = with,
                Err(error) => problems.push(
                    Problem::new(
                        &codes::UNREADABLE,
                        format!("lab root {}", index + 1),
                        "the certificate of a lab root cannot be read",
                        "correct `lab_roots` under `[trust]`: PEM or DER certificates",
                    )
                    .with_evidence(error.to_string()),
                ),
            }
        }
        for (index, list) in settings.revocation_lists.iter().enumerate() {
            match anchors.clone().with_revocation_list(list) {
                Ok(with) => anchors = with,
                Err(error) => problems.push(
                    Problem::new(
                        &codes::UNREADABLE,
                        format!("revocation list {}", index + 1),
                        "a revocation list cannot be read",
                        "give whole lists of one issuer as DER or PEM, no delta lists",
                    )
                    .with_evidence(error.to_string()),
                ),
            }
        }
        let context = Self {
            settings,
            anchors,
            looked_at: AtomicUsize::new(0),
        };
        (context, problems)
    }

    /// Counts one more file or entry; false when there are too many.
    pub(super) fn count(&self) -> bool {
        self.looked_at.fetch_add(1, Ordering::Relaxed) < self.settings.limits.files
    }
}

/// A file recognised, before its signature is judged.
pub(super) struct Recognised {
    pub(super) kind: Kind,
    pub(super) check: SignatureCheck,
    pub(super) problems: Vec<Problem>,
}

/// How the verdict is found.
pub(super) enum SignatureCheck {
    /// It is known.
    Done(Verdict),
    /// By Authenticode, under a rule of the policy.
    Authenticode(Authenticode),
}

impl Recognised {
    /// A file of no known kind.
    pub(super) fn unknown(looks_like: &'static str, subject: &str) -> Self {
        Self {
            kind: Kind::Unknown { looks_like },
            check: SignatureCheck::Done(Verdict::NotChecked {
                why: "a file of no known kind".to_owned(),
            }),
            problems: vec![Problem::new(
                &codes::UNKNOWN,
                subject,
                format!("the file is none of the packages that are known: {looks_like}"),
                "nothing, when it is not meant for the bundle",
            )],
        }
    }

    /// A file of a known format that cannot be read.
    pub(super) fn damaged(
        looks_like: &'static str,
        code: &'static crate::problem::Code,
        why: &str,
        subject: &str,
    ) -> Self {
        Self {
            kind: Kind::Unknown { looks_like },
            check: SignatureCheck::Done(Verdict::NotChecked {
                why: "the file is damaged".to_owned(),
            }),
            problems: vec![
                Problem::new(
                    code,
                    subject,
                    format!("the file begins as {looks_like} and cannot be read as one"),
                    "download it again; a size below the one that the browser shows means that \
                     it was cut short",
                )
                .with_evidence(why),
            ],
        }
    }
}

/// First bytes by which formats are told apart.
const HEAD: u64 = 4096;

/// The form of a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Empty,
    Zip,
    Installer,
    Program,
    Cabinet,
    Text,
    Other(&'static str),
}

/// Tells the form of a file.
pub(super) fn form(content: &Content) -> io::Result<Form> {
    let head = content.head(HEAD)?;
    Ok(if head.is_empty() {
        Form::Empty
    } else if zip::SIGNATURES.iter().any(|start| head.starts_with(*start)) {
        Form::Zip
    } else if compound::is_compound_file(&head) {
        Form::Installer
    } else if pe::is_executable(&head) {
        Form::Program
    } else if cabinet::is_cabinet(&head) {
        Form::Cabinet
    } else if text::is_text(&head) {
        Form::Text
    } else {
        Form::Other(other_form(&head))
    })
}

fn other_form(head: &[u8]) -> &'static str {
    let table: [(&[u8], &str); 6] = [
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip archive"),
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
    Ok(match form {
        Form::Text if content.size()? <= text::MAX_BYTES => {
            text::recognise(&content.head(text::MAX_BYTES)?, context, subject)
        }
        Form::Text => Recognised::unknown("text", subject),
        Form::Installer => package::installer(&mut content.open()?, subject),
        Form::Program => package::program(&mut content.open()?, subject),
        Form::Cabinet => package::update(&mut content.open()?, subject),
        Form::Other(looks_like) => Recognised::unknown(looks_like, subject),
        Form::Zip => Recognised::unknown("a ZIP archive", subject),
        Form::Empty => Recognised {
            problems: vec![Problem::new(
                &codes::EMPTY,
                subject,
                "the file is empty",
                "download it again, or take it out of the folder",
            )],
            ..Recognised::unknown("nothing", subject)
        },
    })
}

/// Recognises a file of the deployment tool's staged folder by its place alone; what can carry
/// a signature has to.
pub(super) fn source_file(form: Form, relative: &Path, subject: &str) -> Recognised {
    let signed_as = match form {
        Form::Program => Some(FileKind::Pe),
        Form::Installer => Some(FileKind::Msi),
        Form::Cabinet => Some(FileKind::Cabinet),
        Form::Empty | Form::Zip | Form::Text | Form::Other(_) => None,
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
                rule: RuleFor::Tools,
            }),
            None => SignatureCheck::Done(Verdict::NotChecked {
                why: "data of the deployment tool, which checks it itself".to_owned(),
            }),
        },
        problems,
    }
}
