# Commands for developers and CI. Each target installs its tools, so `make setup` is optional: after it,
# no target but `test-rust`, for wheels of closures, needs root or the network. See CONTRIBUTING.md.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

CACHE := $(or $(WHEELWORKS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wheelworks)
TARGET := $(shell rustc --version --verbose 2>/dev/null | sed -n 's/^host: //p')
RELEASE := target/$(TARGET)/release/wheelworks
CARGO_DENY := $(CACHE)/tools/cargo-deny-0.20.2/bin/cargo-deny
CARGO_FUZZ := $(CACHE)/tools/cargo-fuzz-0.13.2/bin/cargo-fuzz

.PHONY: help
help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

.PHONY: build
build: ## Build the static release binary
	cargo build --release --locked

.PHONY: dist
dist: ## Build what users install into dist/: the wheel, the source distribution, archives
	scripts/dist

.PHONY: release-archive
release-archive: ## Write the source archive of the commit, for Bazel, into dist/
	scripts/release-archive

.PHONY: release
release: ## Build all files of a release twice and compare them; writes dist/. RELEASING.md has the other steps
	scripts/release-env
	scripts/release

.PHONY: demo
demo: build ## Build a real CUDA wheel with Bazel and the worker
	scripts/demo $(RELEASE)

# Rows of tests/wheels.txt that tests read; the others are for benchmarks.
TEST_WHEELS := six markupsafe pyyaml charset-normalizer wheel jax-cuda12-pjrt tensorflow-cpu torch

.PHONY: setup
setup: $(CARGO_DENY) $(CARGO_FUZZ) ## Install and download everything for `make test` and `make demo`
	cargo fetch --locked
	cargo fetch --locked --manifest-path fuzz/Cargo.toml
	scripts/test-env
	scripts/bazel-env
	scripts/remote-env
	scripts/actionlint
	scripts/bazel-lint
	scripts/fetch-wheels $(TEST_WHEELS) > /dev/null
	scripts/fetch-wheels --table tests/remote_cache/wheels.txt > /dev/null
	scripts/fetch-wheels --table tests/check/schema.txt > /dev/null
	scripts/fetch-wheels --table tests/packages/schema.txt > /dev/null
	scripts/fetch-wheels --table tests/device_code/wheels.txt > /dev/null
	scripts/cuda-env > /dev/null
	scripts/browser-env > /dev/null
	scripts/mdbook > /dev/null
	scripts/release-env > /dev/null
	for table in packages/spdx closure/pair device_code/variantlib audit/abi3_wheels audit/systems/judges \
		audit/systems/wheels; do scripts/fetch-wheels --table tests/$$table.txt > /dev/null; done
	scripts/fetch-wheels --table tests/parity/wheels.txt \
		$$(awk '$$5 == "small" { print $$3 }' tests/parity/wheels.txt) > /dev/null

# Integration tests that need the tools of `scripts/test-env`, and those that take more than 4 s each: two
# thirds of the time.
JUDGED_TESTS := judges:: pack::components patchelf::judges repair::provenance::the_sbom check::classifiers::the_list check::differential check::licenses check::python_readers::metadata \
	policy::policies_are_those policy::symbol_versions_select policy::tags_name packages::sbom \
	packages::rpm pack::source_trees::pip \
	pack::source_trees::python_reads retag::names_and_bytes
SLOW_TESTS := audit::bounds docs::command_lines audit::verdicts::verdicts_are check::found conformance::written determinism::threads \
	every_byte_of_the_tables faults:: hostile::lists pack::disturbed seekable::forged warm::directory \
	warm::stale warm::wheels whose_responses_nobody_reads

.PHONY: quick
quick: ## Formatting, lints, unit tests, and fast integration tests without downloads
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --quiet -- $(foreach test,$(JUDGED_TESTS) $(SLOW_TESTS),--skip $(test))

.PHONY: test
test: lint test-rust fuzz-quick test-parity test-bazel test-remote-cache test-release soak-quick ## Run every check and every test

.PHONY: lint
lint: $(CARGO_DENY) ## Formatting, lints, licences, Starlark, reference
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml > /dev/null
	cargo clippy --locked --all-targets -- -D warnings
	$(CARGO_DENY) --locked check licenses bans sources
	scripts/buildifier
	scripts/bazel-lint
	scripts/actionlint
	scripts/rule-reference --check

.PHONY: advisories
advisories: $(CARGO_DENY) ## Check dependencies for known vulnerabilities; needs GitHub
	$(CARGO_DENY) --locked check advisories

.PHONY: docs
docs: ## Build the documentation as a book: target/book/html/index.html
	scripts/book "$$(scripts/mdbook)"

.PHONY: reference
reference: ## Generate docs/reference.md from the .bzl files
	scripts/rule-reference

$(CARGO_DENY):
	cargo install --quiet --locked --version 0.20.2 --root $(CACHE)/tools/cargo-deny-0.20.2 cargo-deny

.PHONY: check
check: ## Compile the library and the binary, for systems without tests
	cargo check --locked --lib --bins

# The minimum Rust version in Cargo.toml.
MINIMUM_RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

.PHONY: check-minimum-rust
check-minimum-rust: ## Compile with the minimum Rust version, which rustup downloads
	rustup toolchain install --profile minimal $(MINIMUM_RUST)
	cargo +$(MINIMUM_RUST) check --locked --lib --bins

.PHONY: test-rust
test-rust: ## Unit and integration tests; downloads real wheels once
	venv=$$(scripts/test-env); WHEELWORKS_TEST_VENV=$$venv cargo test --locked -- --include-ignored \
		$(foreach test,$(LARGE_TESTS),--skip $(test))

# Integration tests whose wheels are too large for each run of CI.
LARGE_TESTS := closure::clash device_code::real::libraries_of_large_wheels

.PHONY: test-large
test-large: ## The tests of very large wheels, which `make test` leaves out; downloads 5 GB once, unpacks 7 GB
	venv=$$(scripts/test-env); WHEELWORKS_TEST_VENV=$$venv cargo test --locked --test integration -- --ignored $(LARGE_TESTS)

.PHONY: fuzz-quick
fuzz-quick: $(CARGO_FUZZ) ## Build the fuzz targets and run each for a few seconds
	fuzz/run --quick

# CPU time per fuzz target, in minutes.
MINUTES := 30

.PHONY: fuzz
fuzz: $(CARGO_FUZZ) ## Run each fuzz target for MINUTES of CPU time (30); prints the table of docs/fuzzing.md
	fuzz/run --cpu-minutes $(MINUTES)

$(CARGO_FUZZ):
	cargo install --quiet --locked --version 0.13.2 --root $(CACHE)/tools/cargo-fuzz-0.13.2 cargo-fuzz

# Tests that limit time, or memory: AddressSanitizer reserves terabytes. And tests in which the leak
# check cannot work: under strace, in another namespace, without descriptors.
NOT_SANITIZED := audit::bounds hostile:: a_claimed_length_is_not_allocated more_requests_than_the_queue_holds \
	calls_that_are_interrupted the_living_are_not_swept faults::limits::few_descriptors little_memory \
	no_memory_for_a_long_file errors_of_the_system a_reader_that_does_not_read

.PHONY: sanitize
sanitize: ## Unit and integration tests under AddressSanitizer, except those that limit memory or time
	venv=$$(scripts/test-env); RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address WHEELWORKS_TEST_VENV=$$venv \
	ASAN_OPTIONS=detect_odr_violation=0 cargo test --locked --target $(TARGET) --target-dir target/sanitize -- \
	$(foreach test,$(NOT_SANITIZED),--skip $(test))

.PHONY: test-parity
test-parity: build ## Run `make parity` with the small wheels; downloads 100 MB once
	venv=$$(scripts/test-env); $$venv/bin/python scripts/parity --binary $(RELEASE) --subset small

.PHONY: test-bazel
test-bazel: build ## Build and test tests/bazel with a real Bazel, in every execution mode
	scripts/bazel-env > /dev/null
	scripts/remote-env > /dev/null
	export WHEELWORKS_TEST_VENV=$$(scripts/test-env); \
	WHEELWORKS_BIN=$(RELEASE) WHEELWORKS_DEMO_WHEEL=$$(scripts/fetch-wheels jax-cuda12-pjrt) tests/bazel/run

.PHONY: test-bazel7
test-bazel7: build ## Build and test tests/bazel and the examples as modules with Bazel 7; downloads 1 GB from Debian once
	scripts/bazel-env > /dev/null
	export WHEELWORKS_TEST_VENV=$$(scripts/test-env); WHEELWORKS_BIN=$(RELEASE) tests/bazel/modules

.PHONY: test-remote-cache
test-remote-cache: build ## Store versions of a wheel in a cache that cuts files by content; counts the bytes that move
	scripts/test-env > /dev/null
	python3 tests/remote_cache/run.py --binary $(RELEASE)

.PHONY: test-release
test-release: build ## Package the binary as a release does, install it with pip, uv and Bazel, and in bare roots
	scripts/bazel-env > /dev/null
	scripts/release-env
	export WHEELWORKS_TEST_VENV=$$(scripts/test-env); WHEELWORKS_BIN=$(RELEASE) tests/release/run

.PHONY: test-aarch64
test-aarch64: build ## Build the files of a release for aarch64 on x86-64 with Debian's compiler, and run the binary under QEMU
	export WHEELWORKS_TEST_VENV=$$(scripts/test-env); WHEELWORKS_BIN=$(RELEASE) tests/release/aarch64

# A Bazel release of bazelisk, and a workspace.
BAZEL := 8.x
WORKSPACE := examples/modules

.PHONY: test-modules
test-modules: build ## Test WORKSPACE as a module with the Bazel release BAZEL; downloads from GitHub
	WHEELWORKS_BIN=$(RELEASE) scripts/test-modules $(BAZEL) $(WORKSPACE)

.PHONY: soak-quick
soak-quick: build ## Soak one worker with 10,000 mixed requests, and flawed workers, in three minutes
	scripts/test-env > /dev/null
	python3 tests/load/soak.py --binary $(RELEASE) --requests 10000
	python3 tests/load/can_fail.py --binary $(RELEASE)

.PHONY: soak
soak: build ## Soak one worker for an hour with at least 100,000 mixed requests; writes RELIABILITY.md
	scripts/test-env > /dev/null
	python3 tests/load/soak.py --binary $(RELEASE) --requests 100000 --minutes 60 --record

.PHONY: parity
parity: build ## Compare `show` with auditwheel on a hundred real wheels; downloads 4 GB once
	venv=$$(scripts/test-env); $$venv/bin/python scripts/parity --binary $(RELEASE)

.PHONY: survey
survey: build ## Compare `check`, `show` and `unpack` with other tools on wheels from PyPI; downloads 2 GB once
	venv=$$(scripts/test-env); $$venv/bin/python scripts/survey --binary $(RELEASE)

# Benchmarks that delete many files run after unpacking: see benches/README.md.
BENCHES := whole warm dedup audit abi3 closure repair device_code slim unpack worker fair bazel scale tools cores

.PHONY: bench
bench: build ## Run all benchmarks against other tools; writes benches/RESULTS.md
	scripts/test-env
	cargo bench --locked --bench steps
	scripts/bazel-env > /dev/null
	for name in $(BENCHES); do python3 benches/$$name/run.py --binary $(RELEASE); done
	python3 benches/overview/run.py
	if command -v perf > /dev/null; then python3 benches/profile/run.py --binary $(RELEASE); fi

.PHONY: bench-quick
bench-quick: build ## Run every benchmark with small inputs, to show that it works; writes nothing
	scripts/test-env
	cargo bench --locked --bench steps -- --quick
	scripts/bazel-env > /dev/null
	for name in $(BENCHES); do python3 benches/$$name/run.py --binary $(RELEASE) --quick; done
	if command -v perf > /dev/null; then python3 benches/profile/run.py --binary $(RELEASE) --quick; fi

.PHONY: profile
profile: build ## Profile with perf and callgrind; writes a part of benches/README.md
	python3 benches/profile/run.py --binary $(RELEASE) --callgrind
	python3 benches/profile/run.py --binary $(RELEASE)
