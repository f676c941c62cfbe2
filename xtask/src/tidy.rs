//! Rules about the sources that no compiler knows, checked on every test run.
//!
//! A rule is a pure function over the files; its message says what to do.

mod agreements;
mod arrows;
mod circles;
mod codes;
mod comments;
mod dependencies;
mod field_cases;
mod files;
mod functions;
mod modules;
mod words;

use anyhow::{Context as _, Result, bail};

use crate::{say, workspace};

/// A text file of the checkout.
#[derive(Debug, Clone)]
struct Source {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Something to repair.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    path: String,
    /// One-based, when it is about one line.
    line: Option<usize>,
    what: String,
}

impl Breach {
    fn of(source: &Source, line: Option<usize>, what: impl Into<String>) -> Self {
        Self {
            path: source.path.clone(),
            line,
            what: what.into(),
        }
    }

    fn text(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}: {}", self.path, self.what),
            None => format!("{}: {}", self.path, self.what),
        }
    }
}

/// Reads every text file and applies every rule.
pub(crate) fn run() -> Result<()> {
    let sources = read()?;
    for long in files::long(&sources) {
        say::warning(long.text());
    }
    let mut breaches = Vec::new();
    for rule in [
        files::module_headers,
        files::ignored_tests,
        files::unbounded_reads,
        functions::long,
        comments::that_repeat_a_name,
        words::forbidden,
        words::registries,
        words::hints,
        modules::unreachable,
        codes::unreported,
        field_cases::lost_tests,
        agreements::repeated,
        dependencies::unused,
        arrows::packages,
        arrows::modules,
        circles::circles,
    ] {
        breaches.extend(rule(&sources));
    }
    if breaches.is_empty() {
        say::line(format!("{} files", sources.len()));
        return Ok(());
    }
    let lines: Vec<String> = breaches.iter().map(Breach::text).collect();
    bail!(
        "{} rules of the sources are broken\n{}",
        lines.len(),
        lines.join("\n")
    )
}

/// Every text file; others have no rules.
fn read() -> Result<Vec<Source>> {
    let root = workspace::root()?;
    let mut sources = Vec::new();
    for file in workspace::files_below(&root)? {
        let path = file
            .strip_prefix(&root)
            .ok()
            .and_then(|path| path.to_str())
            .with_context(|| format!("`{}` is not UTF-8", file.display()))?
            .replace('\\', "/");
        if let Ok(text) = String::from_utf8(workspace::read_file(&file)?) {
            sources.push(Source { path, text });
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::Source;

    /// A file for the tests of the rules.
    pub(super) fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }
}
