//! Reads RECORD row by row. This is the only CSV reader of RECORD: strict readers, readers that report
//! every flaw, and readers of the paths alone share it and its limits.

use std::borrow::Cow;

use super::record_error::{MAX_ROWS, RecordError, RowProblem};

/// The byte order mark that some editors write at the start of a text. Python takes it for a part of the
/// first path.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Iterates over the rows of a RECORD in the order of the file, as Python's CSV reader does: an empty line
/// is a row without fields.
#[derive(Debug)]
pub struct RecordRows<'a> {
    rest: &'a [u8],
    /// Rows read so far.
    count: usize,
}

/// A row with any number of fields.
#[derive(Debug)]
pub struct RawRecordRow<'a> {
    /// The number of the row, counted from 1.
    pub number: u64,
    /// The first three fields; empty if they are missing.
    fields: [Cow<'a, [u8]>; 3],
    field_count: usize,
    problem: Option<RowProblem>,
}

impl RawRecordRow<'_> {
    /// Returns the first field; empty if it is missing.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.fields[0]
    }

    /// Returns the second field; empty if it is missing.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.fields[1]
    }

    /// Returns the third field; empty if it is missing.
    #[must_use]
    pub fn size(&self) -> &[u8] {
        &self.fields[2]
    }

    /// Returns the number of fields: three in a valid RECORD, none in an empty line.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.field_count
    }

    /// Returns why Python cannot read the row, or reads another.
    #[must_use]
    pub fn problem(&self) -> Option<RowProblem> {
        self.problem
    }
}

impl<'a> RecordRows<'a> {
    /// Starts to read `text`. Skips a [`BYTE_ORDER_MARK`].
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        Self { rest: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), count: 0 }
    }

    /// Reads one row, up to the end of its line.
    fn read_row(&mut self, number: u64) -> RawRecordRow<'a> {
        let fields = std::array::from_fn(|_| Cow::Borrowed(&[][..]));
        let mut row = RawRecordRow { number, fields, field_count: 0, problem: None };
        if matches!(self.rest.first(), Some(b'\n' | b'\r')) {
            row.problem = Some(RowProblem::Empty);
            self.skip_end();
            return row;
        }
        loop {
            let field = self.read_field();
            row.problem = row.problem.or_else(|| RowProblem::of(&field));
            if let Some(kept) = row.fields.get_mut(row.field_count) {
                *kept = field;
            }
            row.field_count += 1;
            if self.skip_end() != Some(b',') {
                return row;
            }
        }
    }

    /// Skips the `,` or line break behind a field. Returns its first byte; `None` at the end of the file.
    fn skip_end(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = self.rest.strip_prefix(b"\r\n").unwrap_or(rest);
        Some(first)
    }

    /// Reads a field, up to the `,` or line break behind it. A quote is special at the start of a field and
    /// up to the next single one.
    fn read_field(&mut self) -> Cow<'a, [u8]> {
        let Some(mut quoted) = self.rest.strip_prefix(b"\"") else {
            return Cow::Borrowed(self.read_plain());
        };
        let mut field = Vec::new();
        loop {
            let end = quoted.iter().position(|&byte| byte == b'"').unwrap_or(quoted.len());
            let (part, behind) = quoted.split_at(end);
            field.extend_from_slice(part);
            let Some(next) = behind.strip_prefix(b"\"\"") else {
                self.rest = behind.get(1..).unwrap_or_default();
                break;
            };
            field.push(b'"');
            quoted = next;
        }
        field.extend_from_slice(self.read_plain());
        Cow::Owned(field)
    }

    /// Reads up to a `,` or line break.
    fn read_plain(&mut self) -> &'a [u8] {
        let is_end = |byte: &u8| matches!(byte, b',' | b'\n' | b'\r');
        let end = self.rest.iter().position(is_end).unwrap_or(self.rest.len());
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest;
        part
    }
}

impl<'a> Iterator for RecordRows<'a> {
    type Item = Result<RawRecordRow<'a>, RecordError>;

    /// Returns the next row. An error is the last item: more than [`MAX_ROWS`] rows.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        if self.count == MAX_ROWS {
            self.rest = &[];
            return Some(Err(RecordError::TooMany));
        }
        self.count += 1;
        Some(Ok(self.read_row(self.count as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_any_number_of_fields() {
        let text = b"a,sha256=x,1\n\"b,\"\"c\",,\n\xFF\nd,1,2,3\n";
        let rows: Vec<RawRecordRow> = RecordRows::new(text).map(Result::unwrap).collect();
        let fields =
            |row: &RawRecordRow| [row.path(), row.digest(), row.size()].map(<[u8]>::to_vec);
        let expected: [[&[u8]; 3]; 4] = [
            [b"a", b"sha256=x", b"1"],
            [b"b,\"c", b"", b""],
            [b"\xFF", b"", b""],
            [b"d", b"1", b"2"],
        ];
        assert_eq!(rows.iter().map(fields).collect::<Vec<_>>(), expected);
        let counts = rows.iter().map(|row| (row.number, row.field_count()));
        assert_eq!(counts.collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 1), (4, 4)]);
    }

    #[test]
    fn the_number_of_rows_is_limited() {
        let text = "a\n".repeat(MAX_ROWS);
        assert!(RecordRows::new(text.as_bytes()).all(|row| row.is_ok()));
        let text = text + "a\na\n";
        let mut rows = RecordRows::new(text.as_bytes()).skip(MAX_ROWS);
        assert!(matches!(rows.next(), Some(Err(RecordError::TooMany))));
        assert!(rows.next().is_none());
    }
}
