//! `gangway build`: one folder, complete or not at all.

use std::path::{Path, PathBuf};

use gangway_contract::control::Control;
use gangway_contract::manifest::{self, Manifest, Mode, Payload};
use gangway_contract::{BundleId, Sha256};

use super::build_error::BuildError;
use super::config::Config;
use super::inputs::{Named, Target, inputs, output_time, remarks, target};
use super::layout::exe_path;
use super::lock::{HeldLock, Prepared};
use super::output::{Kept, Staging};
use super::payloads::{self, Selected};
use super::progress::Progress;
use super::stage::{stage_payloads, stage_templates};
use super::sums::{SUMS_FILE_NAME, sums};
use super::unchanged::{changed_files, is_the_same};
use super::verify::exe_digest;
use super::workspace_key::{self, WorkspaceKey};
use super::{kit, lock, output, policies, runbook, sequence, stub, trust};
use crate::bootstrap;
use crate::bundle::{self, BundleDocument, Exe, Tool};
use crate::intake::lock::{Change, LockMode, LockedDownload, reconcile};
use crate::intake::{self, IntakeSettings};
use crate::interrupted;
use crate::problem::{Deny, Problem};

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// `gangway.toml`.
    pub config: PathBuf,
    /// The folder to write.
    pub out: PathBuf,
    /// What the bootstrap will do, before config is asked. Offboarding is never a setting of a
    /// config: it is asked for by name, and gives a bundle of its own.
    pub mode: Option<Mode>,
    /// The stub, before config and neighbourhood are asked.
    pub stub: Option<PathBuf>,
    /// Moment that expiry is judged at, in seconds since 1970 UTC; never enters the bundle.
    pub now: i64,
    /// What may differ from `gangway.lock`.
    pub lock: LockMode,
    /// `SOURCE_DATE_EPOCH`, when set.
    pub source_date_epoch: Option<i64>,
    /// A sequence that servers have seen already; the bundle gets a higher one.
    pub sequence_after: u64,
    /// A folder that the share is reached by: its `control.json` must not hold the bundle back.
    pub share: Option<PathBuf>,
    /// Findings that shall stand against the build.
    pub deny: Deny,
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Built {
    /// Its document.
    pub document: BundleDocument,
    /// SHA-256 of `bundle.json`: the one line that proves the whole to who kept it.
    pub bundle_json_sha256: Sha256,
    /// Findings below error.
    pub problems: Vec<Problem>,
    /// What differs from the lock, and was accepted.
    pub changes: Vec<Change>,
    /// The place held this very bundle already: nothing in it was touched, a signature stays.
    pub unchanged: bool,
    /// Files that differ from the bundle that was there, sorted; none when there was none.
    pub changed_files: Vec<String>,
}

/// Builds a bundle.
///
/// # Errors
/// Anything that stands against it; then the output folder is as it was.
pub fn build(request: &BuildRequest, progress: &dyn Progress) -> Result<Built, BuildError> {
    // Before anything can fail: what a killed build left is not for a later run to mend.
    output::mend(&request.out);
    let config = Config::load(&request.config)?;
    let (stub_path, stub) = stub::load(request.stub.as_deref(), config.bootstrap.stub.as_deref())?;
    let stub_fault = |source| BuildError::Stub {
        path: stub_path.clone(),
        source,
    };
    let stub_identity = bootstrap::identify(&stub).map_err(stub_fault)?;
    // Nobody should learn of a missing root only when the bundle is to be verified.
    trust::load_roots(&config.signing.roots)?;
    let settings = trust::settings_of(&config, request.now)?;
    let held = HeldLock::of(&request.config, request.lock)?;
    let kept = kept(request, &config, &stub_path);
    let mut staging = Staging::begin(&request.out, &kept)?;
    let settings = IntakeSettings {
        staging: Some(staging.intake_folder()?),
        ..settings
    };

    progress.begin("inspect", 0);
    let mut inspection = intake::inspect(&config.downloads.paths, &settings);
    progress.end();
    let named = Named::of(&config);
    named.sort(&mut inspection.items);
    let mode = request
        .mode
        .unwrap_or_else(|| Mode::from(config.onboard.mode));
    let agent = config
        .onboard
        .monitoring_agent
        .as_ref()
        .filter(|_| mode != Mode::Offboard);
    let key = agent
        .map(|agent| workspace_key::read(&agent.key_file))
        .transpose()?;
    let apply = config.onboard.apply;
    let choices = payloads::Choices {
        mode,
        apply,
        accept_scripts: &config.onboard.accept_scripts,
        monitoring_agent: agent.is_some(),
    };
    let (selected, missing) = payloads::select(&inspection, &choices);
    let reconciled = reconcile(
        held.old.as_ref(),
        &inspection,
        LockedDownload::stub(&stub, &stub_identity.version, request.now),
        request.lock,
        request.now,
    );
    let mut problems: Vec<Problem> = inspection.all_problems().cloned().collect();
    // Against downloads of which some could not be read, neither says anything.
    let refused = |problem: &Problem| intake::codes::ENVIRONMENT.contains(&problem.code);
    if !problems.iter().any(refused) {
        problems.extend(missing);
        problems.extend(reconciled.problems);
    }
    let target = match target(&inspection, mode, apply) {
        Some(target) if !problems.iter().any(Problem::is_error) => target,
        _ => return Err(BuildError::Problems(problems)),
    };
    if problems.iter().any(|problem| request.deny.refuses(problem)) {
        return Err(BuildError::Denied(problems));
    }
    let mut lock = reconciled.lock;
    let seen = sequence::look(
        &request.out,
        request.share.as_deref(),
        &config.organization.name,
    )?;
    if request.lock != LockMode::Locked {
        lock.sequence = lock.sequence.max(request.sequence_after);
        lock = sequence::resumed(lock, mode, &seen);
    }
    let lab_roots = &settings.lab_roots;
    let mut manifest = compose_manifest(
        &config,
        mode,
        target,
        &selected,
        key.as_ref(),
        lab_roots,
        stub_identity.sha256,
    );
    if let Some(problem) = lock::assign_sequence(&mut manifest, &lock, request.lock)
        .or_else(|| sequence::behind(&lock, manifest.sequence, &seen))
    {
        problems.push(problem);
        return Err(BuildError::Problems(problems));
    }
    let manifest_bytes = manifest.to_bytes();
    let bundle_id = BundleId::of_bytes(&manifest_bytes);
    let exe = bootstrap::specialise(&stub, &manifest, &manifest_bytes).map_err(stub_fault)?;
    let authenticode = exe_digest(&exe.bytes).map_err(|why| BuildError::Digest { why })?;
    let output_time = output_time(request.source_date_epoch, &inspection);

    stage_payloads(&mut staging, &manifest.release_id, &selected, progress)?;
    if let Some(WorkspaceKey { payload, bytes }) = &key {
        let path = format!("share/releases/{}/{}", manifest.release_id, payload.name);
        staging.write(&path, bytes)?;
    }
    staging.write("manifest.json", &manifest_bytes)?;
    staging.write("share/control.json", &Control::OPEN.to_bytes())?;
    let common = policies::Common {
        config: &config,
        mode,
        bundle_id: &bundle_id,
        exe_name: &exe.name,
        output_time,
    };
    let policies = policies::write(&mut staging, &common)?;
    let has_templates = stage_templates(&mut staging, &inspection, progress)?;
    let release = &manifest.release_id;
    kit::write(&mut staging, &common, release, &policies, has_templates)?;
    let inputs = inputs(&inspection, &selected, &manifest.release_id, &named);
    let remarks = remarks(&inspection, mode, &named);
    let runbook = runbook::render(&runbook::Facts {
        config: &config,
        manifest: &manifest,
        bundle_id: &bundle_id,
        exe_name: &exe.name,
        authenticode_sha256: authenticode.to_string(),
        inputs: &inputs,
        remarks: &remarks,
        output_time,
        policies: &policies,
    })
    .map_err(|error| BuildError::Runbook {
        why: error.to_string(),
    })?;
    staging.write("runbook.html", runbook.as_bytes())?;

    let mut files = staging.files().to_vec();
    files.sort();
    let exe_path = exe_path(mode, &bundle_id);
    let exe_digest = staging.write(&exe_path, &exe.bytes)?;
    let document = BundleDocument {
        schema: bundle::SCHEMA,
        bundle_id,
        release_id: manifest.release_id.clone(),
        sequence: manifest.sequence,
        mode,
        organization: manifest.organization.clone(),
        output_time,
        tool: Tool {
            name: "gangway".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        exe: Exe {
            path: exe_path,
            unsigned_size: exe_digest.size,
            unsigned_sha256: exe_digest.sha256,
            authenticode_sha256: authenticode,
            stub_version: exe.stub.version,
            stub_sha256: exe.stub.sha256,
        },
        inputs,
        remarks,
        files,
    };
    let bundle_json = staging.write(bundle::FILE_NAME, &document.to_bytes())?;
    if let Some(problem) =
        lock::remember_bundle(&mut lock, &manifest, bundle_json.sha256, request.lock)
    {
        problems.push(problem);
        return Err(BuildError::Problems(problems));
    }
    let sums = sums(staging.files(), &document.exe.path);
    staging.write(SUMS_FILE_NAME, sums.as_bytes())?;
    let before = staging.standing()?;
    let unchanged = before.as_ref() == Some(&document)
        && is_the_same(staging.target(), &document, &sums, &exe.bytes);
    // The lock speaks of bundles that are there. A build that is killed between the two is
    // resumed by the next one (`sequence::resumed`).
    let new_lock = held.prepare(&lock)?;
    interrupted::undisturbed(|| -> Result<(), BuildError> {
        if !unchanged {
            staging.commit()?;
        }
        new_lock.map_or(Ok(()), Prepared::put)
    })?;
    let changed_files = before.map(|before| changed_files(&before, &document));
    Ok(Built {
        document,
        bundle_json_sha256: bundle_json.sha256,
        problems,
        changes: reconciled.changes,
        unchanged,
        changed_files: changed_files.unwrap_or_default(),
    })
}

/// What this build reads: none of it may go away with the folder that is replaced.
fn kept(request: &BuildRequest, config: &Config, stub: &Path) -> Vec<Kept> {
    let mut kept = vec![
        ("the config", request.config.clone()),
        ("the lock", lock::path_beside(&request.config)),
        ("the stub", stub.to_owned()),
    ];
    kept.extend(config.named_paths());
    // Where nobody knows the current folder, nobody is in it.
    let current = std::env::current_dir().ok();
    kept.extend(current.map(|folder| ("the current folder", folder)));
    kept
}

/// All that servers are told.
pub(super) fn compose_manifest(
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
        settings: config.settings(),
        lab_roots: lab_roots.iter().map(|der| Sha256::of(der)).collect(),
    }
}
