//! What one inspection has in common.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::codes;
use super::settings::IntakeSettings;
use crate::formats::authenticode::TrustAnchors;
use crate::formats::blob::BlobAnchors;
use crate::problem::Problem;

/// Settings, trusted roots and the count of files of one inspection.
pub(super) struct Context<'a> {
    pub(super) settings: &'a IntakeSettings,
    pub(super) anchors: TrustAnchors,
    pub(super) blob_anchors: BlobAnchors,
    looked_at: AtomicUsize,
}

impl<'a> Context<'a> {
    /// Reads the roots and revocation lists that the settings name; one that cannot be read is left out and reported.
    pub(super) fn new(settings: &'a IntakeSettings) -> (Self, Vec<Problem>) {
        let mut anchors = TrustAnchors::microsoft();
        let mut blob_anchors = BlobAnchors::built_in();
        let mut problems = Vec::new();
        for (index, root) in settings.blob_roots.iter().enumerate() {
            match blob_anchors.clone().with_added(root) {
                Ok(with) => blob_anchors = with,
                Err(error) => problems.push(
                    Problem::new(
                        &codes::UNREADABLE,
                        format!("blob root {}", index + 1),
                        "the certificate of a root for blobs cannot be read",
                        "correct `blob_roots` under `[trust]`: PEM or DER certificates",
                    )
                    .with_evidence(error.to_string()),
                ),
            }
        }
        for (index, root) in settings.lab_roots.iter().enumerate() {
            let with_both = anchors
                .clone()
                .with_lab_root(root)
                .and_then(|with| Ok((with, blob_anchors.clone().with_lab_root(root)?)));
            match with_both {
                Ok((with, for_blobs)) => {
                    anchors = with;
                    blob_anchors = for_blobs;
                }
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
            blob_anchors,
            looked_at: AtomicUsize::new(0),
        };
        (context, problems)
    }

    /// Counts one more file or entry; false when there are too many.
    pub(super) fn count(&self) -> bool {
        self.looked_at.fetch_add(1, Ordering::Relaxed) < self.settings.limits.files
    }
}
