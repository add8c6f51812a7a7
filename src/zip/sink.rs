//! The destination of an archive: a file, a buffer, or a file that another thread writes.

use std::io::{self, Seek, Write};
use std::ops::Range;
use std::sync::Arc;

use fs_err::File;

/// Bytes that others hold as well.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// The destination of an archive.
pub trait Sink: Write + Seek {
    /// Truncates the sink to `len` bytes.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Announces bytes that will be written, so that a file can allocate their blocks at once.
    fn reserve(&mut self, _: Range<u64>) {}

    /// Writes a buffer and empties it. The sink may keep it and leave another one.
    fn write_buffer(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.write_all(buffer)?;
        buffer.clear();
        Ok(())
    }

    /// Writes bytes, without a copy also if the sink writes them later.
    fn write_shared(&mut self, bytes: &SharedBytes) -> io::Result<()> {
        self.write_all((**bytes).as_ref())
    }

    /// Waits until everything is written. Nothing may be written after that.
    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for io::Cursor<Vec<u8>> {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.get_mut().truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Ok(())
    }
}

impl Sink for &File {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    #[cfg(target_os = "linux")]
    fn reserve(&mut self, range: Range<u64>) {
        use rustix::fs::{FallocateFlags, fallocate};
        let (flags, len) = (FallocateFlags::KEEP_SIZE, range.end - range.start);
        if let Err(error) = fallocate(self.file(), flags, range.start, len) {
            // If the disk is full, a later write reports it.
            tracing::debug!("no room is made in advance: {error}");
        }
    }
}

impl Sink for File {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        (&*self).truncate(len)
    }

    fn reserve(&mut self, range: Range<u64>) {
        (&*self).reserve(range);
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        (**self).truncate(len)
    }

    fn reserve(&mut self, range: Range<u64>) {
        (**self).reserve(range);
    }

    fn write_buffer(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        (**self).write_buffer(buffer)
    }

    fn write_shared(&mut self, bytes: &SharedBytes) -> io::Result<()> {
        (**self).write_shared(bytes)
    }

    fn complete(&mut self) -> io::Result<()> {
        (**self).complete()
    }
}
