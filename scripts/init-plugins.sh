#!/usr/bin/env bash
# Builds anew the plugins that `runtime-wasm init` comes with, each of its source in src/cli/init by the very script that an app gets.
# They are kept in git, so that an app runs where no compiler is. `scripts/setup.sh test` installs the tools.
set -euo pipefail
cd "$(dirname "$0")/.."
templates=$PWD/src/cli/init

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# build LANGUAGE: in a folder as `init` makes it.
build() {
  rm -rf "${place:?}/app"
  mkdir -p "$place/app/plugin" "$place/app/plugins"
  cp "$templates/$1"/* "examples/guests/$1"/bytes.* "$place/app/plugin"
  case $1 in
    rust) mv "$place/app/plugin/package.toml" "$place/app/plugin/Cargo.toml" ;;
    assemblyscript) ln -s "$PWD/examples/guests/assemblyscript/node_modules" "$place/app/plugin/node_modules" ;;
  esac
  sh "$place/app/plugin/build.sh"
  install -m 644 "$place/app/plugins/plugin.wasm" "$templates/$1/plugin.wasm"
}

# No debug information: it would name folders of this machine.
CLANG=$(scripts/guest-compiler.sh c) CFLAGS="-Wl,--strip-debug" build c
build rust
build assemblyscript
ZIG=$(scripts/guest-compiler.sh zig) ZIGFLAGS=-fstrip build zig
