//! Finds the last block of a DEFLATE stream while decompressing it.
//!
//! zlib's inflate, asked with `Z_BLOCK`, returns at the end of every block and tells in
//! `data_type` how many bits of the last byte it took are still unread. That is enough to know at
//! which bit each block's header stands. The Rust port of zlib keeps this C interface.

use std::ffi::c_int;
use std::ptr;

use libz_rs_sys::{
    Z_BLOCK, Z_BUF_ERROR, Z_OK, Z_STREAM_END, inflate, inflateEnd, inflateInit2_, inflateReset,
    z_stream, zlibVersion,
};

/// `data_type` holds the number of unread bits in its low bits …
const UNREAD_BITS: c_int = 0x07;
/// … and this flag while the final block is decoded or has just ended …
const IN_FINAL_BLOCK: c_int = 64;
/// … and this flag when inflate returned because a block ended.
const AT_BLOCK_END: c_int = 128;

/// Where the last block of a stream stands, in bits from the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastBlock {
    /// The first bit of its header, which says that it is final.
    pub(super) header_bit: usize,
    /// The first bit after it.
    pub(super) end_bit: usize,
}

/// An inflater that looks at block boundaries.
pub(super) struct BlockScanner {
    /// Boxed because zlib's state points back at it. `None` until first used, and where zlib
    /// could not allocate its state.
    stream: Option<Box<z_stream>>,
}

// SAFETY: the stream and the state it points to belong to this value alone; zlib keeps nothing in
// thread-local storage.
unsafe impl Send for BlockScanner {}

impl BlockScanner {
    pub(super) fn new() -> Self {
        Self { stream: None }
    }

    /// Decompresses all of `deflated`, one complete stream, into exactly `inflated`. `None` if it
    /// is not one complete stream of that length.
    pub(super) fn inflate(&mut self, deflated: &[u8], inflated: &mut [u8]) -> Option<LastBlock> {
        let stream = self.reset()?;
        stream.next_in = deflated.as_ptr();
        stream.avail_in = u32::try_from(deflated.len()).ok()?;
        stream.next_out = inflated.as_mut_ptr();
        stream.avail_out = u32::try_from(inflated.len()).ok()?;
        let mut header_bit = 0;
        loop {
            let before = (stream.avail_in, stream.avail_out);
            // SAFETY: the stream was initialised by `inflateInit2_`; `next_in` and `next_out`
            // point at `avail_in` readable and `avail_out` writable bytes of the two slices,
            // which outlive this call and do not overlap.
            let code = unsafe { inflate(stream, Z_BLOCK) };
            let read = deflated.len() - stream.avail_in as usize;
            let unread_bits = usize::try_from(stream.data_type & UNREAD_BITS).ok()?;
            let bit = (read * 8).checked_sub(unread_bits)?;
            let at_end = stream.data_type & AT_BLOCK_END != 0;
            let is_final = stream.data_type & IN_FINAL_BLOCK != 0;
            // A block that fits the bits zlib already holds moves neither pointer; zlib then
            // answers Z_BUF_ERROR though it got on.
            let moved = before != (stream.avail_in, stream.avail_out) || bit > header_bit;
            match code {
                Z_OK | Z_BUF_ERROR | Z_STREAM_END if at_end && is_final => {
                    let complete = stream.avail_out == 0 && bit.div_ceil(8) == deflated.len();
                    return complete.then_some(LastBlock { header_bit, end_bit: bit });
                }
                Z_OK | Z_BUF_ERROR if moved => {
                    if at_end {
                        header_bit = bit;
                    }
                }
                _ => return None,
            }
        }
    }

    /// A stream ready for a raw DEFLATE stream's first byte.
    fn reset(&mut self) -> Option<&mut z_stream> {
        if let Some(stream) = &mut self.stream {
            // SAFETY: a stream that is `Some` was initialised by `inflateInit2_`.
            let code = unsafe { inflateReset(ptr::from_mut(stream)) };
            if code != Z_OK {
                return None;
            }
        } else {
            let mut stream = Box::<z_stream>::default();
            let size = c_int::try_from(size_of::<z_stream>()).ok()?;
            // SAFETY: the stream is a valid `z_stream` with the default allocator, at an address
            // that does not change; 15 bits of window, negative for a stream without a wrapper.
            let code = unsafe { inflateInit2_(&raw mut *stream, -15, zlibVersion(), size) };
            if code != Z_OK {
                return None;
            }
            self.stream = Some(stream);
        }
        self.stream.as_deref_mut()
    }
}

impl Drop for BlockScanner {
    fn drop(&mut self) {
        if let Some(stream) = &mut self.stream {
            // SAFETY: a stream that is `Some` was initialised by `inflateInit2_` and is ended once.
            unsafe { inflateEnd(&raw mut **stream) };
        }
    }
}
