//! `wheelworks sdist`: a source distribution (PEP 517, PEP 625) of a declared wheel.

use std::io::{self, Write};

use fs_err::File;
use tar::{Builder, EntryType, Header};

use super::arguments::SdistArguments;
use super::declared_plan;
use super::outputs;
use super::plan::PackPlan;
use super::source_tree::{self, Purpose, Sink, WrittenTree};
use crate::context::{Context, Report};
use crate::deflate::{ContentKind, Deflater, Level, Position};
use crate::error::{Error, FileError};
use crate::json;
use crate::source_date_epoch::timestamp_seconds;
use crate::temporary;
use crate::wheel::WheelFilename;
use crate::zip::Mode;

/// 1980-01-01 in seconds since 1970: the default timestamp, as in wheels.
const EPOCH: u64 = 315_532_800;

/// Bytes compressed at once. Chunks are parts of one stream; each is compressed without the one before.
const CHUNK: usize = 4 << 20;

/// Identification, method 8 (deflate), no flags, no time, no extra flags, unknown system (RFC 1952).
const GZIP_HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];

/// Writes a source distribution.
pub fn run(arguments: &SdistArguments, context: &Context<'_>) -> Result<Report, Error> {
    let mtime = timestamp_seconds(arguments.timestamp, context)?
        .map_or(EPOCH, |seconds| u64::try_from(seconds).unwrap_or(0));
    let out = context.resolve(&arguments.out);
    let inputs = arguments.declared.inputs().map(|input| context.resolve(input));
    outputs::refuse_inputs(&out, inputs)?;
    let expected = |name: &WheelFilename| format!("{}.tar.gz", stem(name));
    let metrics = context.metrics;
    let plan = metrics.during("plan", || {
        declared_plan::plan(&arguments.declared, &out, Some(&expected), context)
    })?;
    let mut temp = temporary::beside(&plan.wheel.out)?;
    let level = Level::new(arguments.compression_level)
        .ok_or_else(|| Error::Internal("compression level 0".to_owned()))?;
    let file = temp.as_file_mut();
    let WrittenTree { files, warnings } =
        metrics.during("write", || write(&plan, file, level, mtime, context))?;
    context.cancel.check()?;
    let mut stdout = String::new();
    if arguments.report.is_json() {
        let metadata = temp.as_file().metadata().map_err(FileError::on("read", &plan.wheel.out))?;
        let sdist = plan.wheel.out.display().to_string();
        stdout = json::versioned([
            ("sdist".to_owned(), sdist.into()),
            ("files".to_owned(), files.into()),
            ("bytes_out".to_owned(), metadata.len().into()),
        ])?;
    }
    temp.persist(&plan.wheel.out)
        .map_err(|error| FileError::on("rename a file to", &plan.wheel.out)(error.error))?;
    Ok(Report { stdout, warnings, ..Report::default() })
}

fn write(
    plan: &PackPlan,
    file: &mut File,
    level: Level,
    mtime: u64,
    context: &Context<'_>,
) -> Result<WrittenTree, Error> {
    let on_write = || FileError::on("write", &plan.wheel.out);
    let deflaters = context.cache.deflaters();
    let gzip = GzipWriter::new(file, deflaters.take(level)).map_err(on_write())?;
    let (root, out) = (stem(&plan.wheel.filename), &plan.wheel.out);
    let mut sink = TarSink { builder: Builder::new(gzip), root, mtime, out };
    let written = source_tree::write(plan, Purpose::Distribution, &mut sink, context.cancel)?;
    let deflater = sink.builder.into_inner().and_then(GzipWriter::finish).map_err(on_write())?;
    deflaters.give_back(level, deflater);
    Ok(written)
}

/// Returns the name of the archive without its extension, which is also the name of its one directory.
fn stem(name: &WheelFilename) -> String {
    format!("{}-{}", name.distribution.escaped(), name.version)
}

/// Writes the files of a source tree to a tar archive: only names, permissions and content.
struct TarSink<'a, W: Write> {
    builder: Builder<W>,
    root: String,
    mtime: u64,
    out: &'a std::path::Path,
}

impl<W: Write> TarSink<'_, W> {
    fn append(&mut self, path: &str, bytes: &[u8], mode: Mode) -> io::Result<()> {
        let mut header = Header::new_ustar();
        let path = format!("{}/{path}", self.root);
        // A path that does not fit the ustar header goes to an extended header (POSIX.1-2001).
        if !path.is_ascii() || header.set_path(&path).is_err() {
            self.builder.append_pax_extensions([("path", path.as_bytes())])?;
            header.set_path("extended")?;
        }
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(if mode == Mode::Executable { 0o755 } else { 0o644 });
        header.set_mtime(self.mtime);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.builder.append(&header, bytes)
    }
}

impl<W: Write> Sink for TarSink<'_, W> {
    fn file(&mut self, path: &str, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        Ok(self.append(path, bytes, mode).map_err(FileError::on("write", self.out))?)
    }
}

/// A gzip stream (RFC 1952) of one member.
struct GzipWriter<W> {
    inner: W,
    deflater: Deflater,
    buffer: Vec<u8>,
    crc: crc32fast::Hasher,
    /// Uncompressed bytes so far, modulo 2³², for the trailer.
    length: u32,
}

impl<W: Write> GzipWriter<W> {
    fn new(mut inner: W, deflater: Deflater) -> io::Result<Self> {
        inner.write_all(&GZIP_HEADER)?;
        let crc = crc32fast::Hasher::new();
        Ok(Self { inner, deflater, buffer: Vec::new(), crc, length: 0 })
    }

    fn compress(&mut self, len: usize, position: Position) -> io::Result<()> {
        let chunk = &self.buffer[..len];
        let compressed = self
            .deflater
            .compress(chunk, position, ContentKind::Other)
            .map_err(io::Error::other)?;
        self.crc.combine(&crc32fast::Hasher::new_with_initial_len(compressed.crc, len as u64));
        self.inner.write_all(&compressed.bytes)?;
        // The length of a chunk fits in 32 bits.
        self.length = self.length.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX));
        self.buffer.drain(..len);
        Ok(())
    }

    /// Writes the last chunk and the trailer, and returns the compressor.
    fn finish(mut self) -> io::Result<Deflater> {
        self.compress(self.buffer.len(), Position::Last)?;
        self.inner.write_all(&self.crc.finalize().to_le_bytes())?;
        self.inner.write_all(&self.length.to_le_bytes())?;
        Ok(self.deflater)
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(2 * CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == 2 * CHUNK {
            self.compress(CHUNK, Position::Inner)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
