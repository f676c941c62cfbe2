//! `docs/operations.md`, as somebody reads it who types what stands there.

use std::fs;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    fs::read_to_string(path).unwrap()
}

/// Every chapter's title.
pub(super) fn titles() -> Vec<String> {
    let page = page();
    let titles = page.lines().filter_map(|line| line.strip_prefix("## "));
    titles.map(str::to_owned).collect()
}

/// Is a server asked? It is with an account.
pub(super) fn asks_a_server(line: &str) -> bool {
    line.contains("--user")
}

/// What a chapter gives to type, and how far somebody is with it.
pub(crate) struct Chapter {
    title: String,
    text: String,
    /// Without what stands behind a `#`.
    blocks: Vec<Vec<String>>,
    block: usize,
    line: usize,
}

impl Chapter {
    pub(super) fn of(title: &str) -> Self {
        let page = page();
        let heading = format!("\n## {title}\n");
        let (_, text) = page.split_once(&heading).expect("such a chapter");
        let text = text.split("\n## ").next().unwrap_or_default().to_owned();
        let blocks = fenced(&text, "sh");
        let lines = |block: &String| {
            let lines = block.lines().map(|line| line.split("  #").next().unwrap());
            let lines = lines.map(|line| line.trim().to_owned());
            lines.filter(|line| !line.is_empty()).collect()
        };
        Self {
            title: title.to_owned(),
            blocks: blocks.iter().map(lines).collect(),
            text,
            block: 0,
            line: 0,
        }
    }

    /// What it adds to a config.
    pub(crate) fn config(&self) -> String {
        fenced(&self.text, "toml").concat()
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &String> {
        self.blocks.iter().flatten()
    }

    /// The lines of the block that come next, up to one that begins so, which is not among them.
    pub(crate) fn up_to(&mut self, begin: &str) -> Vec<String> {
        let rest = &self.blocks[self.block][self.line..];
        let is_next = |line: &&String| !line.starts_with(begin);
        let lines: Vec<String> = rest.iter().take_while(is_next).cloned().collect();
        assert!(lines.len() < rest.len(), "no `{begin}` in {rest:?}");
        self.line += lines.len();
        lines
    }

    /// The lines that are left of the block.
    pub(crate) fn block(&mut self) -> Vec<String> {
        let lines = self.blocks[self.block][self.line..].to_vec();
        self.block += 1;
        self.line = 0;
        lines
    }

    #[track_caller]
    pub(super) fn assert_typed(&self) {
        let left = self.blocks.get(self.block..).unwrap_or_default().concat();
        assert!(
            left.is_empty(),
            "nobody typed the end of `{}`: {left:?}",
            self.title
        );
    }
}

/// What stands between fences of a language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let parts = text.split(&begin).skip(1);
    let block = |part: &str| part.split("```").next().unwrap_or_default().to_owned();
    parts.map(block).collect()
}
