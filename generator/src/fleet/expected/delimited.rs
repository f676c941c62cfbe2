//! Tables of separated values: `Export-Csv` in each of its forms, `csvde`, and by hand.

use csv::{ReaderBuilder, Trim};

use super::ExpectedError;
use super::lines::significant_lines;
use super::row::{Field, Row};

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

/// The rows below the header.
pub(super) fn rows(text: &str, separator: u8) -> Result<Vec<Row>, ExpectedError> {
    let Some((header_line, header)) = significant_lines(text).next() else {
        return Err(ExpectedError::Empty);
    };
    let skipped = lines_before(text, header_line);
    let table = text.get(skipped..).unwrap_or_default();
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(Trim::All)
        .from_reader(table.as_bytes())
        .into_records()
        // Texts are read from memory and are UTF-8 already: nothing is left to fail.
        .filter_map(Result::ok);
    let columns: Vec<Option<Field>> = records
        .next()
        .iter()
        .flatten()
        .map(Field::of_name)
        .collect();
    if !columns.iter().flatten().any(|field| field.names()) {
        return Err(ExpectedError::NoColumn {
            header: header.chars().take(200).collect(),
        });
    }
    let mut lines = Lines::of(table, header_line);
    let mut rows = Vec::new();
    for record in records {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.of_record(usize::try_from(start).unwrap_or(0));
        let mut row = Row::at(line);
        for (field, cell) in columns.iter().zip(record.iter()) {
            if let Some(field) = field {
                row.take(*field, cell);
            }
        }
        // A quote that is never closed makes one cell of everything behind it.
        if record
            .iter()
            .any(|cell| cell.matches('\n').count() > MOST_LINES_IN_CELL)
        {
            return Err(ExpectedError::OpenQuote { line });
        }
        if row.written().is_empty() && record.len() < columns.len() {
            return Err(ExpectedError::ShortRow { line });
        }
        rows.push(row);
    }
    // Quotes stand in pairs (RFC 4180, section 2.7), doubled ones too.
    if table.matches('"').count() % 2 == 1 {
        let line = rows.last().map_or(header_line, |row| row.line);
        return Err(ExpectedError::OpenQuote { line });
    }
    Ok(rows)
}

/// Lines that a cell may have: descriptions have several, lost quotes have thousands.
const MOST_LINES_IN_CELL: usize = 100;

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
