//! Tables as values: what is checked and written.

/// A table of the database.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// Name and type, as table `_Columns` has them.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_key: bool,
    pub(super) is_nullable: bool,
    pub(super) is_localizable: bool,
    /// As `_Validation` names it; empty for numbers.
    pub(super) category: &'static str,
    /// Table whose first column it refers to.
    pub(super) refers_to: Option<&'static str>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// At most so many letters; 0 for any number.
    Text(usize),
    /// A number of 16 bits.
    Short,
    /// A number of 32 bits.
    Long,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Number(i32),
    Text(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Self::Number(number)
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl Column {
    /// From the notation of Microsoft's table exports: `s72*` is a text of at most 72 letters and a
    /// key, `S` one that may be null, `l` and `L` those that may be translated, `i2` and `i4` numbers
    /// by their bytes, `I2` and `I4` those that may be null.
    pub(super) fn of(
        name: &'static str,
        notation: &'static str,
        category: &'static str,
        refers_to: Option<&'static str>,
    ) -> Self {
        let (plain, is_key) = match notation.strip_suffix('*') {
            Some(plain) => (plain, true),
            None => (notation, false),
        };
        let (letter, size) = plain.split_at(1);
        let kind = match (letter, size) {
            ("i" | "I", "2") => Kind::Short,
            ("i" | "I", _) => Kind::Long,
            (_, size) => Kind::Text(size.parse().unwrap_or(0)),
        };
        Self {
            name,
            kind,
            is_key,
            is_nullable: letter.chars().all(char::is_uppercase),
            is_localizable: matches!(letter, "l" | "L"),
            category,
            refers_to,
        }
    }
}

impl Table {
    /// The value of a row in the column of this name.
    pub(super) fn cell<'t>(&self, row: &'t [Cell], column: &str) -> &'t Cell {
        self.columns
            .iter()
            .position(|known| known.name == column)
            .and_then(|index| row.get(index))
            .unwrap_or(&Cell::Null)
    }

    /// The text of a row in a column; empty when there is none.
    pub(super) fn text<'t>(&self, row: &'t [Cell], column: &str) -> &'t str {
        match self.cell(row, column) {
            Cell::Text(text) => text,
            Cell::Null | Cell::Number(_) => "",
        }
    }

    /// The number of a row in a column.
    pub(super) fn number(&self, row: &[Cell], column: &str) -> Option<i32> {
        match self.cell(row, column) {
            Cell::Number(number) => Some(*number),
            Cell::Null | Cell::Text(_) => None,
        }
    }

    /// Every text of a column, null as an empty one.
    pub(super) fn column<'t>(&'t self, column: &'t str) -> impl Iterator<Item = &'t str> {
        self.rows.iter().map(move |row| self.text(row, column))
    }
}

/// The table of this name.
pub(super) fn find<'t>(tables: &'t [Table], name: &str) -> Option<&'t Table> {
    tables.iter().find(|table| table.name == name)
}
