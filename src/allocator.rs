//! The allocator: it gives free memory back, and has figures for benchmarks of a worker's memory.

use serde::Serialize;

/// Bytes of the heap, without stacks and mapped files. Right below 4 GiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HeapFigures {
    /// In blocks that the program uses, or that threads keep for their next allocations.
    pub(crate) in_use: u32,
    /// In free blocks.
    pub(crate) free: u32,
    /// In blocks with mappings of their own, which go back to the system as they are freed.
    pub(crate) mapped: u32,
}

/// Returns the figures of all arenas of glibc; zeros with another C library.
#[must_use]
pub(crate) fn figures() -> HeapFigures {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it has no arguments, and takes the locks of the arenas that it reads. `mallinfo2` counts beyond 4 GiB,
        // but comes with glibc 2.33 only.
        let figures = unsafe { libc::mallinfo() };
        HeapFigures {
            in_use: figures.uordblks.cast_unsigned(),
            free: figures.fordblks.cast_unsigned(),
            mapped: figures.hblkhd.cast_unsigned(),
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    HeapFigures::default()
}

/// Gives the pages of free blocks back to the system, those between blocks in use, too. Does nothing with another C
/// library than glibc.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it takes the locks of the arenas, and touches no block in use.
        let _ = unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::figures;

    /// Other tests allocate meanwhile, but not as much.
    #[test]
    fn a_large_block_is_counted() {
        const LEN: usize = 1 << 30;
        let before = figures();
        let block = vec![0_u8; LEN];
        let after = figures();
        let total = |it: super::HeapFigures| u64::from(it.in_use) + u64::from(it.mapped);
        assert!(total(after) > total(before) + LEN as u64 / 2, "{before:?} {after:?}");
        drop(block);
    }
}
