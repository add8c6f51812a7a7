//! Changes to little-endian ELF files that no compiler or linker makes.

/// Applies one change: a word and its arguments.
pub(super) fn forge(elf: &mut Vec<u8>, change: &[String]) -> Result<(), String> {
    let words: Vec<&str> = change.iter().map(String::as_str).collect();
    match words.as_slice() {
        // Changes the tag of a dynamic entry: linkers write RPATH or RUNPATH, never both.
        ["retag", from, to] => retag(elf, tag(from)?, tag(to)?),
        // Sets the value of a dynamic entry.
        ["set", name, value] => put_value(elf, tag(name)?, parse(value)?),
        // Removes the section table, as `sstrip` and some packers do.
        ["no-sections"] => {
            let (offset, counts) = if elf[4] == 1 { (32..36, 46..52) } else { (40..48, 58..64) };
            elf[offset].fill(0);
            elf[counts].fill(0);
            Ok(())
        }
        ["machine", number] => put(elf, 18, 2, parse(number)?),
        ["type", number] => put(elf, 16, 2, parse(number)?),
        ["os-abi", number] => put(elf, 7, 1, parse(number)?),
        ["flags", number] => {
            let offset = if elf[4] == 1 { 36 } else { 48 };
            put(elf, offset, 4, parse(number)?)
        }
        ["truncate", length] => {
            elf.truncate(usize::try_from(parse(length)?).map_err(|error| error.to_string())?);
            Ok(())
        }
        ["poke", offset, length, number] => {
            let offset = usize::try_from(parse(offset)?).map_err(|error| error.to_string())?;
            let length = usize::try_from(parse(length)?).map_err(|error| error.to_string())?;
            put(elf, offset, length, parse(number)?)
        }
        _ => Err(format!("unknown change {change:?}")),
    }
}

fn parse(number: &str) -> Result<u64, String> {
    let parsed = match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => number.parse(),
    };
    parsed.map_err(|error| format!("`{number}`: {error}"))
}

fn tag(name: &str) -> Result<u64, String> {
    match name {
        "rpath" => Ok(15),
        "runpath" => Ok(29),
        "needed" => Ok(1),
        "gnu-hash" => Ok(0x6FFF_FEF5),
        // `DT_AUXILIARY` and `DT_FILTER`: written by `-Wl,--auxiliary` and `-Wl,--filter`, and ignored here.
        "auxiliary" => Ok(0x7FFF_FFFD),
        "filter" => Ok(0x7FFF_FFFF),
        _ => Err(format!("unknown tag `{name}`")),
    }
}

fn put(elf: &mut [u8], offset: usize, length: usize, value: u64) -> Result<(), String> {
    let place = elf.get_mut(offset..offset + length).ok_or("outside the file")?;
    place.copy_from_slice(&value.to_le_bytes()[..length]);
    Ok(())
}

fn get(elf: &[u8], offset: usize, length: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[..length].copy_from_slice(elf.get(offset..offset.checked_add(length)?)?);
    Some(u64::from_le_bytes(bytes))
}

/// Returns the byte range of the dynamic entries of a 64-bit file.
pub(super) fn dynamic(elf: &[u8]) -> Option<(usize, usize)> {
    let table = usize::try_from(get(elf, 32, 8)?).ok()?;
    let count = usize::try_from(get(elf, 56, 2)?).ok()?;
    (0..count).find_map(|index| {
        let header = table + 56 * index;
        if get(elf, header, 4)? != 2 {
            return None;
        }
        let offset = usize::try_from(get(elf, header + 8, 8)?).ok()?;
        let length = usize::try_from(get(elf, header + 32, 8)?).ok()?;
        Some((offset, length))
    })
}

fn retag(elf: &mut [u8], from: u64, to: u64) -> Result<(), String> {
    put(elf, entry(elf, from)?, 8, to)
}

fn put_value(elf: &mut [u8], tag: u64, value: u64) -> Result<(), String> {
    put(elf, entry(elf, tag)? + 8, 8, value)
}

/// Returns the offset of the first dynamic entry with a tag.
fn entry(elf: &[u8], tag: u64) -> Result<usize, String> {
    let (start, length) = dynamic(elf).ok_or("no dynamic segment")?;
    let mut entries = (start..start + length).step_by(16);
    let found = entries.find(|entry| get(elf, *entry, 8) == Some(tag));
    found.ok_or_else(|| "no such dynamic entry".to_owned())
}
