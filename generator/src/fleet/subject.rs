//! What findings about a fleet are about: folder and lists by the paths that they were given by.

use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// The folder with reports; a file in it stands behind a `/`.
pub(super) const REPORTS: &str = "reports";
/// The list of expected servers.
pub(super) const LIST: &str = "expected servers";
/// The results of the analyzer.
pub(super) const RESULTS: &str = "analyzer";

/// Paths as they were typed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Places<'a> {
    /// The folder with reports.
    pub reports: Option<&'a Path>,
    /// The list of expected servers.
    pub list: Option<&'a Path>,
    /// Where results of the analyzer were looked for.
    pub results: &'a [PathBuf],
}

impl Places<'_> {
    /// Gives each finding the path of what it is about.
    pub fn name(&self, problems: &mut [Problem]) {
        for problem in problems {
            if let Some(path) = self.path(&problem.subject) {
                problem.subject = path.display().to_string();
            }
        }
    }

    fn path(&self, subject: &str) -> Option<PathBuf> {
        match subject {
            REPORTS => self.reports.map(Path::to_owned),
            LIST => self.list.map(Path::to_owned),
            RESULTS => self.results.first().cloned(),
            _ => {
                let file = subject.strip_prefix(REPORTS)?.strip_prefix('/')?;
                Some(self.reports?.join(file))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::codes;

    #[test]
    fn a_finding_is_about_the_path_that_was_typed() {
        let results = [PathBuf::from("mdeca")];
        let places = Places {
            reports: Some(Path::new("rep2")),
            list: Some(Path::new("servers.csv")),
            results: &results,
        };
        for (subject, named) in [
            (REPORTS, "rep2"),
            ("reports/x.json", "rep2/x.json"),
            (LIST, "servers.csv"),
            (RESULTS, "mdeca"),
            ("reportsx", "reportsx"),
        ] {
            let mut problems = [Problem::new(&codes::UNREADABLE_REPORT, subject, "", "")];
            places.name(&mut problems);
            let path = Path::new(&problems[0].subject);
            assert_eq!(path, Path::new(named), "{subject}");
        }
    }
}
