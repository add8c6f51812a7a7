//! Reads RECORD row by row: the one CSV reader of RECORD, with its limits, for those that need a
//! well-formed RECORD, for those that report every flaw of it, and for those that need the paths alone.

use super::record::RecordError;

/// Most rows of a RECORD that are read: no archive that is read has as many members. Without a bound, rows
/// of two bytes each take fifty times their length in memory.
pub const MOST_ROWS: usize = 1 << 20;

/// What some editors put in front of a text. Python takes it for a part of the first path.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The rows of a RECORD, as they stand in the file.
#[derive(Debug)]
pub struct RecordRows<'a> {
    reader: csv::Reader<&'a [u8]>,
    /// Rows read so far.
    count: usize,
    /// Whether nothing is read any more.
    is_done: bool,
}

/// A row, whatever it holds.
#[derive(Debug)]
pub struct RawRecordRow {
    /// Its number, counted from 1.
    pub number: u64,
    fields: csv::ByteRecord,
}

impl RawRecordRow {
    /// The first field.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.field(0)
    }

    /// The second field.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        self.field(1)
    }

    /// The third field.
    #[must_use]
    pub fn size(&self) -> &[u8] {
        self.field(2)
    }

    /// The number of fields: three in a RECORD that is as it should be.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    fn field(&self, index: usize) -> &[u8] {
        self.fields.get(index).unwrap_or_default()
    }
}

impl<'a> RecordRows<'a> {
    /// Reads a file's content. The CSV reader skips a [`BYTE_ORDER_MARK`].
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { reader, count: 0, is_done: false }
    }
}

impl Iterator for RecordRows<'_> {
    type Item = Result<RawRecordRow, RecordError>;

    /// The next row; the last item is the error for text that is not CSV, or for more than
    /// [`MOST_ROWS`] rows.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let mut fields = csv::ByteRecord::new();
        let number = self.count as u64 + 1;
        let read = match self.reader.read_byte_record(&mut fields) {
            Ok(false) => return None,
            Ok(true) if self.count == MOST_ROWS => Err(RecordError::TooMany),
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
    fn rows_are_read_whatever_they_hold() {
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
    fn rows_are_bounded() {
        let text = "a\n".repeat(MOST_ROWS);
        assert!(RecordRows::new(text.as_bytes()).all(|row| row.is_ok()));
        let text = text + "a\na\n";
        let mut rows = RecordRows::new(text.as_bytes()).skip(MOST_ROWS);
        assert!(matches!(rows.next(), Some(Err(RecordError::TooMany))));
        assert!(rows.next().is_none());
    }
}
