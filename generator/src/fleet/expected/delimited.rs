//! Tables of separated values: `Export-Csv` in each of its forms, `csvde`, and by hand.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::ExpectedError;
use super::field::{Field, is_also_a_server};
use super::lines::significant_lines;
use super::row::{Row, common_name};
use super::rows::Rows;
use super::server_name::ServerName;
use crate::formats::security::Sid;

/// What separates the values of a first line. `Export-Csv -UseCulture` takes the separator of
/// the system's lists.
pub(super) fn separator(first: &str) -> Option<u8> {
    let found = [',', ';', '\t', '|'].into_iter();
    let found = found.filter(|&one| first.contains(one));
    // Most of them in the line: a title may hold a comma.
    found
        .max_by_key(|&one| first.matches(one).count())
        .map(|one| one as u8)
}

/// The rows below the header, and what in them may be meant otherwise.
pub(super) fn rows(text: &str, separator: u8) -> Result<Rows, ExpectedError> {
    let Some((header_line, header)) = significant_lines(text).next() else {
        return Err(ExpectedError::Empty);
    };
    let skipped = lines_before(text, header_line);
    let table = text.get(skipped..).unwrap_or_default();
    if let Some(line) = open_quote(table, separator) {
        let line = header_line + line;
        return Err(ExpectedError::OpenQuote { line });
    }
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(Trim::All)
        .from_reader(table.as_bytes())
        .into_records()
        // Texts are read from memory and are UTF-8 already: nothing is left to fail.
        .filter_map(Result::ok);
    let words = records.next().unwrap_or_default();
    let columns = Columns::of(&words, header)?;
    let mut lines = Lines::of(table, header_line);
    let mut found = Rows {
        assumed_header: columns
            .may_be_a_server(&words)
            .then(|| (header_line, header.chars().take(200).collect())),
        ..Rows::default()
    };
    for record in records {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.of_record(usize::try_from(start).unwrap_or(0));
        // Tables that were put one below the other, each with the line `#TYPE` of `Export-Csv`; a row
        // may begin with that sign too.
        let is_comment = record.len() == 1 && record[0].starts_with('#');
        if record == words || is_comment {
            continue;
        }
        let row = columns.row(line, &record, separator);
        if record
            .iter()
            .any(|cell| cell.matches('\n').count() > MOST_LINES_IN_CELL)
        {
            return Err(ExpectedError::OpenQuote { line });
        }
        if row.written().is_empty() && record.len() < columns.0.len() {
            return Err(ExpectedError::ShortRow { line });
        }
        if record.iter().any(|cell| columns.are_in(cell, separator)) {
            found.doubts.push(format!(
                "line {line}: a quoted cell has several lines, which look like rows"
            ));
        }
        found.rows.push(row);
    }
    Ok(found)
}

/// Lines that a cell may have: descriptions have several, lost quotes have thousands.
const MOST_LINES_IN_CELL: usize = 100;

/// What each column holds.
struct Columns(Vec<Option<Field>>);

impl Columns {
    fn of(words: &StringRecord, header: &str) -> Result<Self, ExpectedError> {
        let columns: Vec<Option<Field>> = words.iter().map(Field::of_name).collect();
        if !columns.iter().flatten().any(|field| field.names()) {
            return Err(ExpectedError::NoColumn {
                header: header.chars().take(200).collect(),
            });
        }
        Ok(Self(columns))
    }

    /// Is each word that is known one that a server may have, too, or does another cell hold what
    /// no header does?
    fn may_be_a_server(&self, words: &StringRecord) -> bool {
        if words.iter().any(is_of_a_server) {
            return true;
        }
        let mut known = self
            .0
            .iter()
            .zip(words)
            .filter(|(field, _)| field.is_some());
        known.all(|(_, word)| is_also_a_server(word))
    }

    fn row(&self, line: u64, record: &StringRecord, separator: u8) -> Row {
        // A separator in a cell without quotes moves all that is behind it.
        if record
            .iter()
            .skip(self.0.len())
            .any(|cell| !cell.is_empty())
        {
            let cells: Vec<&str> = record.iter().collect();
            return Row::of_text(line, &cells.join(&char::from(separator).to_string()));
        }
        let mut row = Row::at(line);
        for (field, cell) in self.0.iter().zip(record) {
            if let Some(field) = field {
                row.take(*field, cell);
            }
        }
        row
    }

    /// Does a line inside of this cell have as many cells as a row, and the name of a server?
    fn are_in(&self, cell: &str, separator: u8) -> bool {
        cell.lines().skip(1).any(|line| {
            let cells: Vec<&str> = line.split(char::from(separator)).collect();
            let names = |(field, cell): (&Option<Field>, &&str)| {
                let cell = cell.trim_matches('"');
                field.is_some_and(Field::names) && ServerName::parse(cell).is_some()
            };
            cells.len() == self.0.len() && self.0.iter().zip(&cells).any(names)
        })
    }
}

/// A full name, an account, a distinguished name or a SID.
fn is_of_a_server(cell: &str) -> bool {
    cell.ends_with('$')
        || matches!(ServerName::parse(cell), Some(ServerName::Full(_)))
        || common_name(cell).is_some()
        || cell.parse::<Sid>().is_ok()
}

/// Where a cell begins whose quotes do not stand at its ends (RFC 4180, section 2.5 to 2.7), in
/// lines from the top. A closing quote that is missing makes one cell of what stands below, up
/// to the next quote, and that one is followed by the text of a cell.
fn open_quote(table: &str, separator: u8) -> Option<u64> {
    let mut line = 0;
    let mut begins_row = true;
    let mut begins_cell = true;
    let mut bytes = table.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => line += 1,
            b'#' if begins_row => while bytes.next_if(|&byte| byte != b'\n').is_some() {},
            b'"' if begins_cell => {
                let opened = line;
                loop {
                    match bytes.next() {
                        None => return Some(opened),
                        Some(b'\n') => line += 1,
                        Some(b'"') if bytes.next_if_eq(&b'"').is_none() => break,
                        Some(_) => {}
                    }
                }
                while bytes.next_if_eq(&b' ').is_some() {}
                let ends = |next: &u8| *next == separator || matches!(next, b'\r' | b'\n');
                if !bytes.peek().is_none_or(ends) {
                    return Some(opened);
                }
            }
            _ => {}
        }
        begins_row = matches!(byte, b'\r' | b'\n');
        begins_cell = begins_row || byte == separator;
    }
    None
}

/// Bytes before a line.
fn lines_before(text: &str, line: u64) -> usize {
    let before = text.split_inclusive('\n');
    let lines = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    before.take(lines).map(str::len).sum()
}

/// Numbers of lines by their place; the reader's own are those of the line feed before a
/// record, which after a carriage return is still the line above.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, first: u64) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: first,
        }
    }

    /// The line of the record that starts at `start`, or behind the line ends there.
    fn of_record(&mut self, start: usize) -> u64 {
        let mut end = start;
        while matches!(self.text.get(end), Some(b'\r' | b'\n')) {
            end += 1;
        }
        let passed = self.text.get(self.at..end).unwrap_or_default();
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.at = end;
        self.line
    }
}
