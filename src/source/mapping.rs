//! A memory-mapped file that tolerates truncation.
//!
//! An access to a mapped page beyond the end of a truncated file raises SIGBUS, which kills the
//! process. The handler here maps zeros over the rest of the mapping instead and marks it. So the
//! request that reads the file fails, and the others continue. A signal handler is global to the
//! process, so the table of live mappings is the only global state in wheelworks. It contains only
//! addresses.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fs_err::File;
use memmap2::Mmap;

/// A live mapping. `start` is 0 in a free slot.
struct Slot {
    start: AtomicUsize,
    end: AtomicUsize,
    faulted: AtomicBool,
}

/// The most live mappings of all requests: those in the windows of 64 requests, which is the most that a
/// worker runs at once.
const SLOTS: usize = 16_384;

/// A slot's `start` while it is being filled. No mapping starts at this address.
const CLAIMED: usize = 1;

static TABLE: [Slot; SLOTS] = [const {
    Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), faulted: AtomicBool::new(false) }
}; SLOTS];

/// The slot at which the next search for a free one starts.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A read-only mapping of a whole file.
#[derive(Debug)]
pub struct Mapping {
    map: Mmap,
    slot: usize,
}

impl Mapping {
    /// Maps a whole file, which must not be empty.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        handler::install()?;
        let claim = |slot: &Slot| {
            slot.start.compare_exchange(0, CLAIMED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        // Each search starts at another slot, because the first slots are in use for longest.
        let hint = NEXT.fetch_add(1, Ordering::Relaxed);
        let slot = (0..SLOTS)
            .map(|offset| hint.wrapping_add(offset) % SLOTS)
            .find(|&slot| claim(&TABLE[slot]))
            .ok_or_else(|| io::Error::other(format!("more than {SLOTS} files are mapped")))?;
        // SAFETY: the file may change while it is mapped, but memory safety does not depend on its
        // content: bytes that must stay the same are copied first, the handler replaces a page that
        // disappears, and the file's `FileStat` is compared before any result counts.
        let map = match unsafe { Mmap::map(file) } {
            Ok(map) => map,
            Err(error) => {
                TABLE[slot].start.store(0, Ordering::Release);
                return Err(error);
            }
        };
        // The whole file will be read in order. A system that ignores the advice is only slower.
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential);
        let start = map.as_ptr().addr();
        TABLE[slot].faulted.store(false, Ordering::Relaxed);
        TABLE[slot].end.store(start + map.len(), Ordering::Release);
        TABLE[slot].start.store(start, Ordering::Release);
        Ok(Self { map, slot })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Unmaps the pages of a range that was read, as far as it is in the file. They stay in the page cache, and the next
    /// access maps them again.
    ///
    /// Bazel limits workers by their resident memory, in which mapped pages count: with this, a pack of
    /// jax-cuda12-pjrt has 76 MB instead of 507 MB, in the same time.
    #[cfg(unix)]
    pub(super) fn unmap_pages(&self, range: Range<usize>) {
        let len = range.end.min(self.map.len()).saturating_sub(range.start);
        if len == 0 {
            return;
        }
        let advice = memmap2::UncheckedAdvice::DontNeed;
        // SAFETY: the pages are inside the mapping, which is read-only. The next access reads the same file, or the
        // zeros that the signal handler maps.
        let advised = unsafe { self.map.unchecked_advise_range(advice, range.start, len) };
        // A system that refuses keeps the pages.
        drop(advised);
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self, reason = "as on Unix")]
    pub(super) fn unmap_pages(&self, _range: Range<usize>) {}

    /// Whether a page of the mapping was missing when it was touched.
    pub(super) fn faulted(&self) -> bool {
        TABLE[self.slot].faulted.load(Ordering::Acquire)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // The slot must be free before the field is dropped, which unmaps the memory.
        TABLE[self.slot].start.store(0, Ordering::Release);
    }
}

#[cfg(unix)]
mod handler {
    //! The signal handler. It may use only async-signal-safe operations: atomics and system calls.

    use std::ffi::{c_int, c_void};
    use std::sync::OnceLock;
    use std::sync::atomic::Ordering;
    use std::{io, ptr};

    use super::{CLAIMED, TABLE};

    /// The page size in bytes, or the error number if the handler cannot be installed.
    static INSTALLED: OnceLock<Result<usize, i32>> = OnceLock::new();

    /// Installs the handler, once per process.
    pub(super) fn install() -> io::Result<()> {
        let installed = INSTALLED.get_or_init(|| {
            // SAFETY: `sysconf` only reads a system constant.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            // SAFETY: all-zero bytes are a valid `sigaction`: default handler, empty mask.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            action.sa_sigaction = on_sigbus as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // SAFETY: `action` is initialised and its handler has the SA_SIGINFO signature.
            let code = unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
            match (code, usize::try_from(page)) {
                (0, Ok(page)) if page.is_power_of_two() => Ok(page),
                _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
            }
        });
        installed.map(|_| ()).map_err(io::Error::from_raw_os_error)
    }

    extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
        // SAFETY: with SA_SIGINFO the kernel passes a valid `siginfo_t`.
        let info = unsafe { &*info };
        // A process has sent the signal. No access has failed.
        let is_sent = info.si_code <= 0;
        // SAFETY: for SIGBUS, `siginfo_t` has an address.
        let address = unsafe { info.si_addr() }.addr();
        if is_sent || !replace_with_zeros(address) {
            // Not one of our mappings. With the default action restored, repeating the access or the
            // signal ends the process as it would without this handler.
            // SAFETY: a signal can always be reset to its default action.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            if is_sent {
                // SAFETY: `raise` is async-signal-safe. The signal is delivered when the handler returns.
                unsafe { libc::raise(signal) };
            }
        }
    }

    /// Maps zeros from the page of `address` to the end of the mapping that contains it. Returns false if no
    /// mapping contains it.
    fn replace_with_zeros(address: usize) -> bool {
        let Some(Ok(page_size)) = INSTALLED.get() else { return false };
        let page = address & !(page_size - 1);
        for slot in &TABLE {
            let start = slot.start.load(Ordering::Acquire);
            let end = slot.end.load(Ordering::Acquire);
            // The slot may have been freed and filled again between the two loads. Then this third load,
            // which is ordered after the store of `end`, returns another `start`.
            let is_torn = slot.start.load(Ordering::Relaxed) != start;
            if start <= CLAIMED || is_torn || !(start..end).contains(&address) {
                continue;
            }
            slot.faulted.store(true, Ordering::Release);
            let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: the range is inside a live mapping of this module, which the faulting thread
            // borrows. It is read-only before and after; only its backing changes.
            let map = unsafe {
                libc::mmap(
                    ptr::with_exposed_provenance_mut(page),
                    end - page,
                    libc::PROT_READ,
                    flags,
                    -1,
                    0,
                )
            };
            return map != libc::MAP_FAILED;
        }
        false
    }
}

#[cfg(not(unix))]
mod handler {
    //! On other systems a mapped file cannot be truncated.

    pub(super) fn install() -> std::io::Result<()> {
        Ok(())
    }
}
