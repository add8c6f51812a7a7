//! Writes a file on a thread of its own, behind the thread that makes its bytes.
//!
//! A wheel with nothing to compress spends half of its time in the kernel's `write`, on one thread.

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use fs_err::File;

use crate::zip::{SharedBytes, Sink};

/// The most operations that wait for the thread: each has a buffer of 256 KiB or a chunk of at most 4 MiB, 16 MiB in
/// members of over 8 GB.
const MAX_WAITING: usize = 4;

/// An operation on the file.
enum Operation {
    /// Writes a buffer at an offset, and gives it back.
    Buffer(u64, Vec<u8>),
    /// Writes bytes that the cache may hold, too.
    Shared(u64, SharedBytes),
    Reserve(Range<u64>),
    Truncate(u64),
}

/// A file that another thread writes. An error of an operation is that of a later one.
struct WriteBehind {
    /// `None` after an error.
    operations: Option<Sender<Operation>>,
    result: Receiver<io::Result<()>>,
    /// Empty buffers.
    spare: Receiver<Vec<u8>>,
    position: u64,
    len: u64,
}

/// Runs `work` with a sink that writes to the empty file on another thread; on this one if the system refuses a thread.
pub(super) fn write_behind<T>(file: &mut File, work: impl FnOnce(&mut dyn Sink) -> T) -> T {
    let (sender, operations) = bounded(MAX_WAITING);
    let (result_sender, result) = bounded(1);
    let (spare_sender, spare) = unbounded();
    let behind = &*file;
    let done = thread::scope(|scope| {
        let run = move || drop(result_sender.send(write(behind, operations, &spare_sender)));
        match thread::Builder::new().name("writer".to_owned()).spawn_scoped(scope, run) {
            Ok(_) => {
                let operations = Some(sender);
                Ok(work(&mut WriteBehind { operations, result, spare, position: 0, len: 0 }))
            }
            Err(error) => {
                tracing::debug!("no thread that writes: {error}");
                Err(work)
            }
        }
    });
    done.unwrap_or_else(|work| work(file))
}

/// Carries operations out until one fails or no more can come.
fn write(
    mut file: &File,
    operations: Receiver<Operation>,
    spare: &Sender<Vec<u8>>,
) -> io::Result<()> {
    let mut position = 0;
    let mut write_at = |mut file: &File, offset: u64, bytes: &[u8]| {
        if offset != position {
            file.seek(SeekFrom::Start(offset))?;
        }
        position = offset + bytes.len() as u64;
        file.write_all(bytes)
    };
    for operation in operations {
        match operation {
            Operation::Buffer(offset, mut buffer) => {
                write_at(file, offset, &buffer)?;
                buffer.clear();
                drop(spare.send(buffer));
            }
            Operation::Shared(offset, bytes) => write_at(file, offset, (*bytes).as_ref())?,
            Operation::Reserve(range) => file.reserve(range),
            Operation::Truncate(len) => file.set_len(len)?,
        }
    }
    Ok(())
}

impl WriteBehind {
    fn send(&mut self, operation: Operation) -> io::Result<()> {
        let sent = self.operations.as_ref().map(|operations| operations.send(operation));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { self.complete() }
    }

    /// Moves on by `len` bytes. Returns the offset before.
    fn advance(&mut self, len: usize) -> u64 {
        let offset = self.position;
        self.position += len as u64;
        self.len = self.len.max(self.position);
        offset
    }
}

impl Write for WriteBehind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let offset = self.advance(bytes.len());
        self.send(Operation::Buffer(offset, bytes.to_vec()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for WriteBehind {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.len.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        self.position = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Sink for WriteBehind {
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.len = len;
        self.send(Operation::Truncate(len))
    }

    fn reserve(&mut self, range: Range<u64>) {
        if let Some(operations) = &self.operations {
            // The next operation returns the error of an earlier one.
            drop(operations.send(Operation::Reserve(range)));
        }
    }

    fn write_buffer(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let empty = self.spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(buffer.capacity()));
        let full = std::mem::replace(buffer, empty);
        let offset = self.advance(full.len());
        self.send(Operation::Buffer(offset, full))
    }

    fn write_shared(&mut self, bytes: &SharedBytes) -> io::Result<()> {
        let offset = self.advance((**bytes).as_ref().len());
        self.send(Operation::Shared(offset, bytes.clone()))
    }

    fn complete(&mut self) -> io::Result<()> {
        self.operations = None;
        let ended = || io::Error::other("the thread that writes has ended");
        self.result.recv().map_err(|_| ended())?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::FileError;

    fn write_all(sink: &mut dyn Sink) -> io::Result<()> {
        let mut buffer = b"0123456789".to_vec();
        sink.reserve(0..1 << 20);
        sink.write_buffer(&mut buffer)?;
        assert!(buffer.is_empty());
        let shared: SharedBytes = Arc::new(b"abc".to_vec());
        for _ in 0..50 {
            sink.write_shared(&shared)?;
        }
        sink.seek(SeekFrom::Start(2))?;
        sink.write_all(b"xy")?;
        sink.seek(SeekFrom::End(-147))?;
        sink.write_all(b"end")?;
        sink.truncate(16)?;
        sink.complete()
    }

    #[test]
    fn the_file_is_that_of_the_same_operations_on_one_thread() {
        let files = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
        let [mut behind, mut direct] =
            [&files[0], &files[1]].map(|it| File::create(it.path()).unwrap());
        write_behind(&mut behind, write_all).unwrap();
        write_all(&mut direct).unwrap();
        let [behind, direct] = files.map(|it| fs_err::read(it.path()).unwrap());
        assert_eq!(behind, b"01xy456789abcend");
        assert_eq!(behind, direct);
    }

    #[test]
    fn an_error_is_that_of_a_later_operation() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut unwritable = File::open(file.path()).unwrap();
        let error = write_behind(&mut unwritable, |sink| {
            loop {
                sink.write_all(b"x")?;
            }
            #[expect(unreachable_code, reason = "the type of the result")]
            Ok::<_, io::Error>(())
        });
        let error = FileError::on("write", file.path())(error.unwrap_err());
        assert_eq!(error.source.raw_os_error(), Some(libc::EBADF));
        // Nobody waits for a sink that is dropped.
        write_behind(&mut File::create(file.path()).unwrap(), |_| ());
    }
}
