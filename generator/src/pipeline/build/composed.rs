//! What servers are told, with its sequence.

use gangway_contract::Sha256;
use gangway_contract::manifest::{self, Manifest, Mode, Payload};

use super::accepted::Accepted;
use super::desk::Desk;
use crate::goal::Goal;
use crate::intake::lock::{Lock, LockMode};
use crate::pipeline::build_error::BuildError;
use crate::pipeline::config::Config;
use crate::pipeline::inputs::Target;
use crate::pipeline::payloads::{self, Selected};
use crate::pipeline::workspace_key::WorkspaceKey;
use crate::pipeline::{lock, sequence};
use crate::problem::Problem;

/// The manifest, and the lock that its sequence came from.
pub(super) struct Composed {
    pub(super) manifest: Manifest,
    pub(super) lock: Lock,
    /// That servers will begin nothing of it.
    pub(super) paused: Option<Problem>,
}

impl Composed {
    /// # Errors
    /// No sequence that servers would take.
    pub(super) fn of(desk: &Desk<'_>, accepted: &Accepted<'_>) -> Result<Self, BuildError> {
        let (request, mode) = (desk.request, desk.mode);
        let seen = sequence::look(
            &request.out,
            request.share.as_deref(),
            desk.config.organization.identity(),
        )?;
        let mut manifest = compose_manifest(
            &desk.config,
            mode,
            accepted.target.clone(),
            &accepted.selected,
            accepted.key.as_ref(),
            &desk.settings.lab_roots,
            desk.stub_identity.sha256,
        );
        let goal = Goal::of(&manifest);
        let mut lock = accepted.lock.clone();
        lock.identity = Some(desk.config.organization.identity().to_owned());
        if request.lock != LockMode::Locked {
            if request.sequence_after > 0 {
                lock.go_on_after(request.sequence_after);
            }
            lock = sequence::resumed(lock, goal, &seen);
        }
        let refused = lock::assign_sequence(&mut manifest, &lock, request.lock);
        let rest = lock::rest_of(&manifest);
        let behind = || sequence::behind(&lock, goal, rest, manifest.sequence, &seen);
        match refused.or_else(behind) {
            Some(problem) => Err(accepted.refused(problem)),
            None => Ok(Self {
                manifest,
                lock,
                paused: sequence::paused(&seen),
            }),
        }
    }
}

/// All that servers are told.
pub(in crate::pipeline) fn compose_manifest(
    config: &Config,
    mode: Mode,
    target: Target,
    selected: &[Selected<'_>],
    key: Option<&WorkspaceKey>,
    lab_roots: &[Vec<u8>],
    stub: Sha256,
) -> Manifest {
    let downloads = selected.iter().map(|one| &one.payload);
    let key = key.map(|key| &key.payload);
    let mut payloads: Vec<Payload> = downloads.chain(key).cloned().collect();
    payloads.sort_by(|left, right| left.name.cmp(&right.name));
    Manifest {
        schema: manifest::SCHEMA,
        mode,
        organization: config.organization.name.clone(),
        sequence: 0,
        tenant: target.tenant,
        expires_at: target.expires_at,
        release_id: payloads::release_id(&payloads),
        stub,
        payloads,
        settings: config.settings.clone(),
        lab_roots: lab_roots.iter().map(|der| Sha256::of(der)).collect(),
    }
}
