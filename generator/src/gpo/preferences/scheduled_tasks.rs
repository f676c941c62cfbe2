//! `Preferences\ScheduledTasks\ScheduledTasks.xml`. Source: MS-GPPREF 2.2.1.18, real files.

use super::super::xml::Element;
use super::task::Task;
use super::{Attributes, Children, Oddity, PreferenceFile, Properties, task_schema};

/// The whole file. The XP-style `Task` and `ImmediateTask` are kept as foreign entries.
pub type ScheduledTasks = PreferenceFile<TaskProperties>;

/// Which kind of task item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Stays on the client and runs by its triggers.
    Scheduled,
    /// Runs once each time that the client applies the item.
    Immediate,
}

/// `Properties` of a task item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskProperties {
    /// `TaskV2` or `ImmediateTaskV2`.
    pub kind: TaskKind,
    /// `C`, `R`, `U` or `D`; an immediate task has only `C`.
    pub action: Option<String>,
    /// Task name; a backslash makes a folder.
    pub name: String,
    /// Account; empty means that nothing happens, silently.
    pub run_as: Option<String>,
    /// `S4U` for service accounts.
    pub logon_type: Option<String>,
    /// Does the item carry a password under the published key (MS14-025)? The text itself is
    /// never kept.
    pub has_cpassword: bool,
    /// The embedded task; the XP-style scalar attributes on a V2 item leave none, and nothing
    /// happens on the client.
    pub task: Option<Task>,
}

impl Properties for TaskProperties {
    const ROOT: &'static str = "ScheduledTasks";
    const ROOT_CLSID: &'static str = "{CC63F200-7309-4ba0-B154-A71CD118DBCC}";
    const ITEMS: &'static [&'static str] = &["TaskV2", "ImmediateTaskV2"];
    const OTHER_ITEMS: &'static [&'static str] = &["Task", "ImmediateTask"];

    fn item_element(&self) -> (&'static str, &'static str) {
        match self.kind {
            TaskKind::Scheduled => ("TaskV2", "{D8896631-B747-47a7-84A6-C155337F3BC8}"),
            TaskKind::Immediate => ("ImmediateTaskV2", "{9756B581-76EC-4169-9AFC-0CA8D43ADB5F}"),
        }
    }

    fn read(item: &Element, properties: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let kind = if item.name == "ImmediateTaskV2" {
            TaskKind::Immediate
        } else {
            TaskKind::Scheduled
        };
        let mut reader = Attributes::of(properties);
        let action = reader.text("action");
        let name = reader.text("name").unwrap_or_default();
        let run_as = reader.text("runAs");
        let logon_type = reader.text("logonType");
        let has_cpassword = reader
            .text("cpassword")
            .is_some_and(|text| !text.is_empty());
        if has_cpassword {
            oddities.push(Oddity::new(properties, "carries `cpassword`"));
        }
        reader.finish(oddities);
        let mut children = Children::of(properties);
        // A task that is only deleted is never registered. For any other the schema says what is
        // odd, and what becomes of it.
        let is_registered = action.as_deref() != Some("D");
        let task = children.take("Task").map(|task| {
            if is_registered {
                task_schema::check(task, oddities);
                Task::read(task, &mut Vec::new())
            } else {
                Task::read(task, oddities)
            }
        });
        children.finish(oddities);
        if task.is_none() {
            oddities.push(Oddity::new(properties, "there is no embedded `Task`"));
        }
        Self {
            kind,
            action,
            name,
            run_as,
            logon_type,
            has_cpassword,
            task,
        }
    }

    fn write(&self) -> Element {
        let element = Element::new("Properties")
            .optional_attribute("action", self.action.clone())
            .attribute("name", self.name.clone())
            .optional_attribute("runAs", self.run_as.clone())
            .optional_attribute("logonType", self.logon_type.clone());
        match &self.task {
            Some(task) => element.child(task.write()),
            None => element,
        }
    }
}
