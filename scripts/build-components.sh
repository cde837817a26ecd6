#!/usr/bin/env bash
# Builds the components of the tests and of the examples from source, each with the tools that its authors would use, and says what it
# installs. What is there and was built of the same sources by the same tools is not built again.
#   scripts/build-components.sh FOLDER [LANGUAGE…]   writes FOLDER/every-type.js.wasm and the others; js, py, c, rust, or all of them
# Into node_modules beside tests/components/tools/package.json goes jco, into target/tools componentize-py and, where rustup has no
# target for WebAssembly, Debian's rustc and its library's sources, unpacked.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
  printf 'components: %s\n' "$@" >&2
  exit 1
}

folder=${1:?usage: scripts/build-components.sh FOLDER [js|py|c|rust…]}
shift
languages=${*:-js py c rust}
mkdir -p "$folder" target/tools
folder=$(cd "$folder" && pwd)
here=$PWD
tests=$here/tests/components
examples=$here/examples/guests/components
tools=$tests/tools
jco=$tools/node_modules/.bin/jco

componentize_py=0.25.1
# What pip has it as: for Linux on x86_64 and aarch64, for macOS on arm64 and x86_64.
componentize_py_sha256='8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f
7b6a87c520358166843af0daa86d2312d7af4cbcbbf1e598951085cf7f2991ca
a556991534cc496207a9d2ca733c4b0f17ed38ef56a8d6b5f1847fdf1225dd1b
65fbc4a94df1de8acf7da50a1f5ed1711230188844e53e6332d99029be4e0afa'
debian_rust=1.96

# output NAME SOURCE… COMMAND…, with -- before the command: runs it unless its output is there and as old as these sources, these tools
# and this script. It writes to the file that it is given last.
output() {
  local name=$1 sources=() stamp
  shift
  while [ "$1" != -- ]; do
    sources+=("$1")
    shift
  done
  shift
  stamp=$(sha256sum "$here/scripts/build-components.sh" "$tools/package-lock.json" "${sources[@]}" | sha256sum | cut -d ' ' -f 1)
  [ -e "$folder/$name" ] && [ "$(cat "$folder/.$name.stamp" 2>/dev/null)" = "$stamp" ] && return
  echo "components: building $name"
  rm -f "$folder/.$name.stamp"
  "$@" "$folder/$name" || stop "$name could not be built"
  echo "$stamp" >"$folder/.$name.stamp"
}

# quietly COMMAND…: what it says is of interest only where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) && return
  echo "$said" >&2
  return 1
}

need_jco() {
  command -v node >/dev/null && command -v npm >/dev/null || stop "Node.js 20 or later, with npm, is needed (https://nodejs.org)"
  [ ! "$tools/node_modules/.package-lock.json" -nt "$tools/package-lock.json" ] || return 0
  echo "components: installing with npm, into ${tools#"$here/"}/node_modules: jco"
  npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --silent
}

# jco_js SOURCE WIT WORLD OPTION… OUTPUT
jco_js() {
  local source=$1 wit=$2 world=$3
  quietly "$jco" componentize "$source" --wit "$wit" --world-name "$world" "${@:4:$#-4}" -o "${!#}"
}

build_js() {
  output every-type.js.wasm "$tests"/js/* "$tests/world.wit" -- jco_js "$tests/js/every-type.js" "$tests/world.wit" every-type
  output every-type.js-no-wasi.wasm "$tests"/js/* "$tests/world.wit" -- \
    jco_js "$tests/js/every-type.js" "$tests/world.wit" every-type --disable all
  output command.js.wasm "$tests"/command/command.{js,wit} -- \
    jco_js "$tests/command/command.js" "$tests/command/command.wit" program --disable http fetch-event
  output shout.js.wasm "$examples"/js/* "$examples/shout.wit" -- jco_js "$examples/js/shout.js" "$examples/shout.wit" plugin --disable all
  # The other engine that jco has: an eighth of the size, with bindings of its own.
  output shout.qjs.wasm "$examples"/js/* "$examples/shout.wit" -- \
    jco_js "$examples/js/shout.js" "$examples/shout.wit" plugin --backend qjs --backend-qjs-disable-async
}

# py MODULE FOLDER WIT WORLD OPTION… OUTPUT, from a place where it leaves nothing
py() {
  local module=$1 source=$2 wit=$3 world=$4 there
  if [ ! -e "target/tools/componentize-py/componentize_py-$componentize_py.dist-info" ]; then
    echo "components: installing with pip, into target/tools/componentize-py: componentize-py $componentize_py"
    rm -rf target/tools/componentize-py
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --root-user-action ignore --target target/tools/componentize-py \
      --require-hashes -r <(for hash in $componentize_py_sha256; do printf ' --hash=sha256:%s' "$hash"; done | sed "s/^/componentize-py==$componentize_py/")
  fi
  there=$(mktemp -d)
  (cd "$there" && PYTHONPATH="$here/target/tools/componentize-py" PYTHONDONTWRITEBYTECODE=1 quietly \
    python3 "$here/target/tools/componentize-py/bin/componentize-py" --wit-path "$wit" --world "$world" \
    componentize "$module" --python-path "$source" "${@:5:$#-5}" --output "${!#}")
  rm -rf "$there"
}

build_py() {
  output every-type.py.wasm "$tests"/py/*.py "$tests/world.wit" -- py every_type "$tests/py" "$tests/world.wit" every-type
  output every-type.py-no-wasi.wasm "$tests"/py/*.py "$tests/world.wit" -- py every_type "$tests/py" "$tests/world.wit" every-type --stub-wasi
  output command.py.wasm "$tests"/command/command.{py,wit} -- py command "$tests/command" "$tests/command/command.wit" program
  output shout.py.wasm "$examples"/py/*.py "$examples/shout.wit" -- py shout "$examples/py" "$examples/shout.wit" plugin --stub-wasi
}

# c SOURCE WIT WORLD OUTPUT: the bindings, the module, the component
c() {
  local source=$1 wit=$2 world=$3 there name
  there=$(mktemp -d)
  name=${world//-/_}
  CARGO_TARGET_DIR=$here/target/tools/bindgen cargo run --quiet --locked --manifest-path "$tests/bindgen/Cargo.toml" -- "$wit" "$world" "$there"
  "$clang" --target=wasm32-wasi -mexec-model=reactor -O1 -g -I "$there" "$source" "$there/$name.c" "$there/${name}_component_type.o" -o "$there/core.wasm"
  quietly "$jco" new "$there/core.wasm" --wasi-reactor -o "$4"
  rm -rf "$there"
}

c_command() {
  local there
  there=$(mktemp -d)
  "$clang" --target=wasm32-wasi -O1 -g "$1" -o "$there/core.wasm"
  quietly "$jco" new "$there/core.wasm" --wasi-command -o "$2"
  rm -rf "$there"
}

build_c() {
  clang=$(scripts/guest-compiler.sh c)
  output every-type.c.wasm "$tests"/{c/*,bindgen/Cargo.lock,bindgen/src/*} "$tests/world.wit" -- c "$tests/c/every-type.c" "$tests/world.wit" every-type
  output command.c.wasm "$tests/command/command.c" -- c_command "$tests/command/command.c"
  output shout.c.wasm "$examples"/c/* "$tests"/bindgen/{Cargo.lock,src/*} "$examples/shout.wit" -- c "$examples/c/shout.c" "$examples/shout.wit" plugin
}

# The sources of these packages, without installing them: Debian's rustc with a newer library excludes the one that builds other guests.
unpack_debian_rust() {
  local there=target/tools/rust package
  [ -e "$there/complete" ] && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || stop "\`rustup target add wasm32-unknown-unknown\`, then run this again"
  echo "components: unpacking, into $there: Debian's rustc-web and rust-web-src"
  rm -rf "$there" && mkdir -p "$there/packages"
  (cd "$there/packages" && apt-get download -qq rustc-web "libstd-rust-web-$debian_rust" libstd-rust-web-dev rust-web-src lld-22 libllvm22 2>/dev/null) ||
    stop "apt has no rustc-web here" "\`rustup target add wasm32-unknown-unknown\`, then run this again"
  for package in "$there"/packages/*; do
    case "$package" in
      */rust-web-src_*) dpkg-deb --fsys-tarfile "$package" | tar -x -C "$there" --wildcards './usr/src/*/library' './usr/src/*/Cargo.*' './usr/lib' ;;
      *) dpkg-deb --extract "$package" "$there" ;;
    esac
  done
  rm -rf "$there/packages"
  touch "$there/complete"
}

# cargo_wasm FOLDER: with the target that rustup has or can have, or else with a library that is compiled here.
cargo_wasm() {
  local target=wasm32-unknown-unknown unpacked
  export CARGO_TARGET_DIR=$here/target/tools/components
  if [ -z "${COMPONENTS_WITHOUT_RUSTUP:-}" ] && has_target "$target"; then
    cargo build --quiet --locked --release --target "$target" --manifest-path "$1/Cargo.toml"
    return
  fi
  unpack_debian_rust
  unpacked=$here/target/tools/rust/usr
  LD_LIBRARY_PATH=$(dirname "$(find "$unpacked/lib" -name 'libLLVM*.so*' -print -quit)") RUSTC=$unpacked/bin/rustc RUSTC_BOOTSTRAP=1 \
    cargo build --quiet --locked --release -Z build-std=std,panic_abort --target "$target" --manifest-path "$1/Cargo.toml" \
    --config "target.$target.linker='$unpacked/bin/wasm-ld-22'"
}

has_target() {
  [ -e "$(rustc --print sysroot)/lib/rustlib/$1/lib" ] && return
  command -v rustup >/dev/null && timeout 120 rustup target add "$1" >/dev/null 2>&1 || return
  echo "components: installed with rustup: the target $1"
}

# rust FOLDER CRATE OUTPUT
rust() {
  cargo_wasm "$1"
  quietly "$jco" new "target/tools/components/wasm32-unknown-unknown/release/$2.wasm" -o "$3"
}

build_rust() {
  output every-type.rust.wasm "$tests"/rust/{*.rs,Cargo.*} "$tests/world.wit" -- rust "$tests/rust" every_type
  output shout.rust.wasm "$examples"/rust/{*.rs,Cargo.*} "$examples/shout.wit" -- rust "$examples/rust" shout
}

need_jco
for language in $languages; do
  case "$language" in
    js | py | c | rust) "build_$language" ;;
    *) stop "there is no language $language" ;;
  esac
done
