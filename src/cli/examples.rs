//! The examples in the help of each command. A test parses them all.

pub(super) const PACK: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks pack tree -w dist           an unpacked wheel
  wheelworks pack --out dist/a-1.0-py3-none-any.whl --distribution a --version 1.0 --member a/__init__.py=src/a.py
  wheelworks pack --unpacked --out a --distribution a --version 1.0 --member a/__init__.py=src/a.py     the files, no archive";

pub(super) const REPACK: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks repack dist/a-1.0-py3-none-any.whl -w out
  wheelworks repack dist/a-1.0-py3-none-any.whl -w out --compression-level 9 --no-chunk-table";

pub(super) const RETAG: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks retag dist/a-1.0-py3-none-linux_x86_64.whl -w out --platform-tag manylinux_2_28_x86_64";

pub(super) const SDIST: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks sdist --out dist/a-1.0.tar.gz --distribution a --version 1.0 --member a/__init__.py=src/a.py";

pub(super) const EDITABLE: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks editable --out a --distribution a --version 1.0 --member a/__init__.py=src/a.py";

pub(super) const SHOW: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks show dist/a-1.0-cp312-cp312-linux_x86_64.whl
  wheelworks show --json dist/a-1.0-cp312-cp312-linux_x86_64.whl     in the form of `auditwheel show --json`";

pub(super) const AUDIT: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks audit --require manylinux_2_28 dist/   all wheels of a directory
  wheelworks audit --no-host --require-declared --report github dist/";

pub(super) const CLOSURE: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks closure dist/a-1.0-cp312-cp312-linux_x86_64.whl --with wheelhouse
  wheelworks closure dist/ --with wheelhouse --extra cuda12 --strict --report github
  wheelworks closure dist/a-1.0-py3-none-manylinux_2_28_x86_64.whl --python-version 3.11 --preloaded torch --json";

pub(super) const LDDTREE: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks lddtree dist/a-1.0-cp312-cp312-linux_x86_64.whl
  wheelworks lddtree --sysroot /opt/aarch64 libx.so";

pub(super) const REPAIR: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks repair dist/a-1.0-cp312-cp312-linux_x86_64.whl -w wheelhouse
  wheelworks repair --plat manylinux_2_28_x86_64 --exclude libcuda.so.1 dist/a-1.0-cp312-cp312-linux_x86_64.whl
  wheelworks repair --dry-run --report json dist/a-1.0-cp312-cp312-linux_x86_64.whl";

pub(super) const SLIM: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks slim dist/a-1.0-py3-none-any.whl --keep sm_90,compute_90 -w out --build-tag 1sm90
  wheelworks slim dist/a-1.0-py3-none-any.whl --drop sm_75 --dry-run     what would go, and how much that is";

pub(super) const SPLIT: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks split dist/a-1.0-py3-none-any.whl -w out     a-1.0-1sm_80-py3-none-any.whl, a-1.0-1sm_90-…, a-1.0-1ptx-…
  wheelworks split dist/a-1.0-py3-none-any.whl --dry-run --report json";

pub(super) const PATCHELF: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks patchelf --print-needed --print-rpath pkg/mod.so
  wheelworks patchelf --replace-needed libfoo.so.1 libfoo-0123abcd.so.1 --set-rpath $ORIGIN/../pkg.libs pkg/mod.so
  wheelworks patchelf --strip --debug-file mod.debug pkg/mod.so";

pub(super) const UNPACK: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks unpack dist/a-1.0-py3-none-any.whl -d tree       as it is, for `pack`
  wheelworks unpack --wheel dist/a-1.0-py3-none-any.whl -d site-packages     as an installer does
  wheelworks unpack --wheel dist/a-1.0-py3-none-any.whl -d venv --python-version 3.12     below a prefix";

pub(super) const CHECK: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks check dist/   all wheels of a directory
  wheelworks check --strict --ignore index-size dist/   warnings fail, too
  wheelworks check --report github dist/   annotations of a workflow
  wheelworks check --explain record-hash   what a rule is about";

pub(super) const INSPECT: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks inspect dist/a-1.0-py3-none-any.whl
  wheelworks inspect --by file dist/a-1.0-py3-none-any.whl   code for GPUs of each library
  wheelworks inspect --report json -o sizes.json dist/
  wheelworks inspect --report html -o sizes.html dist/       a page for a browser";

pub(super) const DIFF: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks diff a-1.0-py3-none-any.whl a-1.1-py3-none-any.whl
  wheelworks diff --top 0 a-1.0-py3-none-any.whl a-1.1-py3-none-any.whl   every difference
  wheelworks diff --report html -o diff.html a-1.0-py3-none-any.whl a-1.1-py3-none-any.whl   a page for a browser";

pub(super) const COMPLETIONS: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks completions bash > ~/.local/share/bash-completion/completions/wheelworks
  wheelworks completions zsh > ~/.zfunc/_wheelworks";

pub(super) const MAN: &str = "\x1b[1mExamples:\x1b[0m
  wheelworks man check | man -l -
  wheelworks man > wheelworks.1";
