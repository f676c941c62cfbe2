//! What lies ready before a download is read: config, stub, lock.

use gangway_contract::manifest::Mode;

use super::BuildRequest;
use crate::bootstrap::{self, SpecialiseError, StubIdentity};
use crate::formats::x509::TrustAnchors;
use crate::intake::{self, Inspection, IntakeSettings, Item};
use crate::pipeline::build_error::BuildError;
use crate::pipeline::config::Config;
use crate::pipeline::identity;
use crate::pipeline::inputs::Named;
use crate::pipeline::kept::kept;
use crate::pipeline::lock::HeldLock;
use crate::pipeline::output::{Kept, Staging};
use crate::pipeline::progress::Progress;
use crate::pipeline::stub::Stub;
use crate::pipeline::trust;
use crate::pipeline::verify::judge;
use crate::problem::Problem;

/// Config, stub and lock of a build; the lock is held until this is dropped.
pub(super) struct Desk<'a> {
    pub(super) request: &'a BuildRequest,
    pub(super) config: Config,
    pub(super) mode: Mode,
    pub(super) stub: Stub,
    pub(super) stub_identity: StubIdentity,
    /// Roots of the bootstrap's signature; none when none is named.
    pub(super) anchors: Option<TrustAnchors>,
    pub(super) settings: IntakeSettings,
    pub(super) held: HeldLock,
    /// What there is to say of the organisation's identity.
    pub(super) identity: Vec<Problem>,
    /// The downloads by the names that the config gives them.
    pub(super) named: Named,
}

impl<'a> Desk<'a> {
    /// # Errors
    /// One of them cannot be used.
    pub(super) fn of(request: &'a BuildRequest) -> Result<Self, BuildError> {
        let mut config = Config::load(&request.config)?;
        if request.retire {
            config.settings.retire = true;
            // A task that stays would be one more thing to take away.
            config.report_every_days = 0;
        }
        let stub = Stub::load(request.stub.as_deref(), &config)?;
        let stub_identity =
            bootstrap::identify(&stub.bytes).map_err(|source| BuildError::Stub {
                path: stub.path.clone(),
                source,
            })?;
        // Nobody should learn of a missing root only when the bundle is to be verified.
        let anchors = trust::anchors_of(&trust::signing_roots(&config)?);
        let settings = trust::settings_of(&config, request.now)?;
        let held = HeldLock::of(&request.config, request.lock)?;
        let known = identity::known(held.old.as_ref(), &request.out);
        let organization = &config.organization;
        let changed = identity::changed(known.as_deref(), organization, request.new_identity);
        if let Some(problem) = changed.iter().find(|problem| problem.is_error()) {
            return Err(BuildError::Problems(vec![problem.clone()]));
        }
        let noted = identity::noted(organization, &request.config);
        let mode = request
            .mode
            .unwrap_or_else(|| Mode::from(config.onboard.mode));
        Ok(Self {
            request,
            anchors,
            identity: changed.into_iter().chain(noted).collect(),
            named: Named::of(&config),
            config,
            mode,
            stub,
            stub_identity,
            settings,
            held,
        })
    }

    pub(super) fn stub_fault(&self, source: SpecialiseError) -> BuildError {
        BuildError::Stub {
            path: self.stub.path.clone(),
            source,
        }
    }

    /// Is this a signature that `verify` would take?
    pub(super) fn signature_holds(&self, path: &str, exe: &[u8]) -> bool {
        let judged = judge(path, exe, self.anchors.as_ref(), self.request.now);
        !judged.problems.iter().any(Problem::is_error)
    }

    /// What this build reads: none of it may go away with the folder that is replaced.
    pub(super) fn kept(&self) -> Vec<Kept> {
        let share = self.request.share.as_deref();
        let share = share.map(|share| ("the share", share.join("control.json")));
        let own = [("the stub", self.stub.path.clone())]
            .into_iter()
            .chain(share);
        kept(Some((&self.request.config, &self.config)), own)
    }

    /// Has a download to do with this bundle?
    pub(super) fn concerns(&self, item: &Item) -> bool {
        self.mode == Mode::Offboard || !item.kind.offboards()
    }

    /// Findings about config and downloads. What is wrong with one that the bundle has nothing to do with
    /// does not stand against it.
    pub(super) fn problems_of(&self, inspection: &Inspection) -> Vec<Problem> {
        let counts = |item: &Item, problem: &Problem| self.concerns(item) || !problem.is_error();
        let of_items = inspection.items.iter().flat_map(|item| {
            let problems = item.problems.iter();
            problems.filter(|problem| counts(item, problem))
        });
        // Only these bundles have policies with settings.
        let remarks = &self.config.remarks;
        let remarks = remarks.iter().filter(|_| self.mode == Mode::Onboard);
        self.identity
            .iter()
            .chain(remarks)
            .chain(&inspection.problems)
            .chain(of_items)
            .cloned()
            .collect()
    }

    /// Reads the downloads; copies of what lies inside archives go to the staging folder.
    ///
    /// # Errors
    /// One is not there; the disk.
    pub(super) fn inspect(
        &self,
        staging: &mut Staging,
        progress: &dyn Progress,
    ) -> Result<Inspection, BuildError> {
        let config = &self.config;
        config.named_files.all_there(&config.downloads)?;
        let settings = IntakeSettings {
            staging: Some(staging.intake_folder()?),
            ..self.settings.clone()
        };
        progress.begin("inspect", 0);
        let mut inspection = intake::inspect(&self.config.downloads.paths, &settings);
        progress.end();
        self.named.sort(&mut inspection.items);
        Ok(inspection)
    }
}
