#!/bin/sh
# Builds plugins/plugin.wasm of plugin/plugin.zig. It takes Zig 0.17 (https://ziglang.org/download, or `pip install ziglang==0.17.1`), with ZIG=/opt/zig/zig
# where it is not in PATH.
set -eu
cd "$(dirname "$0")/.."
"${ZIG:-zig}" build-exe plugin/plugin.zig -target wasm32-wasi -fno-entry -rdynamic -O ReleaseSafe --stack 65536 ${ZIGFLAGS:-} \
  -femit-bin=plugins/plugin.wasm
