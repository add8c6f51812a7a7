//! Reads RECORD row by row. This is the only CSV reader of RECORD: strict readers, readers that report
//! every flaw, and readers of the paths alone share it and its limits.

use super::record_error::{MAX_ROWS, RecordError};

/// The byte order mark that some editors write at the start of a text. Python takes it for a part of the
/// first path.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Iterates over the rows of a RECORD in the order of the file.
#[derive(Debug)]
pub struct RecordRows<'a> {
    reader: csv::Reader<&'a [u8]>,
    /// Rows read so far.
    count: usize,
    /// Whether the iterator has ended.
    is_done: bool,
}

/// A row with any number of fields.
#[derive(Debug)]
pub struct RawRecordRow {
    /// The number of the row, counted from 1.
    pub number: u64,
    fields: csv::ByteRecord,
}

impl RawRecordRow {
    /// Returns the first field; empty if it is missing.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.field(0)
    }

    /// Returns the second field; empty if it is missing.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        self.field(1)
    }

    /// Returns the third field; empty if it is missing.
    #[must_use]
    pub fn size(&self) -> &[u8] {
        self.field(2)
    }

    /// Returns the number of fields: three in a valid RECORD.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    fn field(&self, index: usize) -> &[u8] {
        self.fields.get(index).unwrap_or_default()
    }
}

impl<'a> RecordRows<'a> {
    /// Starts to read `text`. The CSV reader skips a [`BYTE_ORDER_MARK`].
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { reader, count: 0, is_done: false }
    }
}

impl Iterator for RecordRows<'_> {
    type Item = Result<RawRecordRow, RecordError>;

    /// Returns the next row. An error is the last item: text that is not CSV, or more than [`MAX_ROWS`]
    /// rows.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let mut fields = csv::ByteRecord::new();
        let number = self.count as u64 + 1;
        let read = match self.reader.read_byte_record(&mut fields) {
            Ok(false) => return None,
            Ok(true) if self.count == MAX_ROWS => Err(RecordError::TooMany),
            Ok(true) => Ok(RawRecordRow { number, fields }),
            Err(source) => Err(RecordError::Csv { number, source }),
        };
        self.count += 1;
        self.is_done = read.is_err();
        Some(read)
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
