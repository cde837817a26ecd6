# `make run` shows what this is; `make test` checks it. Both install what they need and say so.

.PHONY: run build test test-v8 npm npm-staged conformance check deny soak loom loom-more fuzz fuzz-keep bench dist guests setup clean

SHELL := bash
PLUGINS := examples/plugins
# For machines that cannot download V8's published library; see docs/building.md.
V8_ARCHIVE := $(or $(RUSTY_V8_ARCHIVE),$(wildcard $(CURDIR)/../shared/v8/librusty_v8.a.gz))
# Its programs have a folder of their own; what does not know of the engine, most of the dependencies, is compiled once for both. For that
# the features of dependencies must be those of the whole workspace (fuzz/cases/Cargo.toml levels them), but for the addon, which V8's static
# library cannot be part of.
V8 := RUSTY_V8_ARCHIVE=$(V8_ARCHIVE) CARGO_BUILD_BUILD_DIR=$(abspath $(or $(CARGO_TARGET_DIR),target)) CARGO_TARGET_DIR=target/v8
# With what the default build lacks, so that each feature is tested in one of the two.
V8_FEATURES := --workspace --exclude runtime-wasm-node --no-default-features --features v8,otlp

# `PROFILE=dev` builds what the tests are built with, too: CI compiles nothing twice.
PROFILE ?= release
BUILT := $(or $(CARGO_TARGET_DIR),target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
WORKSPACE := $(if $(filter dev,$(PROFILE)),--workspace)

# The main job: an app that hosts real guests.
run: build
	@scripts/fetch-guests.sh $(PLUGINS)/guests run
	$(BUILT)/runtime-wasm run $(PLUGINS)/main.js

build: setup
	cargo build --profile $(PROFILE) --locked $(WORKSPACE) --bin runtime-wasm

setup:
	@scripts/setup.sh build

# The real guests of the tests.
guests:
	@scripts/setup.sh test
	@scripts/fetch-guests.sh $(PLUGINS)/guests test
	@scripts/build-components.sh target/components

# What ends a guest and what is told of it, once more for guests that are stopped by memory protection; see docs/verification.md.
ON_BOTH := binary(/^(stops|limits|hostile|hostile_components|symbols|runtime|imports|names|cpu_time|faults|crowd)$$/) + package(runtime-wasm-conformance) + \
  (binary(js) & test(/^(call|component|lifecycle|limits|memory|restart|stats|stop|stop_imports|tables|time|traps)$$/))

# All tests: Rust and JavaScript on the quickjs engine, the embedding example, doctests, and the loom models.
# Always the whole workspace: a part of it would have other features of its dependencies, and compile them anew.
test: guests npm-staged
	cargo test --locked --workspace --doc --quiet
	cargo nextest run --locked --workspace
	INTERRUPTION=protection cargo nextest run --locked --workspace -E '$(ON_BOTH)'

# The same from JavaScript on V8. A build without network points RUSTY_V8_ARCHIVE at a library.
test-v8: guests
ifeq ($(V8_ARCHIVE),)
	@echo "test-v8: skipped: RUSTY_V8_ARCHIVE is not set, and there is no ../shared/v8/librusty_v8.a.gz"
else
	$(V8) cargo nextest run --locked $(V8_FEATURES) -E 'package(runtime-wasm)'
endif

# The npm package and its native half for this platform, as archives for `npm install` in target/npm.
npm: setup
	@scripts/setup.sh npm
	cargo build --release --locked --package runtime-wasm-node
	node npm/tools/pack.mjs $(or $(CARGO_TARGET_DIR),target)/release target/npm

# The same as folders, of the build that the tests have.
npm-staged:
	@scripts/setup.sh npm
	cargo build --locked --workspace --all-targets
	node npm/tools/pack.mjs $(or $(CARGO_TARGET_DIR),target)/debug target/npm-staged --staged

# The core specification suite through actors, by proposal; see docs/wasm-features.md. `make test` runs it, too.
conformance:
	@scripts/setup.sh test
	cargo nextest run --locked --workspace -E 'package(runtime-wasm-conformance)' --success-output final

# Formatting and lints, and that each set of features compiles.
check: setup deny
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --lib -- -D warnings
	cargo clippy --locked --no-default-features --features extension,deno_core/quickjs --lib -- -D warnings

# Licences, sources and bans of the dependencies, as far as that goes without network.
deny:
	@scripts/setup.sh deny
	PATH="$(CURDIR)/target/tools/cargo-deny/bin:$$PATH" cargo deny --locked check --hide-inclusion-graph licenses bans sources

loom:
	@scripts/setup.sh test
	cargo nextest run --locked --workspace -E 'package(runtime-wasm-loom)' --success-output final

# The same models with larger bounds on preemptions: many minutes instead of half a one.
loom-more:
	LOOM_MORE=1 cargo nextest run --locked --workspace -E 'package(runtime-wasm-loom)' --success-output final

# Many short lives in one process, ten minutes of them; the seed is printed. A short one is part of `make test`.
SOAK_SECONDS ?= 600
SOAK_SEED ?= $(shell date +%s)
soak:
	@scripts/setup.sh test
	SOAK_SECONDS=$(SOAK_SECONDS) SOAK_SEED=$(SOAK_SEED) cargo test --locked --workspace --test soak -- --nocapture

# Each fuzz target for a minute, or as long as is said. It starts from fuzz/corpus, which the tests replay, and from what it found
# before, in target/fuzz/corpus; an input that fails goes into fuzz/artifacts. The first time everything is compiled once more,
# with instrumentation.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= manifest paths compile operations arguments component_values
FOUND := $(CURDIR)/target/fuzz/corpus
# What cargo-fuzz asks of the compiler is for nightly ones only.
FUZZ := PATH="$(CURDIR)/target/tools/cargo-fuzz/bin:$$PATH" RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --target-dir target/fuzz
fuzz:
	@scripts/setup.sh fuzz
	@for target in $(FUZZ_TARGETS); do \
	  echo "fuzz: $$target for $(FUZZ_SECONDS) seconds"; \
	  mkdir -p $(FOUND)/$$target; \
	  $(FUZZ) $$target $(FOUND)/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=60 -print_final_stats=1 || exit 1; \
	done

# Takes into fuzz/corpus, of what was found, the few inputs that reach code that nothing there reaches.
fuzz-keep:
	@scripts/setup.sh fuzz
	@for target in $(FUZZ_TARGETS); do \
	  $(FUZZ) $$target fuzz/corpus/$$target $(FOUND)/$$target -- -set_cover_merge=1 -use_counters=0 || exit 1; \
	done

# Everything that is measured, beside what people would use instead; writes docs/benchmarks.md. PART names some of bench/parts, BENCH_QUICK=1
# takes minutes. RUNTIME_WASM_V8=BINARY adds the column of a binary that was built on V8.
PART ?= all
bench: build
	@scripts/setup.sh test
	@scripts/setup.sh npm
	cargo build --release --locked --package runtime-wasm-node
	node npm/tools/pack.mjs $(or $(CARGO_TARGET_DIR),target)/release target/npm-bench --staged
	RUNTIME_WASM=$(abspath $(or $(CARGO_TARGET_DIR),target))/release/runtime-wasm node bench/run.mjs $(PART)

# The archives of a release, one for each engine, with their sha256, in target/dist; see docs/releasing.md.
dist: setup
	scripts/dist.sh quickjs
ifeq ($(V8_ARCHIVE),)
	@echo "dist: no archive on V8: RUSTY_V8_ARCHIVE is not set, and there is no ../shared/v8/librusty_v8.a.gz"
else
	RUSTY_V8_ARCHIVE=$(V8_ARCHIVE) scripts/dist.sh v8
endif

clean:
	cargo clean
