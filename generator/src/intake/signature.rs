//! From what a signature proves to what the policy says about it.

use std::io;

use super::codes;
use super::content::Content;
use super::context::Context;
use super::item::{FirstSignature, SignatureFacts, Verdict};
use super::settings::{SignerPolicy, SignerRule, TrustSettings};
use crate::formats::authenticode::{self, AnchorName, FileKind, InvalidReason, Valid, Warning};
use crate::problem::Problem;

/// Which rule of `[trust.signers]` a kind of file falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleFor {
    Agent,
    Scripts,
    Updates,
    Tools,
}

impl RuleFor {
    fn of(self, policy: &SignerPolicy) -> &SignerRule {
        match self {
            Self::Agent => &policy.agent,
            Self::Scripts => &policy.scripts,
            Self::Updates => &policy.updates,
            Self::Tools => &policy.tools,
        }
    }

    /// Does it take what rests on SHA-1 alone?
    fn allows_sha1(self, policy: &SignerPolicy) -> bool {
        let default = self == Self::Updates;
        self.of(policy).allow_sha1.unwrap_or(default)
    }

    fn key(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Scripts => "scripts",
            Self::Updates => "updates",
            Self::Tools => "tools",
        }
    }
}

const AGAIN: &str = "download the file again from Microsoft";

/// The intake's verdict of an Authenticode verdict.
pub(super) fn summarise(verdict: &authenticode::Verdict) -> Verdict {
    match verdict {
        authenticode::Verdict::Valid(valid) => Verdict::Valid {
            signer: valid.signature.signer.subject.clone(),
            chain: valid
                .signature
                .chain
                .iter()
                .map(|link| link.subject.clone())
                .collect(),
            signed_at: valid.signature.signed_at.as_ref().map(|at| at.unix_seconds),
            lab_root: used_lab_root(valid),
            blob_root: false,
            revocation_checked: all_warnings(valid).all(|w| *w != Warning::RevocationNotChecked),
            signatures: signatures(valid),
            remarks: remarks(valid),
            first_signature: first_signature(valid),
        },
        authenticode::Verdict::Invalid { reason, .. } => Verdict::Invalid {
            why: reason.to_string(),
        },
        authenticode::Verdict::Unsigned => Verdict::Unsigned,
        authenticode::Verdict::NotChecked { why } => Verdict::NotChecked { why: why.clone() },
    }
}

/// All signatures, in the order of the file.
fn signatures(valid: &Valid) -> Vec<SignatureFacts> {
    let others = valid
        .others
        .iter()
        .map(|other| (other.place, &other.signature));
    let mut found: Vec<_> = others.chain([(valid.place, &valid.signature)]).collect();
    found.sort_by_key(|(place, _)| *place);
    let facts = found.into_iter().map(|(place, signature)| SignatureFacts {
        place: place.to_string(),
        signer: signature.signer.subject.clone(),
        root: signature
            .chain
            .last()
            .map(|root| root.subject.clone())
            .unwrap_or_default(),
        digest: signature.digest_algorithm,
        signed_at: signature.signed_at.as_ref().map(|at| at.unix_seconds),
        stamped_by: signature.signed_at.as_ref().map(|at| at.authority.clone()),
    });
    facts.collect()
}

/// What the verdict does not say by itself: of the file and its strongest signature first, then
/// of the others. That certificates ended since is true of nearly every good file, and the stamp
/// says it.
fn remarks(valid: &Valid) -> Vec<String> {
    let worth_telling = |warning: &&Warning| {
        !matches!(
            warning,
            Warning::LabRoot { .. } | Warning::RevocationNotChecked | Warning::EndedSince { .. }
        )
    };
    let mut remarks: Vec<String> = valid
        .warnings
        .iter()
        .filter(worth_telling)
        .map(Warning::to_string)
        .collect();
    for other in &valid.others {
        let warnings = other.warnings.iter().filter(worth_telling);
        remarks.extend(warnings.map(|warning| format!("{}: {warning}", other.place)));
    }
    remarks
}

fn first_signature(valid: &Valid) -> Option<FirstSignature> {
    let first = valid.first();
    Some(FirstSignature {
        certificate: first.chain.first()?.sha256.parse().ok()?,
        root: first.chain.last()?.sha256.parse().ok()?,
        signed_at: first.signed_at.as_ref().map(|at| at.unix_seconds),
    })
}

/// Did a root of the configuration vouch for a signer or a time stamp?
fn used_lab_root(valid: &Valid) -> bool {
    all_warnings(valid).any(|warning| matches!(warning, Warning::LabRoot { .. }))
}

/// The warnings of every signature that holds.
fn all_warnings(valid: &Valid) -> impl Iterator<Item = &Warning> {
    let others = valid.others.iter().flat_map(|other| &other.warnings);
    valid.warnings.iter().chain(others)
}

/// What the policy says about an Authenticode verdict. Pure.
pub(super) fn policy_problems(
    verdict: &authenticode::Verdict,
    rule_for: RuleFor,
    trust: &TrustSettings,
    subject: &str,
) -> Vec<Problem> {
    let rule = rule_for.of(&trust.signers);
    match verdict {
        authenticode::Verdict::Valid(valid) => {
            let mut problems = identity_problems(valid, rule, rule_for, trust, subject);
            problems.extend(strength_problems(valid, rule_for, &trust.signers, subject));
            problems
        }
        authenticode::Verdict::Invalid { reason, claimed } => {
            let mut problem = match reason {
                InvalidReason::ScriptLineEndingsChanged => Problem::new(
                    &codes::SIGNED_ENDINGS_CHANGED,
                    subject,
                    "the script's line ends were changed after it was signed",
                    "download the script as a file, or restore CR LF line ends and give it again",
                ),
                InvalidReason::SignerNotTrusted { .. } => Problem::new(
                    &codes::INVALID_SIGNATURE,
                    subject,
                    "no trusted root vouches for the file's signer",
                    "find out where the file comes from; Microsoft's own has a signer under one of \
                     its roots",
                ),
                _ => Problem::new(
                    &codes::INVALID_SIGNATURE,
                    subject,
                    "the file's signature does not hold",
                    AGAIN,
                ),
            }
            .with_evidence(reason.to_string());
            if let Some(claimed) = claimed {
                problem = problem.with_evidence(format!(
                    "it says that it was signed by `{}`; nothing proves that",
                    claimed.subject
                ));
            }
            vec![problem]
        }
        authenticode::Verdict::Unsigned => vec![
            Problem::new(
                &codes::UNSIGNED,
                subject,
                "the file carries no Authenticode signature",
                AGAIN,
            )
            .with_evidence(format!(
                "expected: a signer of {}",
                quoted(&rule.organizations)
            )),
        ],
        authenticode::Verdict::NotChecked { why } => vec![
            Problem::new(
                &codes::NOT_CHECKED,
                subject,
                "the file's signature was not checked",
                AGAIN,
            )
            .with_evidence(why),
        ],
    }
}

/// Identity is the root, the organisation and the key usages together.
fn identity_problems(
    valid: &Valid,
    rule: &SignerRule,
    rule_for: RuleFor,
    trust: &TrustSettings,
    subject: &str,
) -> Vec<Problem> {
    let signer = &valid.signature.signer;
    let root = valid.signature.chain.last();
    let named_root = root.is_some_and(|root| {
        rule.roots
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(&root.sha256))
    });
    let mut problems = Vec::new();
    match &valid.signature.anchor {
        _ if named_root => {}
        AnchorName::Lab { name, sha256 } if !trust.lab_root_counts_as_microsoft => {
            problems.push(
                Problem::new(
                    &codes::LAB_ROOT_IS_NOT_MICROSOFT,
                    subject,
                    format!("the file is signed under the lab root `{name}`, not by Microsoft"),
                    "in a lab set `lab_root_counts_as_microsoft = true` under `[trust]`; \
                     elsewhere download the file from Microsoft",
                )
                .with_evidence(format!("root certificate: SHA-256 {sha256}")),
            );
        }
        // A pin that is set counts for whatever a chain ends at.
        AnchorName::Microsoft { name } | AnchorName::Lab { name, .. } if !rule.roots.is_empty() => {
            problems.push(wrong_signer(rule_for, subject).with_evidence(format!(
                "root: found `{name}`, expected one of {}",
                quoted(&rule.roots)
            )));
        }
        _ => {}
    }
    let organization = signer.organization.as_deref().unwrap_or_default();
    if !rule
        .organizations
        .iter()
        .any(|wanted| wanted == organization)
    {
        problems.push(wrong_signer(rule_for, subject).with_evidence(format!(
            "organisation: found `{organization}`, expected one of {}",
            quoted(&rule.organizations)
        )));
    }
    for usage in &rule.extended_key_usages {
        if !signer.extended_key_usages.contains(usage) {
            problems.push(
                wrong_signer(rule_for, subject)
                    .with_evidence(format!("extended key usage {usage} is missing")),
            );
        }
    }
    for problem in &mut problems {
        problem
            .evidence
            .push(format!("signer: `{}`", signer.subject));
    }
    problems
}

fn wrong_signer(rule_for: RuleFor, subject: &str) -> Problem {
    Problem::new(
        &codes::WRONG_SIGNER,
        subject,
        format!(
            "the signature holds, but the signer is not one that `[trust.signers.{}]` allows",
            rule_for.key()
        ),
        AGAIN,
    )
}

fn strength_problems(
    valid: &Valid,
    rule_for: RuleFor,
    policy: &SignerPolicy,
    subject: &str,
) -> Vec<Problem> {
    let rule = rule_for.of(policy);
    let mut problems = Vec::new();
    if rule.require_timestamp && valid.signature.signed_at.is_none() {
        problems.push(Problem::new(
            &codes::NO_TIME_STAMP,
            subject,
            "the signature has no time stamp",
            format!(
                "{AGAIN}, or set `require_timestamp = false` in `[trust.signers.{}]`",
                rule_for.key()
            ),
        ));
    }
    // The certificates under the retired roots are signed with SHA-1.
    let rests_on_sha1 = valid
        .warnings
        .iter()
        .any(|warning| matches!(warning, Warning::Sha1Digest | Warning::RetiredRoot { .. }));
    if rests_on_sha1 && !rule_for.allows_sha1(policy) {
        problems.push(Problem::new(
            &codes::WEAK_DIGEST,
            subject,
            "the signature rests on SHA-1",
            format!(
                "download a current version, or set `allow_sha1 = true` in `[trust.signers.{}]`",
                rule_for.key()
            ),
        ));
    }
    if rule_for == RuleFor::Agent
        && !rule.allow_unsigned_metadata
        && valid.warnings.contains(&Warning::MetadataNotSigned)
    {
        problems.push(
            Problem::new(
                &codes::METADATA_NOT_SIGNED,
                subject,
                "the signature does not cover the names of the package's streams",
                "download the agent again; if Microsoft's own lacks it too, set \
                 `allow_unsigned_metadata = true` in `[trust.signers.agent]`",
            )
            .with_evidence(Warning::MetadataNotSigned.to_string()),
        );
    }
    let remarks = valid.warnings.iter();
    problems.extend(remarks.filter_map(|warning| remark(warning, subject)));
    problems
}

/// What is said of a warning by itself.
fn remark(warning: &Warning, subject: &str) -> Option<Problem> {
    let problem = match warning {
        Warning::CertificatePadding { .. } => Problem::new(
            &codes::UNCOVERED_BYTES,
            subject,
            "the file holds bytes that its signature does not cover",
            AGAIN,
        ),
        Warning::Sha1Digest
        | Warning::RetiredRoot { .. }
        | Warning::LocaleDependent { .. }
        | Warning::SlackData { .. }
        | Warning::RevocationListOutdated { .. }
        | Warning::OtherNotTrusted { .. } => Problem::new(
            &codes::SIGNATURE_REMARK,
            subject,
            "the signature holds with a reservation",
            "read the evidence; download a current version where there is one",
        ),
        // Said by the verdict itself, by a problem above or once for the whole inspection;
        // true of nearly every good file.
        Warning::LabRoot { .. }
        | Warning::RevocationNotChecked
        | Warning::NotStamped { .. }
        | Warning::MetadataNotSigned
        | Warning::EndedSince { .. } => return None,
    };
    Some(problem.with_evidence(warning.to_string()))
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// How a file's own signature is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authenticode {
    pub(super) file: FileKind,
    /// The rule of the policy; none for what is never staged, of which nothing is demanded.
    pub(super) rule: Option<RuleFor>,
}

impl Authenticode {
    /// What the file's signature proves.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(super) fn verdict(
        self,
        content: &Content,
        context: &Context<'_>,
    ) -> io::Result<authenticode::Verdict> {
        let (anchors, now) = (&context.anchors, context.settings.now);
        let mut reader = content.open()?;
        Ok(authenticode::verify(
            &mut reader,
            Some(self.file),
            anchors,
            now,
        ))
    }
}
