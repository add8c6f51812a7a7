//! The fields of core metadata, and the versions that define them.

/// Versions of core metadata, oldest first.
const VERSIONS: [&str; 9] = ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"];

/// The newest version that every index accepts.
const ACCEPTED_EVERYWHERE: &str = "2.5";

/// A `Metadata-Version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MetadataVersion(usize);

impl MetadataVersion {
    /// Parses a version; `None` if it is unknown.
    pub(super) fn parse(text: &str) -> Option<Self> {
        VERSIONS.iter().position(|known| *known == text).map(Self)
    }

    /// Whether some indexes may not accept it yet.
    pub(super) fn is_new(self) -> bool {
        Some(self) > Self::parse(ACCEPTED_EVERYWHERE)
    }

    /// Whether it is not older than `since`, such as `2.4`.
    pub(super) fn is_at_least(self, since: &str) -> bool {
        Some(self) >= Self::parse(since)
    }
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The first version that defines it.
    pub(super) since: &'static str,
    /// Whether it may occur several times.
    pub(super) is_repeatable: bool,
}

impl Field {
    /// Finds a field by its name in any case; `None` if no version defines it.
    pub(super) fn find(name: &str) -> Option<Self> {
        let (name, since, is_repeatable) =
            *FIELDS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(name))?;
        Some(Self { name, since, is_repeatable })
    }
}

/// The name, the first version that defines it, and whether it may occur several times.
const FIELDS: [(&str, &str, bool); 32] = [
    ("Metadata-Version", "1.0", false),
    ("Name", "1.0", false),
    ("Version", "1.0", false),
    ("Platform", "1.0", true),
    ("Summary", "1.0", false),
    ("Description", "1.0", false),
    ("Keywords", "1.0", false),
    ("Home-page", "1.0", false),
    ("Author", "1.0", false),
    ("Author-email", "1.0", false),
    ("License", "1.0", false),
    ("Supported-Platform", "1.1", true),
    ("Download-URL", "1.1", false),
    ("Classifier", "1.1", true),
    ("Requires", "1.1", true),
    ("Provides", "1.1", true),
    ("Obsoletes", "1.1", true),
    ("Maintainer", "1.2", false),
    ("Maintainer-email", "1.2", false),
    ("Requires-Dist", "1.2", true),
    ("Provides-Dist", "1.2", true),
    ("Obsoletes-Dist", "1.2", true),
    ("Requires-Python", "1.2", false),
    ("Requires-External", "1.2", true),
    ("Project-URL", "1.2", true),
    ("Description-Content-Type", "2.1", false),
    ("Provides-Extra", "2.1", true),
    ("Dynamic", "2.2", true),
    ("License-Expression", "2.4", false),
    ("License-File", "2.4", true),
    ("Import-Name", "2.5", true),
    ("Import-Namespace", "2.5", true),
];
