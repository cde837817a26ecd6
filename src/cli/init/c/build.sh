#!/bin/sh
# Builds plugins/plugin.wasm of plugin/plugin.c. It takes a clang with WASI's C library: Debian's clang-19 lld-19 wasi-libc
# libclang-rt-19-dev-wasm32, or the WASI SDK (https://github.com/WebAssembly/wasi-sdk), with CLANG=/opt/wasi-sdk/bin/clang.
set -eu
cd "$(dirname "$0")/.."
[ -n "${CLANG:-}" ] || CLANG=$(command -v clang-19 || command -v clang) || {
  echo "there is no clang here; the first lines of plugin/build.sh say what it takes" >&2
  exit 1
}
"$CLANG" --target=wasm32-wasi -mexec-model=reactor -O2 -g ${CFLAGS:-} plugin/plugin.c -o plugins/plugin.wasm
