//! The Deploy GPO: one scheduled task that starts the bootstrap, and nothing else, so that it
//! can be unlinked at any time without taking a setting away.

use std::num::NonZeroU16;

use gangway_contract::daily::{
    APPLIES_KEY, ARGUMENT as DAILY_ARGUMENT, TASK_PREFIX as DAILY_TASK_PREFIX, TASK_TREE_KEY,
};
use gangway_contract::{BundleId, registry};

use super::error::GpoError;
use super::output::{GpoFiles, Purpose, output};
use crate::gpo::DomainName;
use crate::gpo::Guid;
use crate::gpo::gpt_ini::Version;
use crate::gpo::preferences::filter::{Condition, Filter};
use crate::gpo::preferences::scheduled_tasks::{ScheduledTasks, TaskKind, TaskProperties};
use crate::gpo::preferences::task::{
    Action, Actions, IdleSettings, NOW, Principal, Registration, Settings, Task, Trigger,
};
use crate::gpo::preferences::{Item, ItemAttributes};
use crate::gpo::registry_pol::{Record, RegistryPolicy};
use crate::gpo::wmi::WmiFilter;
use crate::gpo::{Gpo, Side};
use crate::gpo::{Timestamp, xml_duration};

/// Random delay of the daily task, in seconds: it spreads the reports of a large fleet.
const DAILY_RANDOM_DELAY_S: u32 = 4 * 3600;

/// Longest command that the Task Scheduler takes, in characters (MS-TSCH 2.5.7).
const MAX_COMMAND: usize = 260;

/// Everything that the Deploy GPO of one domain depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOptions {
    /// Name of the organisation, for people.
    pub organization: String,
    /// What stands for the organisation in every GUID.
    pub identity: String,
    /// Domain that the GPO is for.
    pub domain: DomainName,
    /// Bundle whose bootstrap is started.
    pub bundle_id: BundleId,
    /// File name of the bootstrap.
    pub exe_name: String,
    /// UNC folder of the bootstrap; none means `\\<domain>\NETLOGON\Gangway`.
    pub exe_folder: Option<String>,
    /// What the bootstrap will do; named in the task.
    pub task: DeployTask,
    /// Output time in seconds since 1970 UTC.
    pub output_time: i64,
    /// Are domain controllers in scope of the WMI filter?
    pub include_domain_controllers: bool,
    /// Spelling of the SYSTEM account.
    pub principal: PrincipalForm,
    /// Days between two reports of a server that is done: a task that stays on the server
    /// starts the bootstrap. Zero means no such task.
    pub report_every_days: u16,
    /// When the Task Scheduler ends a run, in seconds; beyond every limit of the bootstrap, so
    /// that only a hung one is ended.
    pub execution_limit_s: u32,
    /// Version of the GPO in the SYSVOL tree and the backup.
    pub version: NonZeroU16,
}

/// When the Task Scheduler ends a run, unless somebody says otherwise. The config takes no wait or limit
/// that is longer than half of it.
pub const EXECUTION_LIMIT_S: u32 = 12 * 3600;

impl DeployOptions {
    /// The options of a config that says nothing more: the name stands in GUIDs, too.
    pub fn new(
        organization: String,
        domain: DomainName,
        bundle_id: BundleId,
        exe_name: String,
        output_time: i64,
    ) -> Self {
        Self {
            identity: organization.clone(),
            organization,
            domain,
            bundle_id,
            exe_name,
            exe_folder: None,
            task: DeployTask::Onboard,
            output_time,
            include_domain_controllers: false,
            principal: PrincipalForm::Name,
            report_every_days: 1,
            execution_limit_s: EXECUTION_LIMIT_S,
            version: NonZeroU16::MIN,
        }
    }
}

/// What the bootstrap does, as far as the task's name is concerned: the mode itself is fixed
/// in the exe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeployTask {
    /// Assess and report; change nothing.
    Precheck,
    /// Bring the servers to onboarded.
    Onboard,
    /// Bring the servers to offboarded; a GPO of its own.
    Offboard,
}

impl DeployTask {
    /// Name of the task on the server.
    pub fn name(self) -> &'static str {
        match self {
            Self::Precheck => "Gangway Precheck",
            Self::Onboard => "Gangway Onboard",
            Self::Offboard => "Gangway Offboard",
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            // One GPO in both modes: what was checked is what is switched on.
            Self::Precheck | Self::Onboard => Purpose::Deploy,
            Self::Offboard => Purpose::Offboard,
        }
    }
}

/// Spelling of the SYSTEM account in the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalForm {
    /// `NT AUTHORITY\System`: measured to work on English clients.
    Name,
    /// `S-1-5-18`: for estates with localised Windows.
    Sid,
}

impl PrincipalForm {
    /// As the task has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Name => r"NT AUTHORITY\System",
            Self::Sid => "S-1-5-18",
        }
    }
}

/// A task as a server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTask {
    /// Name in the Task Scheduler's root folder.
    pub name: String,
    /// Path of the bootstrap.
    pub command: String,
    /// What follows the path; none where the program goes by its manifest alone.
    pub arguments: Option<&'static str>,
    /// Is it there after it has run?
    pub stays: bool,
}

/// The tasks that the Deploy (or Offboard) GPO of one domain gives to servers.
///
/// # Errors
/// As [`deploy`].
pub fn tasks(options: &DeployOptions) -> Result<Vec<ServerTask>, GpoError> {
    let command = command(options)?;
    let mut tasks = vec![ServerTask {
        name: options.task.name().to_owned(),
        command: command.clone(),
        arguments: None,
        stays: false,
    }];
    if options.report_every_days > 0 {
        tasks.push(ServerTask {
            name: daily_name(options),
            command,
            arguments: Some(DAILY_ARGUMENT),
            stays: true,
        });
    }
    Ok(tasks)
}

fn daily_name(options: &DeployOptions) -> String {
    format!("{DAILY_TASK_PREFIX}{}", options.bundle_id)
}

/// Writes the Deploy (or Offboard) GPO of one domain.
///
/// # Errors
/// A name that no path, task or XML can carry.
pub fn deploy(options: &DeployOptions) -> Result<GpoFiles, GpoError> {
    let time = Timestamp::from_unix(options.output_time)?;
    let purpose = options.task.purpose();
    let gpo = Gpo {
        id: purpose.gpo_id(&options.identity, &options.domain),
        display_name: purpose.display_name(),
        description: format!(
            "{}: starts the bootstrap of bundle {}. Made by Gangway; change gangway.toml and \
             build again instead of editing.",
            options.organization, options.bundle_id
        ),
        domain: options.domain.clone(),
        version: Version::of_machine(options.version),
        machine: Side {
            scheduled_tasks: Some(scheduled_tasks(options, time)?),
            registry_policy: applies(options),
            ..Side::default()
        },
        wmi_filter: WmiFilter::servers(
            &options.identity,
            &options.domain,
            options.include_domain_controllers,
            time,
        ),
    };
    output(&gpo, &purpose, &options.identity, &options.bundle_id, time)
}

/// The mark that this policy applies. Windows takes it away when the GPO no longer reaches the
/// server, and the daily task then ends itself.
fn applies(options: &DeployOptions) -> Option<RegistryPolicy> {
    (options.report_every_days > 0).then(|| RegistryPolicy {
        records: vec![Record::dword(APPLIES_KEY, options.bundle_id.as_str(), 1)],
    })
}

/// UNC path of the bootstrap.
fn command(options: &DeployOptions) -> Result<String, GpoError> {
    let name = &options.exe_name;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(GpoError::ExeName {
            found: name.clone(),
        });
    }
    let folder = match &options.exe_folder {
        Some(folder) => {
            check_folder(folder)?;
            folder.clone()
        }
        None => format!(r"\\{}\NETLOGON\Gangway", options.domain),
    };
    let command = format!(r"{folder}\{name}");
    let length = command.chars().count();
    if length > MAX_COMMAND {
        return Err(GpoError::CommandTooLong { command, length });
    }
    Ok(command)
}

/// A UNC folder with a qualified server name, without characters that the preference client
/// or the Task Scheduler would expand or split at.
fn check_folder(folder: &str) -> Result<(), GpoError> {
    let refused = |why| {
        Err(GpoError::ExeFolder {
            found: folder.to_owned(),
            why,
        })
    };
    let Some(rest) = folder.strip_prefix(r"\\") else {
        return refused("it is no UNC path");
    };
    let mut parts = rest.split('\\');
    if parts
        .next()
        .unwrap_or_default()
        .parse::<DomainName>()
        .is_err()
    {
        return refused("the server name is not fully qualified");
    }
    let mut count = 0;
    for part in parts {
        if part.is_empty() || part == "." || part == ".." {
            return refused("a path component is empty or relative");
        }
        let reserved =
            |c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '|' | '?' | '*' | '/' | ':');
        if part.contains(reserved) {
            return refused("it holds a character that no path may hold");
        }
        if part.contains('%') {
            return refused("`%` is expanded by preference clients");
        }
        if part.contains("$(") || part.contains("$$") {
            return refused("`$(` and `$$` are expanded by the Task Scheduler");
        }
        if part.ends_with([' ', '.']) || part.starts_with(' ') {
            return refused("a path component begins or ends with a blank or a dot");
        }
        count += 1;
    }
    if count == 0 {
        return refused("the share name is missing");
    }
    Ok(())
}

fn scheduled_tasks(options: &DeployOptions, time: Timestamp) -> Result<ScheduledTasks, GpoError> {
    let command = command(options)?;
    let mut items = vec![immediate_task(options, time, &command)];
    if options.report_every_days > 0 {
        items.push(daily_task(options, time, &command));
    }
    Ok(ScheduledTasks::new(items))
}

/// The task that runs at each refresh until the bootstrap has marked the server converged.
fn immediate_task(options: &DeployOptions, time: Timestamp, command: &str) -> Item<TaskProperties> {
    let name = options.task.name();
    let task = Task {
        settings: Settings {
            start_when_available: Some(true),
            // An immediate task is expired when it is born: without this it would stay on the
            // server under its name.
            delete_expired_task_after: Some(xml_duration(0)),
            ..settings(options)
        },
        triggers: vec![Trigger {
            kind: "TimeTrigger".to_owned(),
            start_boundary: Some(NOW.to_owned()),
            end_boundary: Some(NOW.to_owned()),
            enabled: Some(true),
            random_delay: None,
            other: Vec::new(),
        }],
        ..base_task(options, command)
    };
    let not_converged = Filter::and(
        true,
        Condition::RegistryKeyExists {
            hive: "HKEY_LOCAL_MACHINE".to_owned(),
            key: registry::converged(&options.bundle_id),
        },
    );
    let properties = TaskProperties {
        kind: TaskKind::Immediate,
        action: Some("C".to_owned()),
        ..properties(options, name, task)
    };
    let attributes = ItemAttributes {
        image: Some(0),
        remove_policy: Some(false),
        ..attributes(options, time, name)
    };
    Item::new(attributes, properties, vec![not_converged])
}

/// The task that stays and starts the bootstrap again when the server was left alone. It is
/// registered where it is not there yet, and only there: registering it again would cancel a
/// run that waits for its random delay. So its name carries the bundle, and no removal with the
/// GPO is asked for, which Windows would carry out as soon as the filter no longer holds; the
/// bootstrap removes it ([`APPLIES_KEY`]).
fn daily_task(options: &DeployOptions, time: Timestamp, command: &str) -> Item<TaskProperties> {
    let name = daily_name(options);
    let days = options.report_every_days.to_string();
    let every = crate::gpo::xml::Element::new("ScheduleByDay")
        .child(crate::gpo::xml::Element::with_text("DaysInterval", &days));
    let mut task = base_task(options, command);
    task.settings = Settings {
        start_when_available: Some(true),
        ..settings(options)
    };
    task.triggers = vec![Trigger {
        kind: "CalendarTrigger".to_owned(),
        // A whole date and time: a bare time of day is ignored without a word.
        start_boundary: Some("2000-01-01T12:00:00".to_owned()),
        end_boundary: None,
        enabled: Some(true),
        random_delay: Some(xml_duration(DAILY_RANDOM_DELAY_S)),
        other: vec![every],
    }];
    if let [Action::Exec { arguments, .. }] = task.actions.list.as_mut_slice() {
        *arguments = Some(DAILY_ARGUMENT.to_owned());
    }
    let not_there = Filter::and(
        true,
        Condition::RegistryKeyExists {
            hive: "HKEY_LOCAL_MACHINE".to_owned(),
            key: format!(r"{TASK_TREE_KEY}\{name}"),
        },
    );
    let properties = TaskProperties {
        kind: TaskKind::Scheduled,
        action: Some("R".to_owned()),
        ..properties(options, &name, task)
    };
    let attributes = ItemAttributes {
        image: Some(1),
        remove_policy: Some(false),
        ..attributes(options, time, &name)
    };
    Item::new(attributes, properties, vec![not_there])
}

fn attributes(options: &DeployOptions, time: Timestamp, name: &str) -> ItemAttributes {
    ItemAttributes {
        name: name.to_owned(),
        changed: Some(time.changed()),
        uid: Some(Guid::derive(&[
            &options.identity,
            options.domain.as_str(),
            "item",
            name,
            options.bundle_id.as_str(),
        ])),
        desc: Some(format!("Bundle {}", options.bundle_id)),
        user_context: Some(false),
        ..ItemAttributes::default()
    }
}

fn properties(options: &DeployOptions, name: &str, task: Task) -> TaskProperties {
    TaskProperties {
        kind: TaskKind::Scheduled,
        action: None,
        name: name.to_owned(),
        run_as: Some(options.principal.text().to_owned()),
        logon_type: Some("S4U".to_owned()),
        has_cpassword: false,
        task: Some(task),
    }
}

fn base_task(options: &DeployOptions, command: &str) -> Task {
    Task {
        version: Some("1.3".to_owned()),
        registration: Registration {
            author: Some("Gangway".to_owned()),
            description: Some(format!(
                "{}: Microsoft Defender for Endpoint, bundle {}",
                options.organization, options.bundle_id
            )),
            other: Vec::new(),
        },
        principals: vec![Principal {
            id: Some("Author".to_owned()),
            user_id: Some(options.principal.text().to_owned()),
            group_id: None,
            logon_type: Some("S4U".to_owned()),
            run_level: Some("HighestAvailable".to_owned()),
            other: Vec::new(),
        }],
        settings: Settings::default(),
        triggers: Vec::new(),
        actions: Actions {
            context: Some("Author".to_owned()),
            list: vec![Action::Exec {
                command: command.to_owned(),
                arguments: None,
                working_directory: None,
            }],
        },
    }
}

fn settings(options: &DeployOptions) -> Settings {
    Settings {
        idle: Some(IdleSettings {
            duration: Some(xml_duration(600)),
            wait_timeout: Some(xml_duration(3600)),
            stop_on_idle_end: Some(false),
            restart_on_idle: Some(false),
        }),
        multiple_instances_policy: Some("IgnoreNew".to_owned()),
        // Both default to true: a server on a UPS would never be served.
        disallow_start_if_on_batteries: Some(false),
        stop_if_going_on_batteries: Some(false),
        allow_hard_terminate: Some(true),
        allow_start_on_demand: Some(true),
        enabled: Some(true),
        hidden: Some(false),
        execution_time_limit: Some(xml_duration(options.execution_limit_s)),
        priority: Some("7".to_owned()),
        ..Settings::default()
    }
}
