#!/usr/bin/env bash
# Builds a guest of the benchmarks: guest.c, or another one of this folder.
#   bench/build.sh FILE.wasm [SOURCE.c]
set -euo pipefail
source=$(realpath "${2:-$(dirname "$0")/guest.c}")
cd "$(dirname "$0")"
clang=$(../scripts/guest-compiler.sh c)
"$clang" --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--max-memory=268435456 -o "$1" "$source"
