# What a person or CI runs. Each target installs what it needs: see CONTRIBUTING.md.

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

.PHONY: demo
demo: build ## Pack a real CUDA wheel under Bazel, through the worker
	scripts/demo $(RELEASE)

.PHONY: test
test: lint test-rust fuzz-quick test-parity test-bazel soak-quick ## Run every check and every test

.PHONY: lint
lint: $(CARGO_DENY) ## Formatting, lints, licences, Starlark, reference
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml > /dev/null
	cargo clippy --locked --all-targets -- -D warnings
	$(CARGO_DENY) --locked check licenses bans sources
	scripts/buildifier
	scripts/rule-reference --check

.PHONY: advisories
advisories: $(CARGO_DENY) ## Known holes in dependencies; needs GitHub
	$(CARGO_DENY) --locked check advisories

.PHONY: reference
reference: ## Write docs/reference.md from the texts in the .bzl files
	scripts/rule-reference

$(CARGO_DENY):
	cargo install --quiet --locked --version 0.20.2 --root $(CACHE)/tools/cargo-deny-0.20.2 cargo-deny

.PHONY: test-rust
test-rust: ## Unit and integration tests; downloads real wheels once
	venv=$$(scripts/test-env); WHEELWORKS_TEST_VENV=$$venv cargo test --locked -- --include-ignored

.PHONY: fuzz-quick
fuzz-quick: $(CARGO_FUZZ) ## Build the fuzz targets and run each for a few seconds
	fuzz/run --quick

.PHONY: fuzz
fuzz: $(CARGO_FUZZ) ## Run each fuzz target for 30 minutes of CPU time; prints the table of docs/fuzzing.md
	fuzz/run --cpu-minutes 30

$(CARGO_FUZZ):
	cargo install --quiet --locked --version 0.13.2 --root $(CACHE)/tools/cargo-fuzz-0.13.2 cargo-fuzz

# What sets limits of memory, of which AddressSanitizer reserves terabytes, or of time.
# And where the sanitizer cannot look for leaks: under strace, in another namespace, without descriptors.
NOT_SANITIZED := audit::bounds hostile:: a_length_is_not_believed more_requests_than_may_wait \
	calls_that_are_interrupted the_living_are_not_swept faults::limits::few_descriptors little_memory \
	no_memory_for_a_long_file errors_of_the_system a_reader_that_does_not_read

.PHONY: sanitize
sanitize: ## Unit and integration tests under AddressSanitizer, but those that bound memory or time
	venv=$$(scripts/test-env); RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address WHEELWORKS_TEST_VENV=$$venv \
	ASAN_OPTIONS=detect_odr_violation=0 cargo test --locked --target $(TARGET) --target-dir target/sanitize -- \
	$(foreach test,$(NOT_SANITIZED),--skip $(test))

.PHONY: test-parity
test-parity: build ## `make parity` with the small wheels; downloads 100 MB once
	venv=$$(scripts/test-env); $$venv/bin/python scripts/parity --binary $(RELEASE) --subset small

.PHONY: test-bazel
test-bazel: build ## The consumer workspace under a real Bazel, in every way it can run wheelworks
	scripts/bazel-env > /dev/null
	scripts/remote-env > /dev/null
	export WHEELWORKS_TEST_VENV=$$(scripts/test-env); \
	WHEELWORKS_BIN=$(RELEASE) WHEELWORKS_DEMO_WHEEL=$$(scripts/fetch-wheels jax-cuda12-pjrt) tests/bazel/run

.PHONY: soak-quick
soak-quick: build ## Ten thousand mixed requests to one worker, and the same with flawed ones, in three minutes
	scripts/test-env > /dev/null
	python3 tests/load/soak.py --binary $(RELEASE) --requests 10000
	python3 tests/load/can_fail.py --binary $(RELEASE)

.PHONY: soak
soak: build ## An hour of mixed requests to one worker, a hundred thousand at least; writes RELIABILITY.md
	scripts/test-env > /dev/null
	python3 tests/load/soak.py --binary $(RELEASE) --requests 100000 --minutes 60 --record

.PHONY: parity
parity: build ## Compare `show` with auditwheel on a hundred real wheels; downloads 4 GB once
	venv=$$(scripts/test-env); $$venv/bin/python scripts/parity --binary $(RELEASE)

# Those that delete many files come after unpacking: see benches/README.md.
BENCHES := whole warm audit unpack worker fair bazel scale

.PHONY: bench
bench: build ## Measure against other tools, on real wheels and under Bazel; writes benches/RESULTS.md
	scripts/test-env
	cargo bench --locked --bench pieces
	scripts/bazel-env > /dev/null
	for name in $(BENCHES); do python3 benches/$$name/run.py --binary $(RELEASE); done
	python3 benches/overview/run.py
	if command -v perf > /dev/null; then python3 benches/profile/run.py --binary $(RELEASE); fi

.PHONY: bench-quick
bench-quick: build ## Run every benchmark on something small, to see that they work; writes nothing
	scripts/test-env
	cargo bench --locked --bench pieces -- --quick
	scripts/bazel-env > /dev/null
	for name in $(BENCHES); do python3 benches/$$name/run.py --binary $(RELEASE) --quick; done
	if command -v perf > /dev/null; then python3 benches/profile/run.py --binary $(RELEASE) --quick; fi

.PHONY: profile
profile: build ## Where the time goes, with perf and callgrind; writes its part of benches/README.md
	python3 benches/profile/run.py --binary $(RELEASE) --callgrind
	python3 benches/profile/run.py --binary $(RELEASE)
