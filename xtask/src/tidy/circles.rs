//! No file of a crate knows, over however many others, a file that knows it.
//!
//! What a file knows is read from its `use` lines and its paths: `crate::`, `super::`,
//! `self::` and names of its own submodules. A name that a module only hands on (`pub use`) is
//! followed to the file that it comes from. A folder's own file and the files in the folder
//! are one room to each other: a module may use what its parent defines. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

use super::{Breach, Source};

/// A module by its path inside its crate; the crate's root is empty.
type Module = Vec<String>;

/// What one file says.
#[derive(Default)]
struct Room {
    path: String,
    module: Module,
    /// Paths as written, all but those of tests.
    paths: Vec<Vec<String>>,
    /// Names that are brought into the module, and the path that they come from.
    brought: BTreeMap<String, Vec<String>>,
}

/// Circles of files, each told once.
pub(super) fn circles(sources: &[Source]) -> Vec<Breach> {
    let mut crates: BTreeMap<&str, Vec<Room>> = BTreeMap::new();
    for source in sources {
        let Some((folder, module)) = place(&source.path) else {
            continue;
        };
        match read(source, module) {
            Ok(room) => crates.entry(folder).or_default().push(room),
            Err(error) => {
                return vec![Breach::of(source, None, format!("not Rust: {error}"))];
            }
        }
    }
    crates.values().flat_map(|rooms| of_crate(rooms)).collect()
}

/// The crate's folder and the module of a source file; none for tests and single programs.
fn place(path: &str) -> Option<(&str, Module)> {
    let (folder, inside) = path.split_once("/src/")?;
    let inside = inside.strip_suffix(".rs")?;
    let mut parts: Module = inside.split('/').map(str::to_owned).collect();
    if parts.first().is_some_and(|first| first == "bin")
        || parts.iter().any(|part| part == "tests")
        || folder.contains("/src")
    {
        return None;
    }
    if parts.last().is_some_and(|last| last == "mod") || matches!(inside, "lib" | "main") {
        parts.pop();
    }
    Some((folder, parts))
}

fn read(source: &Source, module: Module) -> syn::Result<Room> {
    let file = syn::parse_file(&source.text)?;
    let mut room = Room {
        path: source.path.clone(),
        module,
        ..Room::default()
    };
    for item in &file.items {
        if let Item::Use(item) = item
            && !is_test(&item.attrs)
        {
            room.bring(&item.tree, &mut Vec::new());
        }
    }
    room.visit_file(&file);
    Ok(room)
}

/// Whether an item is compiled for tests only.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && list.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl Room {
    fn bring(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.bring(&path.tree, before);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.bring(tree, before);
                }
            }
            UseTree::Name(name) => {
                self.brings(name.ident.to_string(), name.ident.to_string(), before);
            }
            UseTree::Rename(name) => {
                self.brings(name.rename.to_string(), name.ident.to_string(), before);
            }
            UseTree::Glob(_) => self.paths.push(before.clone()),
        }
    }

    fn brings(&mut self, known_as: String, name: String, before: &[String]) {
        let mut path = before.to_vec();
        // `use a::{self}` brings `a`.
        let known_as = if name == "self" {
            path.last().cloned().unwrap_or_default()
        } else {
            path.push(name);
            known_as
        };
        self.paths.push(path.clone());
        self.brought.insert(known_as, path);
    }
}

impl<'ast> Visit<'ast> for Room {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            // Read before, with the names that they bring.
            Item::Use(_) => return,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.paths.push(names.collect());
        visit::visit_path(self, path);
    }
}

fn of_crate(rooms: &[Room]) -> Vec<Breach> {
    let by_module: BTreeMap<&[String], usize> = rooms
        .iter()
        .enumerate()
        .map(|(index, room)| (room.module.as_slice(), index))
        .collect();
    let known: Vec<BTreeSet<usize>> = rooms
        .iter()
        .enumerate()
        .map(|(index, room)| {
            let targets = room.paths.iter();
            targets
                .filter_map(|path| target(rooms, &by_module, room, path, 0))
                .filter(|&other| other != index && !are_kin(room, &rooms[other]))
                .collect()
        })
        .collect();
    let reached: Vec<BTreeSet<usize>> = (0..rooms.len()).map(|from| reach(&known, from)).collect();
    let mut told = BTreeSet::new();
    let mut breaches = Vec::new();
    for (index, room) in rooms.iter().enumerate() {
        if !reached[index].contains(&index) || !told.insert(index) {
            continue;
        }
        let circle: Vec<usize> = reached[index]
            .iter()
            .copied()
            .filter(|&other| reached[other].contains(&index))
            .collect();
        told.extend(&circle);
        let mut lines = Vec::new();
        for &from in &circle {
            for &to in known[from].iter().filter(|to| circle.contains(to)) {
                lines.push(format!("  {} knows {}", rooms[from].path, rooms[to].path));
            }
        }
        breaches.push(Breach {
            path: room.path.clone(),
            line: None,
            what: format!("files know each other in a circle\n{}", lines.join("\n")),
        });
    }
    breaches
}

/// A folder's own file and what lies in the folder.
fn are_kin(one: &Room, other: &Room) -> bool {
    one.module.starts_with(&other.module) || other.module.starts_with(&one.module)
}

/// The file that a path of `room` leads to, when it is one of the crate.
fn target(
    rooms: &[Room],
    by_module: &BTreeMap<&[String], usize>,
    room: &Room,
    path: &[String],
    depth: u8,
) -> Option<usize> {
    /// More hand-overs than any sane name takes; re-exports may also run in a circle.
    const MAX_DEPTH: u8 = 8;

    let (first, rest) = path.split_first()?;
    let mut module = room.module.clone();
    let mut rest = rest;
    match first.as_str() {
        "crate" => module.clear(),
        "self" => {}
        "super" => {
            module.pop();
        }
        name => {
            module.push(name.to_owned());
            if !by_module.contains_key(module.as_slice()) {
                return None;
            }
        }
    }
    while let [next, after @ ..] = rest {
        if next == "super" {
            module.pop();
        } else {
            module.push(next.clone());
            if !by_module.contains_key(module.as_slice()) {
                module.pop();
                break;
            }
        }
        rest = after;
    }
    let found = *by_module.get(module.as_slice())?;
    // Does the module define the name, or only hand it on?
    if let Some(from) = rest.first().and_then(|name| rooms[found].brought.get(name))
        && depth < MAX_DEPTH
        && let Some(deeper) = target(rooms, by_module, &rooms[found], from, depth + 1)
    {
        return Some(deeper);
    }
    Some(found)
}

/// Everything that `from` knows, over others.
fn reach(known: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = known[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&known[next]);
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    /// A crate of `lib.rs` and these files.
    fn breaches(files: &[(&str, &str)]) -> Vec<Breach> {
        let lib = source("p/src/lib.rs", "mod a; mod b; mod folder;");
        let files = files
            .iter()
            .map(|(name, text)| source(&format!("p/src/{name}"), text));
        let sources: Vec<Source> = std::iter::once(lib).chain(files).collect();
        circles(&sources)
    }

    #[test]
    fn two_files_that_know_each_other_are_a_circle() {
        for (name, a, b) in [
            ("use", "use crate::b::B;", "use super::a::A;"),
            ("group", "use crate::{b::{self, B}};", "use crate::a::A;"),
            ("glob", "use crate::b::*;", "use crate::a::A as C;"),
            (
                "path",
                "fn f() { crate::b::g() }",
                "fn g() -> super::a::A {}",
            ),
        ] {
            let found = breaches(&[("a.rs", a), ("b.rs", b)]);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(
                found[0].what.contains("p/src/a.rs knows p/src/b.rs"),
                "{name}"
            );
        }
    }

    #[test]
    fn a_circle_runs_through_names_that_are_handed_on() {
        let found = breaches(&[
            ("a.rs", "use crate::folder::X;"),
            ("folder/mod.rs", "mod x; pub use x::X;"),
            ("folder/x.rs", "use crate::a::A; pub struct X;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn what_runs_one_way_is_no_circle() {
        for (name, a, b) in [
            ("one way", "use crate::b::B;", "use std::fmt;"),
            (
                "tests",
                "use crate::b::B;",
                "#[cfg(test)] mod tests { use crate::a::A; }",
            ),
            ("comment", "use crate::b::B;", "// use crate::a::A;"),
        ] {
            assert_eq!(breaches(&[("a.rs", a), ("b.rs", b)]), [], "{name}");
        }
        let kin = breaches(&[
            ("folder/mod.rs", "mod x; use x::X; pub struct Y;"),
            ("folder/x.rs", "use super::Y; pub struct X;"),
        ]);
        assert_eq!(kin, []);
    }
}
