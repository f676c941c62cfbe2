//! What a task starts: programs, drives and shares.

use super::account::{self, Account};
use super::task_texts::{arguments_in, drive_in, typographic_quote};
use super::tasks::Rules;
use super::unc::{self, Unc};
use crate::gpo::codes;
use crate::gpo::preferences::task::{Action, Task};

/// Longest command that the Task Scheduler takes, in characters.
const MAX_COMMAND: usize = 260;

impl Rules<'_> {
    pub(super) fn actions(&mut self, task: &Task, domain_controllers: Option<bool>) {
        let account = account::judge(self.item.properties.run_as.as_deref().unwrap_or_default());
        for action in &task.actions.list {
            let Action::Exec {
                command,
                arguments,
                working_directory,
            } = action
            else {
                continue;
            };
            let length = command.chars().count();
            if command.trim().is_empty() || length > MAX_COMMAND {
                self.report(
                    &codes::COMMAND,
                    format!("the command has {length} characters"),
                    "give a command of 1 to 260 characters",
                );
            }
            self.command(command);
            let arguments = arguments.as_deref().unwrap_or_default();
            let folder = working_directory.as_deref().unwrap_or_default();
            self.drives(&[command, arguments, folder], account);
            for text in [arguments, folder] {
                if text.contains("$$") || text.contains("$(Arg") {
                    self.report(
                        &codes::DOLLAR,
                        format!("`{text}` holds a dollar that will be changed"),
                        "double the dollar",
                    );
                }
            }
            let mut paths = unc::find(command);
            paths.extend(unc::find(arguments));
            self.paths(&paths, account, domain_controllers);
        }
        if task.actions.list.is_empty() {
            self.report(
                &codes::COMMAND,
                "the task has no action",
                "add a program to start",
            );
        }
    }

    fn command(&mut self, command: &str) {
        if let Some(arguments) = arguments_in(command) {
            self.report(
                &codes::COMMAND_FORM,
                format!("the command goes on with `{arguments}`"),
                "move it to `Arguments`",
            );
        }
        if let Some(quote) = typographic_quote(command) {
            self.report(
                &codes::COMMAND_FORM,
                format!("the command holds `{quote}`, a typographic quote"),
                "write the path without quotes",
            );
        }
    }

    /// Drives that SYSTEM may not see, in a command, its arguments and the folder it runs in.
    fn drives(&mut self, texts: &[&str], account: Account) {
        let service = matches!(account, Account::Service | Account::LocalisedService);
        let drive = texts.iter().find_map(|text| drive_in(text));
        if let Some(path) = drive.filter(|_| service) {
            self.report(
                &codes::DRIVE,
                format!("SYSTEM starts or reads `{path}`"),
                "name it by its UNC path or on a local disk",
            );
        }
    }

    fn paths(&mut self, paths: &[Unc], account: Account, domain_controllers: Option<bool>) {
        let logon = self.logon_type();
        if account == Account::Other && logon.as_deref() == Some("S4U") && !paths.is_empty() {
            self.report(
                &codes::S4U_NETWORK,
                "the account has no network credentials and the action names a UNC path",
                "run the task as SYSTEM, or copy the program first",
            );
        }
        for path in paths {
            if path.is_short() {
                self.report(
                    &codes::SHORT_UNC,
                    format!("`{path}` has no fully qualified server name"),
                    r"write `\\server.contoso.com\share`",
                );
            }
        }
        let service = matches!(account, Account::Service | Account::LocalisedService);
        let outside = paths.iter().find(|path| !path.is_domain_share());
        if let Some(path) = outside.filter(|_| service) {
            let code = match domain_controllers {
                Some(true) => &codes::OUTSIDE_NETLOGON_WITH_DCS,
                Some(false) | None => &codes::OUTSIDE_NETLOGON,
            };
            self.report(
                code,
                format!("SYSTEM starts or reads `{path}`"),
                "put the program into NETLOGON",
            );
        }
    }

    fn logon_type(&self) -> Option<String> {
        let properties = &self.item.properties;
        let principals = properties.task.iter().flat_map(|task| &task.principals);
        let inner = principals
            .into_iter()
            .find_map(|one| one.logon_type.clone());
        properties.logon_type.clone().or(inner)
    }
}
