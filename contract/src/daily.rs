//! The task that makes a server report again when it was left alone: its name, where Windows
//! shows it, and how it is seen that the policy behind it still applies.

/// Name of the task before the bundle's id.
pub const TASK_PREFIX: &str = "Gangway Daily ";

/// Argument with which the task starts the bootstrap.
pub const ARGUMENT: &str = "daily";

/// Key below `HKEY_LOCAL_MACHINE` in which the Task Scheduler keeps a key for each task of its
/// root folder, by name (since Windows Vista).
pub const TASK_TREE_KEY: &str =
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree";

/// Key below `HKEY_LOCAL_MACHINE` with a value for each bundle whose policy applies. Values of
/// policies go when the policy no longer reaches the computer.
pub const APPLIES_KEY: &str = r"SOFTWARE\Policies\Gangway";
