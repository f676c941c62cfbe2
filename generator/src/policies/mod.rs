//! The GPOs that a bundle carries: which there are, and what each says.

mod deploy;
mod error;
mod output;
mod settings;

pub use deploy::{
    DeployOptions, DeployTask, EXECUTION_LIMIT_S, PrincipalForm, ServerTask, deploy, tasks,
};
pub use error::GpoError;
pub use output::{GpoFiles, InvalidRoleName, Purpose, RoleName};
pub use settings::{
    Exclusions, Proxies, RoleExclusions, SettingsOptions, check_values, exclusions_in, settings,
};
