//! The section that names the file with the debug information of another one (`.gnu_debuglink`).

use super::format::Format;

/// The name and the checksum of a file with debug information. GDB manual, "Debugging Information in Separate
/// Files".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugLink {
    /// The name of the file, without directories.
    pub file_name: String,
    /// The CRC-32 of the file, that of ZIP archives.
    pub crc32: u32,
}

impl DebugLink {
    /// Creates the link to a file with this name and these bytes.
    #[must_use]
    pub fn new(file_name: String, bytes: &[u8]) -> Self {
        Self { file_name, crc32: crc32fast::hash(bytes) }
    }

    /// Returns the content of the section.
    pub(super) fn content(&self, format: Format) -> Vec<u8> {
        let mut content = self.file_name.clone().into_bytes();
        content.push(0);
        content.resize(content.len().next_multiple_of(4), 0);
        content.extend(format.bytes(u64::from(self.crc32), 4));
        content
    }
}
