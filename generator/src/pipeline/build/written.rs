//! The files of a bundle, in the staging folder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::control::Control;
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, Sha256};

use super::accepted::Accepted;
use super::composed::Composed;
use super::desk::Desk;
use crate::bootstrap::{self, Bootstrap};
use crate::bundle::{self, BundleDocument, Exe, Input, Remark, Tool};
use crate::intake::lock::Lock;
use crate::pipeline::briefing::Facts;
use crate::pipeline::build_error::BuildError;
use crate::pipeline::config::without_exclusions;
use crate::pipeline::identity::task_purpose;
use crate::pipeline::inputs::{inputs, output_time, remarks};
use crate::pipeline::layout::{CONTROL_PATH, exe_path};
use crate::pipeline::output::Staging;
use crate::pipeline::progress::Progress;
use crate::pipeline::stage::{stage_payloads, stage_templates};
use crate::pipeline::sums::{SUMS_FILE_NAME, sums};
use crate::pipeline::unchanged::signed_already;
use crate::pipeline::verify::exe_digest;
use crate::pipeline::workspace_key::WorkspaceKey;
use crate::pipeline::{lock, policies, runbook, soc};
use crate::recipe::{self, Recipe};

/// A bundle whose files are all written.
pub(super) struct Written {
    pub(super) document: BundleDocument,
    /// SHA-256 of `bundle.json`.
    pub(super) bundle_json_sha256: Sha256,
    /// Text of `SHA256SUMS`.
    pub(super) sums: String,
    /// The unsigned exe.
    pub(super) exe: Vec<u8>,
    /// Was it signed before, and stays so?
    pub(super) signature_kept: bool,
    /// The lock that remembers it.
    pub(super) lock: Lock,
}

/// What is told of a bundle in more than one of its files.
struct Told {
    bundle_id: BundleId,
    /// Seconds since 1970 UTC.
    output_time: i64,
    exe: Bootstrap,
    authenticode: Sha256,
    inputs: Vec<Input>,
    remarks: Vec<Remark>,
}

impl Told {
    fn of(
        desk: &Desk<'_>,
        accepted: &Accepted<'_>,
        composed: &Composed,
    ) -> Result<Self, BuildError> {
        let manifest = &composed.manifest;
        let manifest_bytes = manifest.to_bytes();
        let exe = bootstrap::specialise(&desk.stub.bytes, manifest, &manifest_bytes)
            .map_err(|source| desk.stub_fault(source))?;
        let authenticode = exe_digest(&exe.bytes).map_err(|why| BuildError::Digest { why })?;
        let inspection = accepted.inspection;
        Ok(Self {
            bundle_id: BundleId::of_bytes(&manifest_bytes),
            output_time: output_time(desk.request.source_date_epoch, inspection),
            exe,
            authenticode,
            inputs: inputs(
                inspection.items.iter().filter(|item| desk.concerns(item)),
                &accepted.selected,
                &manifest.release_id,
                &desk.named,
            ),
            remarks: remarks(inspection, desk.mode, &desk.named),
        })
    }
}

impl Written {
    /// # Errors
    /// The disk, a policy that cannot be, or with `--locked` another bundle than the lock's.
    pub(super) fn of(
        desk: &Desk<'_>,
        accepted: &Accepted<'_>,
        composed: Composed,
        staging: &mut Staging,
        progress: &dyn Progress,
    ) -> Result<Self, BuildError> {
        let told = Told::of(desk, accepted, &composed)?;
        write_share(accepted, &composed, staging, progress)?;
        write_domains(desk, accepted, &composed, &told, staging, progress)?;

        let recipe = recipe_of(desk, accepted, &composed, &told);
        staging.write(recipe::FILE_NAME, &recipe.to_bytes())?;
        write_recipes(desk, &recipe, staging)?;

        let mut files = staging.files().to_vec();
        files.sort();
        let exe_path = exe_path(desk.mode, &told.bundle_id);
        // A domain that was added makes no other program: one more signature on it would make two files
        // of one name, of which a domain takes only the first.
        let holds = |exe: &[u8]| desk.signature_holds(&exe_path, exe);
        let signed = signed_already(staging.target(), &exe_path, &told.exe.bytes, holds);
        staging.write(&exe_path, signed.as_ref().unwrap_or(&told.exe.bytes))?;
        let Composed {
            manifest, mut lock, ..
        } = composed;
        let document = BundleDocument {
            schema: bundle::SCHEMA,
            bundle_id: told.bundle_id,
            release_id: manifest.release_id.clone(),
            sequence: manifest.sequence,
            mode: desk.mode,
            organization: manifest.organization.clone(),
            // An id that is the name changes no byte, so that it can be written down at any time.
            organization_id: Some(desk.config.organization.identity())
                .filter(|id| *id != manifest.organization)
                .map(str::to_owned),
            exclude_group: match desk.mode {
                Mode::Precheck | Mode::Onboard => desk.config.gpo.exclude_group.clone(),
                Mode::Offboard => None,
            },
            output_time: told.output_time,
            tool: tool(),
            exe: Exe {
                path: exe_path,
                unsigned_size: told.exe.bytes.len() as u64,
                unsigned_sha256: Sha256::of(&told.exe.bytes),
                authenticode_sha256: told.authenticode,
                stub_version: told.exe.stub.version,
                stub_sha256: told.exe.stub.sha256,
            },
            inputs: told.inputs,
            remarks: told.remarks,
            files,
        };
        let bundle_json = staging.write(bundle::FILE_NAME, &document.to_bytes())?;
        let locking = desk.request.lock;
        if let Some(problem) =
            lock::remember_bundle(&mut lock, &manifest, bundle_json.sha256, locking)
        {
            return Err(accepted.refused(problem));
        }
        let sums = sums(staging.files(), &document.exe.path);
        staging.write(SUMS_FILE_NAME, sums.as_bytes())?;
        Ok(Self {
            document,
            bundle_json_sha256: bundle_json.sha256,
            sums,
            signature_kept: signed.is_some(),
            exe: told.exe.bytes,
            lock,
        })
    }
}

/// What the bundle is made of, without what depends on the day or on the lock's history.
fn recipe_of(desk: &Desk<'_>, accepted: &Accepted<'_>, composed: &Composed, told: &Told) -> Recipe {
    let encoded = |certificates: &[Vec<u8>]| -> Vec<String> {
        certificates
            .iter()
            .map(|der| STANDARD.encode(der))
            .collect()
    };
    let stub = Sha256::of(&desk.stub.bytes);
    let items = &accepted.inspection.items;
    let is_used = |sha256: Sha256| {
        let mut items = items.iter().filter(|item| desk.concerns(item));
        sha256 == stub || items.any(|item| item.sha256 == sha256)
    };
    let downloads = composed.lock.downloads.iter();
    Recipe {
        schema: recipe::SCHEMA,
        tool: tool(),
        stub_version: told.exe.stub.version.clone(),
        output_time: told.output_time,
        manifest: composed.manifest.clone(),
        config: desk.config.portable.clone(),
        config_sha256: Sha256::of(desk.config.portable.as_bytes()),
        withheld: Vec::new(),
        lab_roots: encoded(&desk.settings.lab_roots),
        blob_roots: encoded(&desk.settings.blob_roots),
        downloads: downloads
            .filter(|one| is_used(one.sha256))
            .map(Into::into)
            .collect(),
    }
}

/// The recipe beside each policy with the task, where everybody in the domain may read it.
fn write_recipes(
    desk: &Desk<'_>,
    recipe: &Recipe,
    staging: &mut Staging,
) -> Result<(), BuildError> {
    let (config, withheld) = without_exclusions(&recipe.config);
    let bytes = recipe.shown(config, withheld).to_bytes();
    let identity = desk.config.organization.identity();
    for domain in &desk.config.gpo.domain {
        let domain = &domain.dns_name;
        let id = task_purpose(desk.mode).gpo_id(identity, domain);
        let folder = format!("gpo/{domain}/sysvol/Policies/{id}/{}", recipe::FOLDER);
        staging.write(&format!("{folder}/{}", recipe::FILE_NAME), &bytes)?;
    }
    Ok(())
}

/// This program.
fn tool() -> Tool {
    Tool {
        name: "gangway".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What servers fetch, and the manifest for a reader.
fn write_share(
    accepted: &Accepted<'_>,
    composed: &Composed,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    let manifest = &composed.manifest;
    stage_payloads(staging, &manifest.release_id, &accepted.selected, progress)?;
    if let Some(WorkspaceKey { payload, bytes }) = &accepted.key {
        let path = format!("share/releases/{}/{}", manifest.release_id, payload.name);
        staging.write(&path, bytes)?;
    }
    staging.write("manifest.json", &manifest.to_bytes())?;
    staging.write(CONTROL_PATH, &Control::OPEN.to_bytes())?;
    Ok(())
}

/// Policies of every domain, and what tells people of them.
fn write_domains(
    desk: &Desk<'_>,
    accepted: &Accepted<'_>,
    composed: &Composed,
    told: &Told,
    staging: &mut Staging,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    let manifest = &composed.manifest;
    let common = policies::Common {
        config: &desk.config,
        mode: desk.mode,
        bundle_id: &told.bundle_id,
        exe_name: &told.exe.name,
        output_time: told.output_time,
    };
    let policies = policies::write(staging, &common)?;
    stage_templates(staging, accepted.inspection, progress)?;
    let facts = Facts {
        config: &desk.config,
        manifest,
        bundle_id: &told.bundle_id,
        exe_name: &told.exe.name,
        authenticode_sha256: told.authenticode,
        unsigned_sha256: Sha256::of(&told.exe.bytes),
        inputs: &told.inputs,
        remarks: &told.remarks,
        policies: &policies,
    };
    let runbook = runbook::render(&facts).map_err(|error| BuildError::Runbook {
        why: error.to_string(),
    })?;
    staging.write("runbook.html", runbook.as_bytes())?;
    staging.write(soc::FILE_NAME, &soc::document(&facts).to_bytes())?;
    Ok(())
}
