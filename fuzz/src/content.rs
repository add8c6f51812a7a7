//! Compressible content of many kinds, made from few bytes of input.

use super::Bytes;

/// Returns content like that of libraries: literals, copies from near and far, runs, noise. It has `most`
/// bytes at most. Each step takes at least three bytes of input.
pub fn content(input: &mut Bytes<'_>, most: usize) -> Vec<u8> {
    let mut content: Vec<u8> = Vec::new();
    while !input.is_empty() && content.len() < most {
        let step = input.u8();
        let len = usize::from(input.u8()) + 1;
        match step % 5 {
            0 => content.extend_from_slice(input.take(len)),
            1 if !content.is_empty() => {
                let back = input.below(content.len()) + 1;
                let from = content.len() - back;
                for at in from..from + len * 16 {
                    content.push(content[at]);
                }
            }
            2 => content.resize(content.len() + len * 64, input.u8()),
            3 => {
                let mut state = u32::from(input.u16()) | 1;
                let alphabet = u32::from(step / 5) * 5 + 2;
                content.extend((0..len * 64).map(|_| {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    (state % alphabet).to_le_bytes()[0]
                }));
            }
            _ => content.push(input.u8()),
        }
    }
    content.truncate(most);
    content
}
