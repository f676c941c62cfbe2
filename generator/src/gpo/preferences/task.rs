//! A task as the Task Scheduler describes it, embedded in a preference without a namespace.
//! Source: MS-TSCH 2.5; order of elements as the policy editor of Server 2025 writes them.

use super::super::xml::Element;
use super::{Attributes, Children, Oddity};

/// A preference variable: the moment at which the client applies the item, as XML date.
pub const NOW: &str = "%LocalTimeXmlEx%";

/// Children of `RegistrationInfo` that no rule looks into (MS-TSCH 2.5.1).
const OTHER_REGISTRATION: [&str; 6] = [
    "URI",
    "SecurityDescriptor",
    "Source",
    "Date",
    "Version",
    "Documentation",
];
/// Children of `Principal` that no rule looks into (MS-TSCH 2.5.6).
const OTHER_PRINCIPAL: [&str; 3] = ["DisplayName", "ProcessTokenSidType", "RequiredPrivileges"];
/// Children of `Settings` that no rule looks into (MS-TSCH 2.5.3); GPMC writes the first.
const OTHER_SETTINGS: [&str; 7] = [
    "RestartOnFailure",
    "NetworkProfileName",
    "NetworkSettings",
    "UseUnifiedSchedulingEngine",
    "DisallowStartOnRemoteAppSession",
    "MaintenanceSettings",
    "Volatile",
];

/// A whole task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// `1.2` ("at least Vista") or `1.3` ("at least Windows 7").
    pub version: Option<String>,
    /// Who made it.
    pub registration: Registration,
    /// Accounts, by id.
    pub principals: Vec<Principal>,
    /// How it runs.
    pub settings: Settings,
    /// When it runs.
    pub triggers: Vec<Trigger>,
    /// What it runs.
    pub actions: Actions,
}

/// Who made a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registration {
    /// Shown in the Task Scheduler.
    pub author: Option<String>,
    /// Shown in the Task Scheduler.
    pub description: Option<String>,
    /// What else the schema allows (URI, date, source and so on).
    pub other: Vec<Element>,
}

/// An account that actions run under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Principal {
    /// Name that [`Actions::context`] refers to.
    pub id: Option<String>,
    /// Account name or SID.
    pub user_id: Option<String>,
    /// A group instead of a user.
    pub group_id: Option<String>,
    /// `S4U`, `InteractiveToken` and so on.
    pub logon_type: Option<String>,
    /// `HighestAvailable` or `LeastPrivilege`.
    pub run_level: Option<String>,
    /// What else the schema allows (display name, token, privileges).
    pub other: Vec<Element>,
}

/// How a task runs; absent means the Task Scheduler's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Idle conditions.
    pub idle: Option<IdleSettings>,
    /// `IgnoreNew`, `Parallel`, `Queue` or `StopExisting`.
    pub multiple_instances_policy: Option<String>,
    /// Default true.
    pub disallow_start_if_on_batteries: Option<bool>,
    /// Default true.
    pub stop_if_going_on_batteries: Option<bool>,
    /// Default true.
    pub allow_hard_terminate: Option<bool>,
    /// Catch up a missed start; default false.
    pub start_when_available: Option<bool>,
    /// Default false.
    pub run_only_if_network_available: Option<bool>,
    /// Default true.
    pub allow_start_on_demand: Option<bool>,
    /// Default true.
    pub enabled: Option<bool>,
    /// Default false.
    pub hidden: Option<bool>,
    /// Default false.
    pub run_only_if_idle: Option<bool>,
    /// Default false.
    pub wake_to_run: Option<bool>,
    /// XML duration; `PT0S` is none.
    pub execution_time_limit: Option<String>,
    /// 0 to 10.
    pub priority: Option<String>,
    /// XML duration; needs a trigger with an end boundary.
    pub delete_expired_task_after: Option<String>,
    /// What else the schema allows (restart on failure, network, maintenance and so on).
    pub other: Vec<Element>,
}

/// Idle conditions of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdleSettings {
    /// XML duration.
    pub duration: Option<String>,
    /// XML duration.
    pub wait_timeout: Option<String>,
    /// Stop when the machine is no longer idle.
    pub stop_on_idle_end: Option<bool>,
    /// Start again when it is idle again.
    pub restart_on_idle: Option<bool>,
}

/// When a task runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// `TimeTrigger`, `CalendarTrigger`, `BootTrigger` and so on.
    pub kind: String,
    /// First moment: an XML date and time, or [`NOW`].
    pub start_boundary: Option<String>,
    /// Last moment.
    pub end_boundary: Option<String>,
    /// Default true.
    pub enabled: Option<bool>,
    /// XML duration; only time and calendar triggers have one.
    pub random_delay: Option<String>,
    /// Everything else (schedule, repetition, delay), in order.
    pub other: Vec<Element>,
}

/// What a task runs, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actions {
    /// Id of the principal.
    pub context: Option<String>,
    /// 1 to 32 actions.
    pub list: Vec<Action>,
}

/// What a task does when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Starts a program.
    Exec {
        /// 1 to 260 characters.
        command: String,
        /// A literal `$(` or `$$` needs the dollar doubled (MS-TSCH 2.5.9).
        arguments: Option<String>,
        /// 1 to 260 characters.
        working_directory: Option<String>,
    },
    /// A COM handler, mail or message: kept, not looked into.
    Other(Element),
}

impl Task {
    /// Reads a task; what does not fit becomes an oddity.
    pub(super) fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(element);
        let version = reader.text("version");
        reader.finish(oddities);
        let mut children = Children::of(element);
        let task = Self {
            version,
            registration: children
                .take("RegistrationInfo")
                .map_or_else(Registration::default, |child| {
                    Registration::read(child, oddities)
                }),
            principals: children
                .take("Principals")
                .into_iter()
                .flat_map(Element::elements)
                .map(|child| Principal::read(child, oddities))
                .collect(),
            settings: children
                .take("Settings")
                .map_or_else(Settings::default, |child| Settings::read(child, oddities)),
            triggers: children
                .take("Triggers")
                .into_iter()
                .flat_map(Element::elements)
                .map(|child| Trigger::read(child, oddities))
                .collect(),
            actions: children
                .take("Actions")
                .map_or_else(Actions::default, |child| Actions::read(child, oddities)),
        };
        children.finish(oddities);
        task
    }

    pub(super) fn write(&self) -> Element {
        let mut actions = Element::new("Actions");
        actions = actions.optional_attribute("Context", self.actions.context.clone());
        Element::new("Task")
            .optional_attribute("version", self.version.clone())
            .child(self.registration.write())
            .child(Element::new("Principals").extend(self.principals.iter().map(Principal::write)))
            .child(self.settings.write())
            .child(Element::new("Triggers").extend(self.triggers.iter().map(Trigger::write)))
            .child(actions.extend(self.actions.list.iter().map(Action::write)))
    }
}

impl Registration {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut children = Children::of(element);
        let registration = Self {
            author: children.text("Author"),
            description: children.text("Description"),
            other: children.keep(&OTHER_REGISTRATION),
        };
        children.finish(oddities);
        registration
    }

    fn write(&self) -> Element {
        Element::new("RegistrationInfo")
            .optional_text("Author", self.author.clone())
            .optional_text("Description", self.description.clone())
            .extend(self.other.iter().cloned())
    }
}

impl Principal {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        if element.name != "Principal" {
            oddities.push(Oddity::new(element, "unknown element in `Principals`"));
        }
        let mut reader = Attributes::of(element);
        let id = reader.text("id");
        reader.finish(oddities);
        let mut children = Children::of(element);
        let principal = Self {
            id,
            user_id: children.text("UserId"),
            group_id: children.text("GroupId"),
            logon_type: children.text("LogonType"),
            run_level: children.text("RunLevel"),
            other: children.keep(&OTHER_PRINCIPAL),
        };
        children.finish(oddities);
        principal
    }

    fn write(&self) -> Element {
        Element::new("Principal")
            .optional_attribute("id", self.id.clone())
            .optional_text("UserId", self.user_id.clone())
            .optional_text("GroupId", self.group_id.clone())
            .optional_text("LogonType", self.logon_type.clone())
            .optional_text("RunLevel", self.run_level.clone())
            .extend(self.other.iter().cloned())
    }
}

impl Settings {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut children = Children::of(element);
        let settings = Self {
            idle: children
                .take("IdleSettings")
                .map(|child| IdleSettings::read(child, oddities)),
            multiple_instances_policy: children.text("MultipleInstancesPolicy"),
            disallow_start_if_on_batteries: children.flag("DisallowStartIfOnBatteries"),
            stop_if_going_on_batteries: children.flag("StopIfGoingOnBatteries"),
            allow_hard_terminate: children.flag("AllowHardTerminate"),
            start_when_available: children.flag("StartWhenAvailable"),
            run_only_if_network_available: children.flag("RunOnlyIfNetworkAvailable"),
            allow_start_on_demand: children.flag("AllowStartOnDemand"),
            enabled: children.flag("Enabled"),
            hidden: children.flag("Hidden"),
            run_only_if_idle: children.flag("RunOnlyIfIdle"),
            wake_to_run: children.flag("WakeToRun"),
            execution_time_limit: children.text("ExecutionTimeLimit"),
            priority: children.text("Priority"),
            delete_expired_task_after: children.text("DeleteExpiredTaskAfter"),
            other: children.keep(&OTHER_SETTINGS),
        };
        children.finish(oddities);
        settings
    }

    fn write(&self) -> Element {
        let flag = |value: Option<bool>| value.map(|on| if on { "true" } else { "false" });
        Element::new("Settings")
            .extend(self.idle.iter().map(IdleSettings::write))
            .optional_text(
                "MultipleInstancesPolicy",
                self.multiple_instances_policy.clone(),
            )
            .optional_text(
                "DisallowStartIfOnBatteries",
                flag(self.disallow_start_if_on_batteries),
            )
            .optional_text(
                "StopIfGoingOnBatteries",
                flag(self.stop_if_going_on_batteries),
            )
            .optional_text("AllowHardTerminate", flag(self.allow_hard_terminate))
            .optional_text("StartWhenAvailable", flag(self.start_when_available))
            .optional_text(
                "RunOnlyIfNetworkAvailable",
                flag(self.run_only_if_network_available),
            )
            .optional_text("AllowStartOnDemand", flag(self.allow_start_on_demand))
            .optional_text("Enabled", flag(self.enabled))
            .optional_text("Hidden", flag(self.hidden))
            .optional_text("RunOnlyIfIdle", flag(self.run_only_if_idle))
            .optional_text("WakeToRun", flag(self.wake_to_run))
            .optional_text("ExecutionTimeLimit", self.execution_time_limit.clone())
            .optional_text("Priority", self.priority.clone())
            .optional_text(
                "DeleteExpiredTaskAfter",
                self.delete_expired_task_after.clone(),
            )
            .extend(self.other.iter().cloned())
    }
}

impl IdleSettings {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut children = Children::of(element);
        let idle = Self {
            duration: children.text("Duration"),
            wait_timeout: children.text("WaitTimeout"),
            stop_on_idle_end: children.flag("StopOnIdleEnd"),
            restart_on_idle: children.flag("RestartOnIdle"),
        };
        children.finish(oddities);
        idle
    }

    fn write(&self) -> Element {
        let flag = |value: Option<bool>| value.map(|on| if on { "true" } else { "false" });
        Element::new("IdleSettings")
            .optional_text("Duration", self.duration.clone())
            .optional_text("WaitTimeout", self.wait_timeout.clone())
            .optional_text("StopOnIdleEnd", flag(self.stop_on_idle_end))
            .optional_text("RestartOnIdle", flag(self.restart_on_idle))
    }
}

impl Trigger {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        Attributes::of(element).finish(oddities);
        let mut children = Children::of(element);
        let mut trigger = Self {
            kind: element.name.clone(),
            start_boundary: children.text("StartBoundary"),
            end_boundary: children.text("EndBoundary"),
            enabled: children.flag("Enabled"),
            random_delay: children.text("RandomDelay"),
            other: Vec::new(),
        };
        let modelled = ["StartBoundary", "EndBoundary", "Enabled", "RandomDelay"];
        trigger.other = element
            .elements()
            .filter(|child| !modelled.contains(&child.name.as_str()))
            .cloned()
            .collect();
        trigger
    }

    fn write(&self) -> Element {
        let enabled = self.enabled.map(|on| if on { "true" } else { "false" });
        Element::new(&self.kind)
            .optional_text("StartBoundary", self.start_boundary.clone())
            .optional_text("EndBoundary", self.end_boundary.clone())
            .optional_text("Enabled", enabled)
            .optional_text("RandomDelay", self.random_delay.clone())
            .extend(self.other.iter().cloned())
    }
}

impl Actions {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(element);
        let context = reader.text("Context");
        reader.finish(oddities);
        Self {
            context,
            list: element
                .elements()
                .map(|child| Action::read(child, oddities))
                .collect(),
        }
    }
}

impl Action {
    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        if element.name != "Exec" {
            return Self::Other(element.clone());
        }
        let mut children = Children::of(element);
        let action = Self::Exec {
            command: children.text("Command").unwrap_or_default(),
            arguments: children.text("Arguments"),
            working_directory: children.text("WorkingDirectory"),
        };
        children.finish(oddities);
        action
    }

    fn write(&self) -> Element {
        match self {
            Self::Exec {
                command,
                arguments,
                working_directory,
            } => Element::new("Exec")
                .child(Element::with_text("Command", command))
                .optional_text("Arguments", arguments.clone())
                .optional_text("WorkingDirectory", working_directory.clone()),
            Self::Other(element) => element.clone(),
        }
    }
}
