//! Tests of the errors of policy files.

use super::*;
use crate::error::Diagnose as _;

fn parse(text: &str) -> Result<PolicyFile, String> {
    PolicyFile::parse(Path::new("p.toml"), text).map_err(|error| error.message_with_hint())
}

/// Returns a complete policy with more lines.
fn with(lines: &str) -> String {
    format!("[[policy]]\nname = 'manylinux_2_28'\nbased-on = 'manylinux_2_28'\n{lines}\n")
}

/// Returns the first line of the error message, without the file's name.
fn refusal(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let (message, hint) = error.split_once("\nhint: ").unwrap_or_else(|| panic!("{error}"));
    assert!(!hint.is_empty() && !hint.contains('\n'), "{error}");
    let message = message.strip_prefix("the policy file `p.toml`").unwrap();
    message.trim_start_matches(", ").trim_start().to_owned()
}

#[test]
fn messages_name_file_line_key_and_remedy() {
    insta::assert_snapshot!(parse(&with("priority = 0")).unwrap_err(), @r#"
    the policy file `p.toml`, line 4: `policy.priority`: expected a whole number from 1 to 1000, found the number 0
    hint: a policy that runs in more places has a higher priority; among the built-in ones `manylinux_2_17` has 80, `manylinux_2_28` has 64
    "#);
    insta::assert_snapshot!(parse(&with("forbid-libraries = ['libz.so']")).unwrap_err(), @r#"
    the policy file `p.toml`, line 4: `policy.forbid-libraries`: expected libraries that `based-on` allows, found `libz.so`
    hint: what is not allowed need not be forbidden; names are exact, as in `libz.so.1`
    "#);
    insta::assert_snapshot!(parse("[[policy]]\nname = ").unwrap_err(), @r#"
    the policy file `p.toml` is not TOML in line 2: string values must be quoted, expected literal string
    hint: values are quoted texts, numbers, lists in `[…]` or tables
    "#);
}

#[test]
fn other_documents_are_refused() {
    let cases = [
        "",
        "# nothing",
        "policy = []",
        "policy = 1",
        "policy = [1]",
        "[policy]\nname = 'manylinux_2_28'",
        "version = 1\n[[policy]]\nname = 'manylinux_2_28'",
        "[[policies]]",
        "[[policy]]\n\n[[policy]",
        "[[policy]]\nname = 'a'\nname = 'b'",
        "\u{0}",
        "[[policy]]",
    ];
    let found: Vec<String> = cases.iter().map(|text| refusal(text)).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    line 1: `policy`: expected at least one table `[[policy]]`, found none
    line 1: `policy`: expected at least one table `[[policy]]`, found none
    line 1: `policy`: expected at least one table `[[policy]]`, found an empty list
    line 1: `policy`: expected at least one table `[[policy]]`, found the number 1
    line 1: `policy`: expected at least one table `[[policy]]`, found a list
    line 1: `policy`: expected at least one table `[[policy]]`, found a table
    line 1: `version`: expected tables `[[policy]]` only, found the key `version`
    line 1: `policies`: expected tables `[[policy]]` only, found the key `policies`
    is not TOML in line 3: unclosed array table, expected `]`
    is not TOML in line 3: duplicate key
    is not TOML in line 1: key with no value, expected `=`
    line 1: `policy`: expected a `name`, found none
    "#);
}

#[test]
fn wrong_names_are_refused() {
    let cases = [
        "",
        "manylinux_2_28_x86_64",
        "android_24_arm64_v8a",
        "linux",
        "linux_acme",
        "Manylinux_2_28",
        "manylinux-2-28",
        "manylinux__2",
        "2_28",
        "acme",
        "android_acme",
        "android_030",
        "manylinux2014",
    ];
    let text = |name: &&str| {
        format!("[[policy]]\nname = '{name}'\npriority = 7\nsymbol-versions.x86_64 = {{}}")
    };
    let found: Vec<String> = cases.iter().map(|name| refusal(&text(name))).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    line 2: `policy.name`: expected a platform tag without its machine, found an empty text
    line 2: `policy.name`: expected a platform tag without its machine, found `manylinux_2_28_x86_64`
    line 2: `policy.name`: expected a platform tag without its machine, found `android_24_arm64_v8a`
    line 2: `policy.name`: expected a name that does not begin with `linux`, found `linux`
    line 2: `policy.name`: expected a name that does not begin with `linux`, found `linux_acme`
    line 2: `policy.name`: expected a platform tag without its machine, of lower-case letters and digits joined by `_`, found `Manylinux_2_28`
    line 2: `policy.name`: expected a platform tag without its machine, of lower-case letters and digits joined by `_`, found `manylinux-2-28`
    line 2: `policy.name`: expected a platform tag without its machine, of lower-case letters and digits joined by `_`, found `manylinux__2`
    line 2: `policy.name`: expected a platform tag without its machine, of lower-case letters and digits joined by `_`, found `2_28`
    line 2: `policy.name`: expected a name that says for which C library, or the key `libc`, found `acme` without `libc`
    line 2: `policy.name`: expected `android_LEVEL`, found `android_acme`
    line 2: `policy.name`: expected `android_LEVEL`, found `android_030`
    line 1: `policy`: expected names that no other policy has, found `manylinux2014`, which is a name of the built-in `manylinux_2_17`
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn wrong_values_are_refused() {
    let cases = [
        "colour = 'red'",
        "allow_libraries = []",
        "libc = 'glib'",
        "libc = 'musl'",
        "libc = 1",
        "priority = '64'",
        "priority = 1001",
        "priority = -1",
        "priority = 64.0",
        "priority = 99999999999999999999",
        "priority = 80",
        "aliases = 'acme'",
        "aliases = ['']",
        "aliases = ['musllinux_acme']",
        "aliases = ['manylinux2014']",
        "aliases = ['acme_x86_64']",
        "allow-libraries = 'libcuda.so.1'",
        "allow-libraries = ['libcuda.so.1', 7]",
        "allow-libraries = ['']",
        "allow-libraries = ['libcu*']",
        "allow-libraries = ['/usr/lib/libcuda.so.1']",
        "allow-libraries = ['libcuda.so.1 libcudart.so.1']",
        "allow-libraries = ['libm.so.6']\nforbid-libraries = ['libm.so.6']",
        "forbid-libraries = ['libcuda.so.1']",
        "forbid-symbols = ['inflate']",
        "forbid-symbols = { 'libz.so' = ['inflate'] }",
        "forbid-symbols = { 'libz.so.1' = 'inflate' }",
        "forbid-libraries = ['libz.so.1']\nforbid-symbols = { 'libz.so.1' = ['inflate'] }",
        "symbol-versions = ['GLIBC_2.5']",
        "symbol-versions.arm64 = {}",
        "symbol-versions.riscv64 = {}",
        "symbol-versions.x86_64 = ['GLIBC_2.5']",
        "symbol-versions.x86_64.GLIBC = '2.5'",
        "symbol-versions.x86_64.GLIBC = [2.5]",
        "symbol-versions.x86_64.GLIBC = ['GLIBC_2.5']",
        "symbol-versions.x86_64.GLIBC_2 = ['5']",
        "symbol-versions.x86_64.'' = ['5']",
        "symbol-versions.x86_64.GLIBC = { up-to = '2.28' }",
        "symbol-versions.x86_64.GLIBC = {}",
        "symbol-versions.x86_64.GLIBC.like = 'manylinux2014'",
        "symbol-versions.x86_64.GLIBC.like = 7",
        "symbol-versions.aarch64.GLIBC.like = 'manylinux_2_5'",
        "symbol-versions.x86_64.OPENSSL.like = 'manylinux_2_28'",
    ];
    let found: Vec<String> = cases.iter().map(|lines| refusal(&with(lines))).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    line 4: `policy.colour`: expected one of `name`, `libc`, `based-on`, `aliases`, `priority`, `allow-libraries`, `forbid-libraries`, `symbol-versions`, `forbid-symbols`, found an unknown key
    line 4: `policy.allow_libraries`: expected one of `name`, `libc`, `based-on`, `aliases`, `priority`, `allow-libraries`, `forbid-libraries`, `symbol-versions`, `forbid-symbols`, found an unknown key
    line 4: `policy.libc`: expected `glibc`, `musl` or `android`, found `glib`
    line 4: `policy.libc`: expected the C library that the name `manylinux_2_28` begins with, found `musl`
    line 4: `policy.libc`: expected `glibc`, `musl` or `android`, found the number 1
    line 4: `policy.priority`: expected a whole number from 1 to 1000, found `64`
    line 4: `policy.priority`: expected a whole number from 1 to 1000, found the number 1001
    line 4: `policy.priority`: expected a whole number from 1 to 1000, found the number -1
    line 4: `policy.priority`: expected a whole number from 1 to 1000, found the number 64.0
    line 4: `policy.priority`: expected a whole number from 1 to 1000, found the number 99999999999999999999
    line 1: `policy`: expected a priority that no other policy has, found 80 for `manylinux_2_28`, which `manylinux_2_17` has
    line 4: `policy.aliases`: expected a list of tags, found `acme`
    line 4: `policy.aliases`: expected a platform tag without its machine, found an empty text
    line 4: `policy.aliases`: expected an alias for glibc, found `musllinux_acme`
    line 1: `policy`: expected names that no other policy has, found `manylinux2014`, which is a name of the built-in `manylinux_2_17`
    line 4: `policy.aliases`: expected a platform tag without its machine, found `acme_x86_64`
    line 4: `policy.allow-libraries`: expected a list of libraries, found `libcuda.so.1`
    line 4: `policy.allow-libraries`: expected a list of libraries, found the number 7
    line 4: `policy.allow-libraries`: expected a list of libraries, found an empty text
    line 4: `policy.allow-libraries`: expected file names without folders or patterns, found `libcu*`
    line 4: `policy.allow-libraries`: expected file names without folders or patterns, found `/usr/lib/libcuda.so.1`
    line 4: `policy.allow-libraries`: expected a list of libraries, found `libcuda.so.1 libcudart.so.1`
    line 5: `policy.forbid-libraries`: expected libraries that are not in `allow-libraries`, found `libm.so.6` in both lists
    line 4: `policy.forbid-libraries`: expected libraries that `based-on` allows, found `libcuda.so.1`
    line 4: `policy.forbid-symbols`: expected a table of libraries, found a list
    line 4: `policy.forbid-symbols.libz.so`: expected a library that the policy allows, found `libz.so`
    line 4: `policy.forbid-symbols.libz.so.1`: expected a list of symbols, found `inflate`
    line 5: `policy.forbid-symbols.libz.so.1`: expected a library that the policy allows, found `libz.so.1`
    line 4: `policy.symbol-versions`: expected a table of machines, found a list
    line 4: `policy.symbol-versions.arm64`: expected one of `x86_64`, `i686`, `aarch64`, `armv7l`, `ppc64`, `ppc64le`, `s390x`, `riscv64`, `loongarch64`, found `arm64`
    line 4: `policy.symbol-versions.riscv64`: expected machines that `manylinux_2_28` is for, found `riscv64`
    line 4: `policy.symbol-versions.x86_64`: expected a table of what versions begin with, found a list
    line 4: `policy.symbol-versions.x86_64.GLIBC`: expected a list of versions, or `{ like = "POLICY" }`, found `2.5`
    line 4: `policy.symbol-versions.x86_64.GLIBC`: expected a list of versions, or `{ like = "POLICY" }`, found the number 2.5
    line 4: `policy.symbol-versions.x86_64.GLIBC`: expected versions without `GLIBC_`, found `GLIBC_2.5`
    line 4: `policy.symbol-versions.x86_64.GLIBC_2`: expected the part of a version before the first `_`, such as `GLIBC`, found `GLIBC_2`
    line 4: `policy.symbol-versions.x86_64.`: expected the part of a version before the first `_`, such as `GLIBC`, found ``
    line 4: `policy.symbol-versions.x86_64.GLIBC.up-to`: expected `like`, found an unknown key
    line 4: `policy.symbol-versions.x86_64.GLIBC`: expected a list of versions, or `{ like = "POLICY" }`, found a table
    line 4: `policy.symbol-versions.x86_64.GLIBC.like`: expected a built-in policy for glibc: one of `manylinux_2_5`, `manylinux_2_12`, `manylinux_2_17`, `manylinux_2_24`, `manylinux_2_26`, `manylinux_2_27`, `manylinux_2_28`, `manylinux_2_31`, `manylinux_2_34`, `manylinux_2_35`, `manylinux_2_36`, `manylinux_2_37`, `manylinux_2_38`, `manylinux_2_39`, `manylinux_2_40`, `manylinux_2_41`, found `manylinux2014`
    line 4: `policy.symbol-versions.x86_64.GLIBC.like`: expected a built-in policy for glibc: one of `manylinux_2_5`, `manylinux_2_12`, `manylinux_2_17`, `manylinux_2_24`, `manylinux_2_26`, `manylinux_2_27`, `manylinux_2_28`, `manylinux_2_31`, `manylinux_2_34`, `manylinux_2_35`, `manylinux_2_36`, `manylinux_2_37`, `manylinux_2_38`, `manylinux_2_39`, `manylinux_2_40`, `manylinux_2_41`, found the number 7
    line 4: `policy.symbol-versions.aarch64.GLIBC.like`: expected a policy that limits `GLIBC` on aarch64, found `manylinux_2_5`
    line 4: `policy.symbol-versions.x86_64.OPENSSL.like`: expected a policy that limits `OPENSSL` on x86_64, found `manylinux_2_28`
    "#);
}

#[test]
fn policies_with_a_common_name_or_priority_are_refused() {
    let policy = |name: &str, lines: &str| {
        format!("[[policy]]\nname = '{name}'\nbased-on = 'manylinux_2_28'\n{lines}\n")
    };
    let cases = [
        policy("manylinux_2_28", "") + &policy("manylinux_2_28", "priority = 7"),
        policy("manylinux_a", "priority = 7") + &policy("manylinux_b", "priority = 7"),
        policy("manylinux_a", "priority = 7\naliases = ['acme']")
            + &policy("manylinux_b", "priority = 8\naliases = ['acme']"),
        policy("manylinux_a", "priority = 7\naliases = ['manylinux_a']"),
        policy("manylinux_a", "priority = 80"),
        policy("manylinux_a", ""),
        policy("manylinux_2_17", "priority = 64"),
        "[[policy]]\nname = 'manylinux_2_28'".to_owned(),
        "[[policy]]\nname = 'manylinux_2_28'\nbased-on = 'manylinux_a'".to_owned(),
        "[[policy]]\nname = 'musllinux_1_2'\nbased-on = 'manylinux_2_28'".to_owned(),
    ];
    let found: Vec<String> = cases.iter().map(|text| refusal(text)).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    line 5: `policy`: expected names that no other policy has, found `manylinux_2_28` a second time
    line 5: `policy`: expected a priority that no other policy has, found 7 for `manylinux_b`, which `manylinux_a` has
    line 6: `policy`: expected names that no other policy has, found `acme` a second time
    line 1: `policy`: expected names that no other policy has, found `manylinux_a` a second time
    line 1: `policy`: expected a priority that no other policy has, found 80 for `manylinux_a`, which `manylinux_2_17` has
    line 1: `policy`: expected a `priority`, a whole number from 1 to 1000, found none
    line 1: `policy`: expected a priority that no other policy has, found 64 for `manylinux_2_17`, which `manylinux_2_28` has
    line 1: `policy`: expected `based-on` or `symbol-versions`, found neither
    line 3: `policy.based-on`: expected a built-in policy for glibc: one of `manylinux_2_5`, `manylinux_2_12`, `manylinux_2_17`, `manylinux_2_24`, `manylinux_2_26`, `manylinux_2_27`, `manylinux_2_28`, `manylinux_2_31`, `manylinux_2_34`, `manylinux_2_35`, `manylinux_2_36`, `manylinux_2_37`, `manylinux_2_38`, `manylinux_2_39`, `manylinux_2_40`, `manylinux_2_41`, found `manylinux_a`
    line 3: `policy.based-on`: expected a built-in policy for musl: one of `musllinux_1_1`, `musllinux_1_2`, found `manylinux_2_28`
    "#);
    // A priority is free if the built-in policy moves to another, and for other C libraries.
    let moved = policy("manylinux_2_17", "priority = 79") + &policy("manylinux_a", "priority = 80");
    assert_eq!(parse(&moved).err(), None);
    assert_eq!(parse(&with("priority = 90").replace("2_28", "2_12")).err(), None);
}

/// The deepest and the longest values that fit into a file of 256 KiB. There is no stack overflow. All files
/// together take less than a second; in quadratic time they would take minutes.
#[test]
fn hostile_files_are_parsed_in_linear_time() {
    let fill = |start: &str, unit: &str, end: &str| {
        let room = usize::try_from(MAX_BYTES).unwrap() - start.len() - end.len();
        format!("{start}{}{end}", unit.repeat(room / unit.len()))
    };
    for text in [
        fill("a = ", "[", ""),
        fill("a = ", "{a=", ""),
        fill("a", ".a", " = 1"),
        fill("[a", ".a", "]"),
        fill("[[a", ".a", "]]"),
        fill("", "[[policy]]\n", ""),
        fill("", "a", ""),
        fill("a = '''", "\n", ""),
        fill("[[policy]]\nname = '", "a", "'"),
        fill("[[policy]]\nlibc = 'musl'\nname = 'manylinux_", "a", "'"),
        fill(with("symbol-versions.x86_64.").trim_end(), "A", ".like = 'manylinux_2_28'"),
        fill(with("symbol-versions.x86_64.A.like = '").trim_end(), "manylinux", "'"),
        fill("[[policy]]\nname = 'manylinux_2_28'\nallow-libraries = ['", "','a", "']"),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.len() < 2000, "{error}");
    }
    let many = |line: &dyn Fn(usize) -> String| {
        let lines = (1..).map(line).scan(0, |length, line| {
            *length += line.len();
            (*length < usize::try_from(MAX_BYTES).unwrap()).then_some(line)
        });
        lines.collect::<String>()
    };
    let text = many(&|n| {
        let start = if n == 1 { with("[policy.symbol-versions.x86_64]") } else { String::new() };
        format!("{start}A{n}=['2.5']\n")
    });
    assert_eq!(parse(&text).err(), None);
    let versions = "symbol-versions={x86_64={GLIBC.like='manylinux_2_41'}}\n";
    let text = many(&|n| {
        format!("[[policy]]\nname='manylinux_a{n}'\n{versions}priority={}\n", n % 50 + 1)
    });
    assert!(parse(&text).unwrap_err().contains("a priority that no other"));
}
