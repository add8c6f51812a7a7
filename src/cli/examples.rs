//! The examples in the help of each command. A test parses them all.

pub(super) const PACK: &str = "Examples:
  wheelworks pack tree -w dist           an unpacked wheel
  wheelworks pack --out dist/a-1.0-py3-none-any.whl --distribution a --version 1.0 --member a/__init__.py=src/a.py";

pub(super) const REPACK: &str = "Examples:
  wheelworks repack dist/a-1.0-py3-none-any.whl -w out
  wheelworks repack dist/a-1.0-py3-none-any.whl -w out --compression-level 9 --no-chunk-table";

pub(super) const RETAG: &str = "Examples:
  wheelworks retag dist/a-1.0-py3-none-linux_x86_64.whl -w out --platform-tag manylinux_2_28_x86_64";

pub(super) const SDIST: &str = "Examples:
  wheelworks sdist --out dist/a-1.0.tar.gz --distribution a --version 1.0 --member a/__init__.py=src/a.py";

pub(super) const EDITABLE: &str = "Examples:
  wheelworks editable --out a --distribution a --version 1.0 --member a/__init__.py=src/a.py";

pub(super) const SHOW: &str = "Examples:
  wheelworks show dist/a-1.0-cp312-cp312-linux_x86_64.whl
  wheelworks show --json dist/a-1.0-cp312-cp312-linux_x86_64.whl     in the form of `auditwheel show --json`";

pub(super) const AUDIT: &str = "Examples:
  wheelworks audit --require manylinux_2_28 dist/   all wheels of a directory
  wheelworks audit --no-host --require-declared --report github dist/";

pub(super) const LDDTREE: &str = "Examples:
  wheelworks lddtree dist/a-1.0-cp312-cp312-linux_x86_64.whl
  wheelworks lddtree --sysroot /opt/aarch64 libx.so";

pub(super) const PATCHELF: &str = "Examples:
  wheelworks patchelf --print-needed --print-rpath pkg/mod.so
  wheelworks patchelf --replace-needed libfoo.so.1 libfoo-0123abcd.so.1 --set-rpath $ORIGIN/../pkg.libs pkg/mod.so";

pub(super) const UNPACK: &str = "Examples:
  wheelworks unpack dist/a-1.0-py3-none-any.whl -d tree       as it is, for `pack`
  wheelworks unpack --wheel dist/a-1.0-py3-none-any.whl -d site-packages     as an installer does";

pub(super) const CHECK: &str = "Examples:
  wheelworks check dist/   all wheels of a directory
  wheelworks check --strict --ignore index-size dist/   warnings fail, too
  wheelworks check --report github dist/   annotations of a workflow
  wheelworks check --explain record-hash   what a rule is about";

pub(super) const INSPECT: &str = "Examples:
  wheelworks inspect dist/a-1.0-py3-none-any.whl
  wheelworks inspect --report json -o sizes.json dist/";

pub(super) const DIFF: &str = "Examples:
  wheelworks diff a-1.0-py3-none-any.whl a-1.1-py3-none-any.whl
  wheelworks diff --top 0 a-1.0-py3-none-any.whl a-1.1-py3-none-any.whl   every difference";

pub(super) const COMPLETIONS: &str = "Examples:
  wheelworks completions bash > ~/.local/share/bash-completion/completions/wheelworks
  wheelworks completions zsh > ~/.zfunc/_wheelworks";

pub(super) const MAN: &str = "Examples:
  wheelworks man check | man -l -
  wheelworks man > wheelworks.1";
