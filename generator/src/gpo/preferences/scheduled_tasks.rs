//! `Preferences\ScheduledTasks\ScheduledTasks.xml`. Source: MS-GPPREF 2.2.1.18, real files.

use super::super::xml::{self, Declaration, Element};
use super::task::Task;
use super::{Attributes, Children, Item, Oddity, Properties};

/// Class id of the file's root.
const ROOT_CLSID: &str = "{CC63F200-7309-4ba0-B154-A71CD118DBCC}";

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScheduledTasks {
    /// The whole file is switched off.
    pub disabled: Option<bool>,
    /// Items in the order in which clients apply them.
    pub items: Vec<Entry>,
    /// What the reader did not understand about the root.
    pub oddities: Vec<Oddity>,
}

/// One entry of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A `TaskV2` or `ImmediateTaskV2`.
    Task(Box<Item<TaskProperties>>),
    /// The XP-style `Task` and `ImmediateTask`, folders, and whatever else stands there: kept,
    /// never written by us.
    Foreign(Element),
}

/// Which kind of task item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let has_cpassword = reader.text("cpassword").is_some();
        if has_cpassword {
            oddities.push(Oddity::new(properties, "carries `cpassword`"));
        }
        reader.finish(oddities);
        let mut children = Children::of(properties);
        let task = children.take("Task").map(|task| Task::read(task, oddities));
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

/// Why a file is no `ScheduledTasks.xml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not XML.
    #[error(transparent)]
    Xml(#[from] xml::ReadError),
    /// Another document.
    #[error("the root element is `{found}`, expected `{expected}`")]
    Root {
        /// Name found.
        found: String,
        /// Name expected.
        expected: &'static str,
    },
}

impl ScheduledTasks {
    /// Reads a file; nothing but comments and white space is lost.
    ///
    /// # Errors
    /// Not well-formed, over a bound, or another root element.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let root = xml::read(bytes)?;
        let expected = "ScheduledTasks";
        if root.name != expected {
            let found = root.name;
            return Err(ReadError::Root { found, expected });
        }
        let mut oddities = Vec::new();
        let mut reader = Attributes::of(&root);
        let clsid = reader.text("clsid").unwrap_or_default();
        if clsid != ROOT_CLSID {
            let what = format!("class id `{clsid}` where `{ROOT_CLSID}` belongs");
            oddities.push(Oddity::new(&root, what));
        }
        let disabled = reader.flag("disabled");
        reader.finish(&mut oddities);
        let items = root
            .elements()
            .map(|element| match element.name.as_str() {
                "TaskV2" | "ImmediateTaskV2" => Entry::Task(Box::new(Item::read(element))),
                _ => Entry::Foreign(element.clone()),
            })
            .collect();
        Ok(Self {
            disabled,
            items,
            oddities,
        })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// A text with a character that XML cannot express.
    pub fn write(&self) -> Result<Vec<u8>, xml::WriteError> {
        xml::write(&self.to_element(), Declaration::Utf8)
    }

    /// The root element.
    pub fn to_element(&self) -> Element {
        let disabled = self.disabled.map(|on| if on { "1" } else { "0" });
        Element::new("ScheduledTasks")
            .attribute("clsid", ROOT_CLSID)
            .optional_attribute("disabled", disabled)
            .extend(self.items.iter().map(|entry| match entry {
                Entry::Task(item) => item.write(),
                Entry::Foreign(element) => element.clone(),
            }))
    }

    /// The task items, in order.
    pub fn tasks(&self) -> impl Iterator<Item = &Item<TaskProperties>> {
        self.items.iter().filter_map(|entry| match entry {
            Entry::Task(item) => Some(item.as_ref()),
            Entry::Foreign(_) => None,
        })
    }
}
