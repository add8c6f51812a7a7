//! Writes an archive, member after member, from compressed data.
//!
//! `ArchiveWriter → OpenMember → finish`: a member's header is left blank when it is opened, its
//! data is appended piece by piece, and the header is filled in when CRC and sizes are known.

use std::io::{self, SeekFrom};

use super::chunk_table::ChunkTable;
use super::format::{self, Header, Method, Mode};
use super::sink::{SharedBytes, Sink};
use super::timestamp::Timestamp;

/// Small writes are gathered to this many bytes. With 24,000 small members a system call each
/// would cost more than the copy.
const BUFFER_BYTES: usize = 256 * 1024;

/// Bytes that are allocated at a time in large archives. On ext4 this makes writing a fifth faster, and a
/// rename over another file does not wait: ext4 otherwise allocates all blocks in the rename.
const RESERVE_BYTES: u64 = 32 << 20;

/// CRC-32 and sizes in bytes of a member, known when its data was written.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// CRC-32 of the uncompressed data.
    pub crc: u32,
    /// Length of the uncompressed data.
    pub uncompressed: u64,
}

/// A member whose data is being written.
#[derive(Debug)]
pub struct OpenMember {
    name: String,
    mode: Mode,
    timestamp: Timestamp,
    uncompressed: u64,
    header_offset: u64,
    data_offset: u64,
    chunks: Option<ChunkTable>,
}

impl OpenMember {
    /// Sets a timestamp other than the archive's.
    pub fn set_timestamp(&mut self, timestamp: Timestamp) {
        self.timestamp = timestamp;
    }

    /// Adds a chunk table to the member's directory record. A table that is too long for the record
    /// is left out.
    pub fn describe_chunks(&mut self, chunks: ChunkTable) {
        self.chunks = Some(chunks);
    }
}

/// Writes an archive to a [`Sink`] that is empty.
#[derive(Debug)]
pub struct ArchiveWriter<S> {
    sink: S,
    timestamp: Timestamp,
    /// The bytes from `flushed` on, which the sink does not have yet.
    buffer: Vec<u8>,
    flushed: u64,
    /// The end of the allocated range in the sink.
    reserved: u64,
    /// Whether the sink ever held more than it does now, so that its tail has to be cut.
    rewound: bool,
    directory: Vec<u8>,
    entries: u64,
}

impl<S: Sink> ArchiveWriter<S> {
    /// Starts an archive whose members have this timestamp, unless they are given another one.
    pub fn new(sink: S, timestamp: Timestamp) -> Self {
        Self {
            sink,
            timestamp,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            flushed: 0,
            reserved: RESERVE_BYTES / 4,
            rewound: false,
            directory: Vec::new(),
            entries: 0,
        }
    }

    /// Begins a member whose uncompressed length in bytes is known.
    ///
    /// # Errors
    ///
    /// [`FieldTooLong`](super::FieldTooLong) within an [`io::Error`] if the name is longer than
    /// 65,535 bytes; otherwise the sink's error.
    pub fn begin(&mut self, name: &str, mode: Mode, uncompressed: u64) -> io::Result<OpenMember> {
        Header::check_name(name)?;
        let header_offset = self.position();
        let header_len = Header::local_len(name, uncompressed);
        let data_offset = header_offset + header_len;
        self.append(&vec![0; usize::try_from(header_len).unwrap_or(0)])?;
        Ok(OpenMember {
            name: name.to_owned(),
            mode,
            timestamp: self.timestamp,
            uncompressed,
            header_offset,
            data_offset,
            chunks: None,
        })
    }

    /// Appends bytes to the archive: data of the open member, or records.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        if bytes.len() >= BUFFER_BYTES {
            self.reserve(bytes.len());
            self.sink.write_all(bytes)?;
            self.flushed += bytes.len() as u64;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Appends bytes that others hold as well.
    pub fn append_shared(&mut self, bytes: &SharedBytes) -> io::Result<()> {
        let len = (**bytes).as_ref().len();
        if len < BUFFER_BYTES {
            return self.append((**bytes).as_ref());
        }
        self.flush()?;
        self.reserve(len);
        self.sink.write_shared(bytes)?;
        self.flushed += len as u64;
        Ok(())
    }

    /// Returns the number of bytes of the open member's data so far.
    pub fn data_len(&self, member: &OpenMember) -> u64 {
        self.position() - member.data_offset
    }

    /// Discards the open member's data, so that the member can be stored instead of deflated.
    pub fn rewind(&mut self, member: &OpenMember) -> io::Result<()> {
        self.flush()?;
        self.sink.seek(SeekFrom::Start(member.data_offset))?;
        self.flushed = member.data_offset;
        self.rewound = true;
        Ok(())
    }

    /// Ends a member: fills in its header and adds it to the directory. The written data must be
    /// `sizes.uncompressed` bytes in the form `method`. It must not be longer than these bytes,
    /// unless they need ZIP64 anyway.
    pub fn finish_member(
        &mut self,
        member: &OpenMember,
        method: Method,
        sizes: Sizes,
    ) -> io::Result<()> {
        let header = Header {
            name: &member.name,
            method,
            mode: member.mode,
            timestamp: member.timestamp,
            crc: sizes.crc,
            uncompressed: sizes.uncompressed,
            compressed: self.data_len(member),
        };
        let mut local = Vec::new();
        header.write_local(&mut local)?;
        if sizes.uncompressed != member.uncompressed
            || local.len() as u64 != member.data_offset - member.header_offset
        {
            return Err(io::Error::other(format!(
                "`{}` was opened with {} bytes and ended with {}, {} of them in the archive",
                member.name, member.uncompressed, header.uncompressed, header.compressed
            )));
        }
        self.overwrite(member.header_offset, &local)?;
        let chunks = member.chunks.as_ref();
        header.write_central(member.header_offset, chunks, &mut self.directory)?;
        self.entries += 1;
        Ok(())
    }

    /// Writes the directory and the end records. Returns the archive's length in bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        let directory_offset = self.position();
        let directory = std::mem::take(&mut self.directory);
        self.append(&directory)?;
        let mut end = Vec::new();
        format::write_end(self.entries, directory_offset, directory.len() as u64, &mut end);
        self.append(&end)?;
        self.flush()?;
        if self.rewound || self.reserved > self.flushed {
            self.sink.truncate(self.flushed)?;
        }
        self.sink.complete()?;
        Ok(self.flushed)
    }

    /// Returns the number of bytes of the archive so far.
    pub fn position(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    fn reserve(&mut self, len: usize) {
        let end = self.flushed + len as u64;
        if end > self.reserved {
            let range = self.reserved.min(self.flushed)..end + RESERVE_BYTES;
            self.reserved = range.end;
            self.sink.reserve(range);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let len = self.buffer.len();
        self.reserve(len);
        self.sink.write_buffer(&mut self.buffer)?;
        self.flushed += len as u64;
        Ok(())
    }

    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Headers are appended whole, so one is either all in the buffer or all in the sink.
        if let Some(start) = offset.checked_sub(self.flushed) {
            let start = usize::try_from(start).map_err(io::Error::other)?;
            self.buffer[start..start + bytes.len()].copy_from_slice(bytes);
            return Ok(());
        }
        self.sink.seek(SeekFrom::Start(offset))?;
        self.sink.write_all(bytes)?;
        self.sink.seek(SeekFrom::Start(self.flushed))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use fs_err::File;

    use super::*;

    /// Writes members, the even ones rewound and written again shorter, and reads them back.
    fn round_trip(contents: &[Vec<u8>], long_first: bool) {
        let mut file = Cursor::new(Vec::new());
        {
            let mut writer = ArchiveWriter::new(&mut file, Timestamp::EPOCH);
            for (index, content) in contents.iter().enumerate() {
                let name = format!("mémber {index}");
                let len = content.len() as u64;
                let member = writer.begin(&name, Mode::Executable, len).unwrap();
                if long_first {
                    writer.append(&vec![1; content.len() + 1_000_000]).unwrap();
                    writer.rewind(&member).unwrap();
                }
                for piece in content.chunks(70_000) {
                    writer.append(piece).unwrap();
                }
                assert_eq!(writer.data_len(&member), len);
                let sizes = Sizes { crc: crc32fast::hash(content), uncompressed: len };
                writer.finish_member(&member, Method::Stored, sizes).unwrap();
            }
            let len = writer.finish().unwrap();
            assert_eq!(len, file.get_ref().len() as u64);
        }
        let mut archive = zip::ZipArchive::new(file).unwrap();
        assert_eq!(archive.len(), contents.len());
        for (index, content) in contents.iter().enumerate() {
            let mut member = archive.by_index(index).unwrap();
            assert_eq!(member.name().unwrap(), format!("mémber {index}"));
            assert_eq!(member.unix_mode(), Some(0o100_755));
            let mut read = Vec::new();
            member.read_to_end(&mut read).unwrap();
            assert!(read == *content, "member {index}");
        }
    }

    #[test]
    fn headers_are_filled_in_buffered_and_flushed() {
        let sizes = [0, 1, BUFFER_BYTES - 100, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES, 5];
        let contents: Vec<Vec<u8>> =
            sizes.iter().zip(1..).map(|(&size, byte)| vec![byte; size]).collect();
        round_trip(&contents, false);
        round_trip(&contents, true);
        round_trip(&[], false);
    }

    #[test]
    fn unused_reserved_bytes_are_released() {
        use std::os::unix::fs::MetadataExt as _;

        for len in [1 << 20, RESERVE_BYTES / 4 + 5, 2 * RESERVE_BYTES + 5] {
            let mut file = File::from_parts(tempfile::tempfile().unwrap(), "archive");
            let mut writer = ArchiveWriter::new(&mut file, Timestamp::EPOCH);
            let member = writer.begin("a", Mode::Plain, len).unwrap();
            for _ in 0..len / (1 << 20) {
                writer.append(&vec![7; 1 << 20]).unwrap();
            }
            writer.append(&vec![7; usize::try_from(len % (1 << 20)).unwrap()]).unwrap();
            let sizes = Sizes { crc: 0, uncompressed: len };
            writer.finish_member(&member, Method::Stored, sizes).unwrap();
            let written = writer.finish().unwrap();
            let metadata = file.metadata().unwrap();
            assert_eq!(metadata.len(), written);
            assert!(metadata.blocks() * 512 < written + (1 << 20), "{metadata:?}");
        }
    }

    #[test]
    fn a_name_that_does_not_fit_its_header_is_refused() {
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), Timestamp::EPOCH);
        let error = writer.begin(&"n".repeat(65_536), Mode::Plain, 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().ends_with("expected at most 65535 bytes of name, found 65536"));
        assert_eq!(writer.position(), 0);
        writer.begin(&"n".repeat(65_535), Mode::Plain, 3).unwrap();
    }

    #[test]
    fn a_member_of_another_length_is_refused() {
        let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), Timestamp::EPOCH);
        let member = writer.begin("a", Mode::Plain, 3).unwrap();
        writer.append(b"four").unwrap();
        let sizes = Sizes { crc: 0, uncompressed: 4 };
        let error = writer.finish_member(&member, Method::Stored, sizes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a` was opened with 3 bytes and ended with 4, 4 of them in the archive"
        );
    }
}
