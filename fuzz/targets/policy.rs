//! Policy files: an accepted file contains policies in order, and no two of them share a name.

#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wheelworks::error::Diagnose as _;
use wheelworks::platform::{Libc, Machine};
use wheelworks::policy::{Policies, PolicyFile};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let file = match PolicyFile::parse(Path::new("policies.toml"), text) {
        Ok(file) => file,
        Err(error) => {
            let message = error.message_with_hint();
            assert!(message.contains("policies.toml") && message.contains("hint: "), "{message}");
            let is_raw = |character: char| character.is_control() && character != '\n';
            assert!(!message.contains(is_raw), "{message:?}");
            return;
        }
    };
    for libc in [Libc::Glibc, Libc::Musl, Libc::Android] {
        for machine in [Machine::X86_64, Machine::Aarch64, Machine::S390x] {
            let tags: &[&str] = match libc {
                Libc::Android => &["android_24_arm64_v8a"],
                _ => &[],
            };
            let Ok(policies) = Policies::new(libc, machine, tags, Some(&file)) else { continue };
            let mut names = BTreeSet::new();
            let mut priority = None;
            for policy in policies.iter() {
                assert!(priority < Some(policy.priority), "{}", policy.name);
                priority = Some(policy.priority);
                for name in std::iter::once(&policy.name).chain(&policy.aliases) {
                    assert!(names.insert(name.clone()), "{name}");
                    assert!(policy.has_name(name));
                }
            }
            let first = policies.iter().next().expect("`linux` at least");
            assert_eq!(policies.linux(), first);
            assert_eq!(Some(policies.highest().priority), priority);
        }
    }
});
