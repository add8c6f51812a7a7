//! Names of wheels, tags, versions, requirements and paths survive a round trip through text, and no path
//! leaves its directory.

#![no_main]

use std::fmt::{Debug, Display};
use std::path::{Component, Path};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use wheelworks::size::ByteSize;
use wheelworks::wheel::{
    BuildTag, DescriptionType, DistributionName, EntryPoint, License, MemberPath, PlatformTag,
    ProjectUrl, Requirement, RequiresPython, Sha256Digest, SingleLine, Version, WheelFilename,
    WheelTags,
};

fuzz_target!(|input: &[u8]| {
    let (form, bytes) = input.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(bytes);
    match form % 14 {
        0 => filename(&text),
        1 => tags(&text),
        2 => drop(round_trip::<Version>(&text)),
        3 => requirement(&text),
        4 => path(bytes),
        5 => drop(round_trip::<BuildTag>(&text)),
        6 => distribution(&text),
        7 => drop(round_trip::<EntryPoint>(&text)),
        8 => drop(round_trip::<ProjectUrl>(&text)),
        9 => drop(round_trip::<RequiresPython>(&text)),
        10 => drop(round_trip::<Sha256Digest>(&text)),
        11 => drop(round_trip::<SingleLine>(&text)),
        12 => drop(round_trip::<DescriptionType>(&text)),
        _ => {
            let _ = text.parse::<License>();
            platform_tag(&text);
            if let Ok(size) = text.parse::<ByteSize>() {
                assert_eq!(size.to_string().replace(" bytes", "").parse(), Ok(size));
            }
        }
    }
});

/// Parses a value, and checks that its text is one line and parses to the same value.
fn round_trip<T: FromStr + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let shown = value.to_string();
    assert!(!shown.contains(|character: char| "\n\r\0".contains(character)), "{shown:?}");
    let again = shown.parse().unwrap_or_else(|_| panic!("`{shown}` of `{text}` is not read again"));
    assert_eq!(value, again, "`{text}` is shown as `{shown}`");
    assert_eq!(again.to_string(), shown);
    Some(value)
}

fn filename(text: &str) {
    let Some(name) = round_trip::<WheelFilename>(text) else { return };
    for directory in [name.dist_info_dir(), name.data_dir()] {
        let path: MemberPath = directory.parse().expect("a directory's name");
        assert_eq!(path.components().count(), 1);
    }
    assert_eq!(Path::new(&name.to_string()).components().count(), 1);
}

fn tags(text: &str) {
    let Some(tags) = round_trip::<WheelTags>(text) else { return };
    let product = tags.python().iter().count() * tags.abi().iter().count();
    assert_eq!(tags.expand().count(), product * tags.platform().iter().count());
}

fn platform_tag(text: &str) {
    let lenient = PlatformTag::parse_lenient(text);
    assert_eq!(PlatformTag::parse_lenient(&lenient.to_string()), lenient);
    let Some(tag) = round_trip::<PlatformTag>(text) else { return };
    assert!(tag.libc_version().is_none_or(|(libc, _)| tag.libc() == Some(libc)));
}

fn requirement(text: &str) {
    let Some(requirement) = round_trip::<Requirement>(text) else { return };
    let extra: DistributionName = "some.extra".parse().unwrap();
    let with_extra = requirement.with_extra(&extra);
    let again: Requirement = with_extra.to_string().parse().expect("still a requirement");
    assert_eq!(again, with_extra, "of `{text}`");
    assert_eq!(again.name(), requirement.name());
    assert!(again.marker_extras().any(|name| name == "some-extra"));
}

fn distribution(text: &str) {
    let Ok(name) = text.parse::<DistributionName>() else { return };
    assert_eq!(name.as_str().parse::<DistributionName>().unwrap(), name);
    assert_eq!(name.normalized().parse::<DistributionName>().unwrap(), name);
    assert!(!name.escaped().contains(['-', '.', '/']), "{}", name.escaped());
}

fn path(bytes: &[u8]) {
    let Ok(path) = MemberPath::from_bytes(bytes) else { return };
    assert_eq!(path.as_str().as_bytes(), bytes);
    let root = Path::new("/root");
    let joined = root.join(path.as_str());
    let below = joined.strip_prefix(root).expect("it stays below");
    assert!(below.components().all(|component| matches!(component, Component::Normal(_))));
    assert_eq!(below.components().count(), path.components().count());
    assert!(!path.as_str().contains(['\\', '\0']));
}
