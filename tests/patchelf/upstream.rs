//! What the tests of `patchelf` check of the edits that are covered, rebuilt as shell scripts. Each must pass with
//! `patchelf` itself, too.

use super::build;
use crate::judges::judge;
use crate::support::WHEELWORKS;

/// What comes before every script. `$P` is the program.
const FIRST: &str = r#"
set -eu
has() { readelf -dW "$1" | grep -qF "$2" || { echo "$1: no $2"; readelf -dW "$1"; exit 1; }; }
hasnt() { ! readelf -dW "$1" | grep -qF "$2" || { echo "$1 has $2"; exit 1; }; }
is() { [ "$1" = "$2" ] || { echo "expected '$2', found '$1'"; exit 1; }; }
mkdir libsA libsB
echo 'int foo(void) { return 1; }' > foo.c
echo 'extern int bar(void); int foo(void); int foo2(void) { return foo() + bar(); }' > both.c
echo 'int bar(void) { return 41; }' > bar.c
echo 'extern int foo2(void); int main(void) { return foo2() + 4; }' > run.c
gcc -shared -fPIC foo.c -Wl,-soname,libfoo.so -o libsA/libfoo.so
gcc -shared -fPIC bar.c -Wl,-soname,libbar.so -o libsB/libbar.so
gcc -fPIE both.c run.c libsA/libfoo.so libsB/libbar.so -o main
"#;

/// The names of the tests, and scripts. `main` returns 46 if it finds its libraries.
const TESTS: [(&str, &str); 23] = [
    (
        "set-rpath",
        r#"$P --force-rpath --set-rpath "$PWD/libsA:$PWD/libsB" main
        ./main && exit 1 || is $? 46"#,
    ),
    (
        "set-rpath-library",
        r#"gcc -shared -fPIC both.c libsA/libfoo.so libsB/libbar.so -o libboth.so
        gcc run.c libboth.so -Wl,-rpath-link,libsA:libsB -Wl,-rpath,'$ORIGIN' -o other
        $P --set-rpath "$PWD/libsA:$PWD/libsB" libboth.so
        ./other && exit 1 || is $? 46"#,
    ),
    (
        "set-empty-rpath",
        r#"$P --force-rpath --set-rpath /x main; $P --force-rpath --set-rpath '' main
        is "$($P --print-rpath main)" ''"#,
    ),
    (
        "no-rpath",
        r#"is "$($P --print-rpath main)" ''; $P --set-rpath /xxxxxxxxxxxxxxx main
        is "$($P --print-rpath main)" /xxxxxxxxxxxxxxx"#,
    ),
    (
        "add-rpath",
        r#"$P --set-rpath foo main; $P --add-rpath bar main; $P --add-rpath baz main
        is "$($P --print-rpath main)" foo:bar:baz"#,
    ),
    (
        "args-from-file",
        r#"printf %s "$PWD/libsA" > a; printf %s "$PWD/libsB" > b
        $P --add-rpath @a main; $P --add-rpath @b main
        is "$($P --print-rpath main)" "$PWD/libsA:$PWD/libsB"; ./main && exit 1 || is $? 46"#,
    ),
    (
        "shrink-rpath",
        r#"$P --set-rpath "/no-such:$PWD/libsA:$PWD/libsB:$PWD/libsA" main; $P --shrink-rpath main
        is "$($P --print-rpath main)" "$PWD/libsA:$PWD/libsB"; ./main && exit 1 || is $? 46"#,
    ),
    (
        "shrink-rpath-with-allowed-prefixes",
        r#"cp -r libsA libsC; $P --set-rpath "$PWD/libsC:$PWD/libsA:$PWD/libsB" main
        cp main other; $P --shrink-rpath other; is "$($P --print-rpath other)" "$PWD/libsC:$PWD/libsB"
        $P --shrink-rpath --allowed-rpath-prefixes "$PWD/libsA:$PWD/libsB" main
        is "$($P --print-rpath main)" "$PWD/libsA:$PWD/libsB""#,
    ),
    (
        "force-rpath",
        r"$P --set-rpath /a main; has main RUNPATH; hasnt main RPATH
        $P --force-rpath --set-rpath /b main; has main RPATH; hasnt main RUNPATH
        $P --force-rpath main; has main RPATH; hasnt main RUNPATH",
    ),
    (
        "set-interpreter-long",
        r#"long=$PWD/$(printf 'x%.0s' $(seq 200))/$(printf 'y%.0s' $(seq 200)); mkdir -p "$(dirname "$long")"
        ln -s "$($P --print-interpreter main)" "$long"
        $P --set-interpreter "$long" --set-rpath "$PWD/libsA:$PWD/libsB" main
        is "$($P --print-interpreter main)" "$long"; ./main && exit 1 || is $? 46
        $P --set-interpreter "$long" main; strip main; ./main && exit 1 || is $? 46"#,
    ),
    (
        "set-interpreter-same",
        r#"old=$($P --print-interpreter main); $P --set-interpreter "$old" main
        is "$($P --print-interpreter main)" "$old"
        LD_LIBRARY_PATH=libsA:libsB ./main && exit 1 || is $? 46"#,
    ),
    (
        "soname",
        r#"cp libsA/libfoo.so .; $P --set-soname libfoo2.so libfoo.so; is "$($P --print-soname libfoo.so)" libfoo2.so
        $P --set-soname libfoo2.so libfoo.so; is "$(readelf -dW libfoo.so | grep -c SONAME)" 1
        gcc -shared -fPIC bar.c -o none.so; is "$($P --print-soname none.so)" ''
        $P --set-soname libnew.so none.so; is "$($P --print-soname none.so)" libnew.so"#,
    ),
    (
        "plain-needed",
        r#"is "$($P --print-needed main | grep -vc '^libc')" 2; $P --print-needed main | grep -qx libfoo.so"#,
    ),
    (
        "replace-needed",
        r"mv libsB/libbar.so libsB/libbaz.so; $P --replace-needed libbar.so libbaz.so main
        LD_LIBRARY_PATH=libsA:libsB ./main && exit 1 || is $? 46",
    ),
    (
        "replace-add-needed",
        r#"$P --remove-needed libbar.so main; cp libsB/libbar.so libsB/libnew.so
        $P --add-needed "$PWD/libsB/libnew.so" --set-rpath "$PWD/libsA" main
        ./main && exit 1 || is $? 46"#,
    ),
    (
        "add-debug-tag",
        r#"hasnt libsA/libfoo.so '(DEBUG)'; $P --add-debug-tag libsA/libfoo.so; has libsA/libfoo.so '(DEBUG)'
        $P --add-debug-tag libsA/libfoo.so; is "$(readelf -dW libsA/libfoo.so | grep -c DEBUG)" 1"#,
    ),
    (
        "modify-execstack",
        r#"is "$($P --print-execstack main)" 'execstack: -'; $P --set-execstack main
        is "$($P --print-execstack main)" 'execstack: X'; $P --clear-execstack main
        is "$($P --print-execstack main)" 'execstack: -'
        LD_LIBRARY_PATH=libsA:libsB ./main && exit 1 || is $? 46"#,
    ),
    (
        "change-abi",
        r#"for abi in 'System V' HP-UX NetBSD Linux 'GNU Hurd' Solaris AIX IRIX FreeBSD Tru64 OpenBSD OpenVMS; do
            $P --set-os-abi "$abi" main; is "$($P --print-os-abi main)" "$abi"
        done; $P --set-os-abi Nonsense main 2> /dev/null && exit 1 || true"#,
    ),
    (
        "output-flag",
        r#"cp main before; $P --set-rpath "$PWD/libsA:$PWD/libsB" --output out main; cmp before main
        ./out && exit 1 || is $? 46; $P --set-soname x --output out2 main main 2> /dev/null && exit 1 || true"#,
    ),
    ("no-default-lib", r"$P --no-default-lib main; has main NODEFLIB"),
    (
        "build-id",
        r#"gcc -fPIE both.c run.c libsA/libfoo.so libsB/libbar.so -Wl,--build-id=sha1 -o main
        readelf -nW main > before; $P --set-rpath "$(printf '/x%.0s' $(seq 5000))" main; readelf -nW main > after
        cmp before after"#,
    ),
    (
        "no-gnu-hash",
        r#"strip --remove-section=.gnu.hash main; $P --set-rpath "$PWD/libsA:$PWD/libsB" main; ./main && exit 1 || is $? 46"#,
    ),
    (
        "repeated-updates",
        r#"size=0; for i in $(seq 20); do
            $P --set-rpath "$PWD/libsA:$PWD/libsB:/$i" --set-interpreter "/a/longer/path/of/an/interpreter/$i" main
        done; [ "$(stat -c %s main)" -lt 140000 ]"#,
    ),
];

#[test]
fn tests_of_patchelf() {
    let bin = build();
    std::os::unix::fs::symlink(WHEELWORKS, bin.path().join("patchelf")).unwrap();
    for (name, script) in TESTS {
        for program in [judge("patchelf"), bin.path().join("patchelf")] {
            let dir = crate::support::command::TestDir::new();
            let script = format!("P={}\n{FIRST}{script}", program.display());
            let (code, output) = dir.command("bash", &["-c", &script]).patience(3).expect_any();
            assert_eq!(code, 0, "{name} with {}: {output:?}", program.display());
        }
    }
}
