//! Recognizes a file that is also a tar archive, as Python's `tarfile.is_tarfile` does.

/// The length of a tar header in bytes.
const HEADER: usize = 512;

/// The place of the checksum in a header.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Returns whether the file begins with a tar header whose checksum is right.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..HEADER) else { return false };
    let digits: Vec<u8> = header[CHECKSUM]
        .iter()
        .copied()
        .take_while(|&byte| byte != 0)
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let Some(expected) =
        std::str::from_utf8(&digits).ok().and_then(|text| i64::from_str_radix(text, 8).ok())
    else {
        return false;
    };
    // The checksum counts as blanks. Old programs summed signed bytes.
    let sum = |value: fn(u8) -> i64| -> i64 {
        let rest = header[..CHECKSUM.start].iter().chain(&header[CHECKSUM.end..]);
        rest.map(|&byte| value(byte)).sum::<i64>() + 8 * i64::from(b' ')
    };
    expected == sum(i64::from) || expected == sum(|byte| i64::from(byte.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tar_header_has_a_checksum() {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(b"name");
        header[CHECKSUM].copy_from_slice(b"001241\0 ");
        assert!(is_tar(&header));
        header[0] = b'N';
        assert!(!is_tar(&header) && !is_tar(b"PK\x03\x04") && !is_tar(&[0; HEADER]));
    }
}
