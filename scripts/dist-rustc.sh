#!/usr/bin/env bash
# What scripts/dist.sh has cargo call in the place of rustc. These crates put the folder that they are compiled in into the binary, as the name of
# scripts that are not read from there, and no flag of rustc's changes what `env!` gives.
case "${CARGO_PKG_NAME:-}" in
  deno_fetch | deno_web | deno_webidl) export CARGO_MANIFEST_DIR=/crates/$CARGO_PKG_NAME-$CARGO_PKG_VERSION ;;
esac
exec "$@"
