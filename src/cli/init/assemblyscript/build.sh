#!/bin/sh
# Builds plugins/plugin.wasm of plugin/plugin.ts. It takes Node.js and npm, which installs the compiler the first time.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm install --no-audit --no-fund
npm run --silent build
