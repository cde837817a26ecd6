#!/usr/bin/env bash
# Says which compiler here builds guests, by letting each build one: names differ, and so do the targets that a compiler has.
#   scripts/guest-compiler.sh c      prints its name, as in clang-19
#   scripts/guest-compiler.sh rust   prints its path and what it calls WASI preview 1, as in /usr/bin/rustc wasm32-wasi
#   scripts/guest-compiler.sh zig    prints its path; the one that setup.sh unpacks comes before others: no two versions take the same source
# Where there is none, it says why each does not do, and how to get one, and ends with 1.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
tried=""

# attempt NAME COMMAND…: the command builds a guest from its input; what it says of its failure is kept.
attempt() {
  local name=$1
  shift
  "$@" -o "$place/guest.wasm" 2>"$place/errors" && return
  tried+="  $name: $(grep -m 1 . "$place/errors" || echo "fails without a word")"$'\n'
  return 1
}

none() {
  echo "guest-compiler: no $1 here builds guests for WASI." >&2
  [ -z "$tried" ] || printf 'Tried:\n%s' "$tried" >&2
  echo "$2" >&2
  exit 1
}

c() {
  local numbered clang
  numbered=$(compgen -c clang- | grep -E '^clang-[0-9]+$' | sort -u -t - -k 2 -n -r || true)
  for clang in ${WASI_SDK_PATH:+"$WASI_SDK_PATH/bin/clang"} clang-19 $numbered clang; do
    command -v "$clang" >/dev/null 2>&1 || continue
    attempt "$clang" "$clang" --target=wasm32-wasi -mexec-model=reactor -x c - <<<'int one(void) { return 1; }' || continue
    echo "$clang"
    return
  done
  none clang "Install clang, lld, WASI's C library and the compiler's runtime for it (Debian: clang-19 lld-19 wasi-libc \
libclang-rt-19-dev-wasm32), or the WASI SDK, and set WASI_SDK_PATH to its folder."
}

rust() {
  local rustc target targets
  # In each place of PATH: rustup's may have no such target where the distribution's has.
  while read -r rustc; do
    targets=$("$rustc" --print target-list 2>/dev/null) || continue
    for target in wasm32-wasip1 wasm32-wasi; do
      grep -qx "$target" <<<"$targets" || continue
      attempt "$rustc, $target" "$rustc" --edition 2021 --target "$target" --crate-type cdylib - <<<'pub fn one() {}' || continue
      echo "$rustc $target"
      return
    done
  done < <(type -ap rustc | awk '!seen[$0]++')
  none rustc "Run \`rustup target add wasm32-wasip1\`, or install a rustc with that target (Debian 12: rustc libstd-rust-dev-wasm32 \
lld-14; rustc-web has none, and must make way for it)."
}

zig() {
  local zig
  echo 'export fn one() i32 { return 1; }' >"$place/guest.zig"
  for zig in ${ZIG:+"$ZIG"} "$(cd "$(dirname "$0")/.." && pwd)/target/tools/ziglang/ziglang/zig" zig; do
    zig=$(type -P "$zig") || continue
    attempt "$zig" build_zig "$zig" || continue
    echo "$zig"
    return
  done
  none zig "Install Zig 0.17 (https://ziglang.org/download, or \`pip install ziglang==0.17.1\`), and set ZIG to its path."
}

# build_zig ZIG -o FILE: it has another word for -o, and reads no source from its input.
build_zig() { "$1" build-exe "$place/guest.zig" -target wasm32-wasi -fno-entry -rdynamic -O ReleaseSmall -femit-bin="$3"; }

case "${1:-}" in
  c | rust | zig) "$1" ;;
  *) echo "usage: scripts/guest-compiler.sh c|rust|zig" >&2 && exit 2 ;;
esac
