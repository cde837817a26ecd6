#!/bin/sh
# Builds plugins/plugin.wasm of plugin/plugin.rs. It takes a Rust with the target for WASI: `rustup target add wasm32-wasip1`.
set -eu
cd "$(dirname "$0")"
cargo build --release --target wasm32-wasip1 --target-dir target
cp target/wasm32-wasip1/release/plugin.wasm ../plugins/plugin.wasm
