#!/usr/bin/env bash
# Builds the guest of the benchmarks.
#   bench/build.sh FILE.wasm
set -euo pipefail
cd "$(dirname "$0")"
clang=$(../scripts/guest-compiler.sh c)
"$clang" --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--max-memory=268435456 -o "$1" guest.c
