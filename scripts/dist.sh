#!/usr/bin/env bash
# Makes the archive of a release for this machine's platform, and a file with its sha256, in target/dist or in the folder $DIST.
#   scripts/dist.sh ENGINE               builds the binary on quickjs or v8, and packs it
#   scripts/dist.sh pack ENGINE BINARY   packs a binary that there is
# The same commit comes to the same bytes: paths of this machine are kept out of the binary, and the archive has its files in order, with the
# time of the commit (or SOURCE_DATE_EPOCH) and without an owner.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC

stop() {
  printf 'dist: %s\n' "$@" >&2
  exit 1
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
target=$(rustc -vV | sed -n 's/^host: //p')
out=${DIST:-target/dist}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null)} ||
  stop "this is no clone of the repository: SOURCE_DATE_EPOCH has to say the time of its files, in seconds"
export SOURCE_DATE_EPOCH

# words ENGINE: how `--version` names it.
words() {
  case "$1" in
    quickjs) echo QuickJS-ng ;;
    v8) echo V8 ;;
    *) stop "there is no engine $1: quickjs or v8" ;;
  esac
}

# build ENGINE: leaves the path of the binary in $binary.
build() {
  local home=${CARGO_HOME:-$HOME/.cargo} from to flags=() remap=()
  # The registry's folder is named after the host that it is on.
  for from in "$PWD=/runtime-wasm" "$home/registry/src=/crates" $(printf '%s\n' "$home"/registry/src/*/ | sed 's,/$,=/crates,'); do
    to=${from#*=} from=${from%%=*}
    remap+=("--remap-path-prefix=$from=$to")
    flags+=("-ffile-prefix-map=$from=$to")
  done
  # Without symbols, as LLVM gives some of them names by where they were compiled; and it is a fifth less.
  # For a target that is named, so that these are not the flags of build scripts: one looks for sources where they really are.
  CARGO_TARGET_DIR="target/dist-$1" RUSTC_WRAPPER=$PWD/scripts/dist-rustc.sh RUSTFLAGS="${remap[*]}" CFLAGS="${flags[*]}" CXXFLAGS="${flags[*]}" \
    cargo rustc --release --locked --package runtime-wasm --bin runtime-wasm --no-default-features --features "$1" --target "$target" -- \
    -C strip=symbols
  binary=target/dist-$1/$target/release/runtime-wasm
  for from in "$PWD" "$home" "$HOME/"; do
    [ "$from" = / ] || ! grep -qaF "$from" "$binary" || stop "$binary says where it was built: $from"
  done
}

# pack ENGINE BINARY
pack() {
  local name=runtime-wasm-$version-$1-$target word stage share
  word=$(words "$1")
  "$2" --version | grep -q "$word" || stop "$2 is not built on $1"
  stage=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is this one
  trap "rm -rf '$stage'" EXIT
  share=$stage/$name/share
  mkdir -p "$share"/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d,runtime-wasm}
  install -D -m 755 "$2" "$stage/$name/bin/runtime-wasm"
  "$2" man "$share/man/man1"
  "$2" completions bash >"$share/bash-completion/completions/runtime-wasm"
  "$2" completions zsh >"$share/zsh/site-functions/_runtime-wasm"
  "$2" completions fish >"$share/fish/vendor_completions.d/runtime-wasm.fish"
  "$2" types >"$share/runtime-wasm/runtime-wasm.d.ts"
  "$2" check --schema >"$share/runtime-wasm/manifest.schema.json"
  cp README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE "$stage/$name/"
  scripts/licences.py "$1" "$target" >"$stage/$name/LICENSES-OF-DEPENDENCIES"
  mkdir -p "$out"
  tar --create --directory "$stage" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mode=u+rwX,go=rX \
    --mtime="@$SOURCE_DATE_EPOCH" "$name" | gzip -9 --no-name >"$out/$name.tar.gz"
  (cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
  echo "dist: $out/$name.tar.gz: $(stat -c %s "$out/$name.tar.gz") bytes, the binary in it $(stat -c %s "$2")"
}

case "${1:-}" in
  pack)
    [ $# = 3 ] || stop "pack ENGINE BINARY"
    pack "$2" "$3"
    ;;
  quickjs | v8)
    build "$1"
    pack "$1" "$binary"
    ;;
  *) stop "which engine? quickjs or v8" ;;
esac
