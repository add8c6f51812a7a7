//! A mapped file that survives being cut short.
//!
//! Touching a mapped page that its file no longer has raises SIGBUS, which kills the process. The
//! handler here maps zeros over the rest of the mapping and marks it instead, so that the request
//! at hand fails and the others go on. A signal handler is the process's, so the table of live
//! mappings is the one piece of global state in wheelworks; it holds addresses only.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fs_err::File;
use memmap2::Mmap;

/// One live mapping. `start` is 0 in a free slot.
struct Slot {
    start: AtomicUsize,
    end: AtomicUsize,
    faulted: AtomicBool,
}

/// Mappings at one time, over all requests: those of the windows of 64 requests, which is as many
/// as a worker runs at once.
const SLOTS: usize = 16_384;

/// A slot's `start` while it is being filled; no mapping starts there.
const CLAIMED: usize = 1;

static TABLE: [Slot; SLOTS] = [const {
    Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), faulted: AtomicBool::new(false) }
}; SLOTS];

/// Where to look for a free slot next.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A read-only mapping of a whole file.
#[derive(Debug)]
pub struct Mapping {
    map: Mmap,
    slot: usize,
}

impl Mapping {
    /// Maps all of a file that is not empty.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        handler::install()?;
        let claim = |slot: &Slot| {
            slot.start.compare_exchange(0, CLAIMED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        // Slots are looked at from a new place each time: the first ones are taken for longest.
        let hint = NEXT.fetch_add(1, Ordering::Relaxed);
        let slot = (0..SLOTS)
            .map(|offset| hint.wrapping_add(offset) % SLOTS)
            .find(|&slot| claim(&TABLE[slot]))
            .ok_or_else(|| io::Error::other(format!("more than {SLOTS} files are mapped")))?;
        // SAFETY: the file may change while it is mapped, which memory safety here does not
        // depend on: bytes that must hold still are copied first, a page that goes away is
        // replaced by the handler, and the file's `FileStat` is compared before any result counts.
        let map = match unsafe { Mmap::map(file) } {
            Ok(map) => map,
            Err(error) => {
                TABLE[slot].start.store(0, Ordering::Release);
                return Err(error);
            }
        };
        // The whole file is about to be read in order; a system that takes no advice loses speed.
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

    /// Whether a page of the mapping was missing when it was touched.
    pub(super) fn faulted(&self) -> bool {
        TABLE[self.slot].faulted.load(Ordering::Acquire)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Before the memory is unmapped, which happens when the field is dropped.
        TABLE[self.slot].start.store(0, Ordering::Release);
    }
}

#[cfg(unix)]
mod handler {
    //! The handler itself. It may call only what is async-signal-safe: atomics and system calls.

    use std::ffi::{c_int, c_void};
    use std::sync::OnceLock;
    use std::sync::atomic::Ordering;
    use std::{io, ptr};

    use super::{CLAIMED, TABLE};

    /// The page size, or the error by which the handler could not be installed.
    static INSTALLED: OnceLock<Result<usize, i32>> = OnceLock::new();

    /// Installs the handler, once in the life of the process.
    pub(super) fn install() -> io::Result<()> {
        let installed = INSTALLED.get_or_init(|| {
            // SAFETY: `sysconf` only reads a constant of the system.
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
        // Sent by a process, not raised by an access: no memory is missing.
        let is_sent = info.si_code <= 0;
        // SAFETY: that of a SIGBUS holds an address.
        let address = unsafe { info.si_addr() }.addr();
        if is_sent || !replace_with_zeros(address) {
            // Not ours: with the default action back, the same access, or the same signal raised
            // again, ends the process as it would have without us.
            // SAFETY: resetting a signal to its default is always allowed.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            if is_sent {
                // SAFETY: `raise` is async-signal-safe; the signal is delivered on return.
                unsafe { libc::raise(signal) };
            }
        }
    }

    /// Maps zeros from the page of `address` to the end of the mapping it is in, if it is in one.
    fn replace_with_zeros(address: usize) -> bool {
        let Some(Ok(page_size)) = INSTALLED.get() else { return false };
        let page = address & !(page_size - 1);
        for slot in &TABLE {
            let start = slot.start.load(Ordering::Acquire);
            let end = slot.end.load(Ordering::Acquire);
            // The slot may have been freed and filled again between the two loads. Then this third
            // one, ordered after the store of `end` that was seen, finds another `start`.
            let is_torn = slot.start.load(Ordering::Relaxed) != start;
            if start <= CLAIMED || is_torn || !(start..end).contains(&address) {
                continue;
            }
            slot.faulted.store(true, Ordering::Release);
            let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: the range lies inside a live mapping of ours (the thread that faulted
            // borrows it), read-only before and after; only its backing changes.
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
    //! Elsewhere a mapped file cannot be cut short.

    pub(super) fn install() -> std::io::Result<()> {
        Ok(())
    }
}
