#!/usr/bin/env bash
# Builds the components of the tests and of the examples from source, each with the tools that its authors would use; `scripts/setup.sh test`
# installs these. What is there and was built of the same sources by the same tools is not built again.
#   scripts/build-components.sh FOLDER [LANGUAGE…]   writes FOLDER/every-type.js.wasm and the others; js, py, c, rust, or all of them
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
  printf 'components: %s\n' "$@" >&2
  exit 1
}

folder=${1:?usage: scripts/build-components.sh FOLDER [js|py|c|rust…]}
shift
languages=${*:-js py c rust}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
here=$PWD
tests=$here/tests/components
examples=$here/examples/guests/components
tools=$tests/tools
jco=$tools/node_modules/.bin/jco

# Whatever fails, says so itself; this says what was being made.
building=
place=$(mktemp -d)
trap 'status=$?; rm -rf "$place"; [ "$status" = 0 ] || [ -z "$building" ] || echo "components: $building could not be built" >&2' EXIT

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
  stamp=$({ cat scripts/build-components.sh "$tools/package-lock.json" "${sources[@]}" && echo target/tools/componentize-py/*.dist-info; } |
    sha256sum | cut -d ' ' -f 1)
  [ -e "$folder/$name" ] && [ "$(cat "$folder/.$name.stamp" 2>/dev/null)" = "$stamp" ] && return
  echo "components: building $name"
  rm -f "$folder/.$name.stamp"
  # Not as part of a condition: there bash would go on after an error.
  building=$name
  rm -rf "$place" && mkdir "$place"
  "$@" "$folder/$name"
  building=
  echo "$stamp" >"$folder/.$name.stamp"
}

# quietly COMMAND…: what it says is of interest only where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) && return
  echo "$said" >&2
  return 1
}

# jco_js SOURCE WIT WORLD OPTION… OUTPUT
jco_js() {
  local source=$1 wit=$2 world=$3
  quietly "$jco" componentize "$source" --wit "$wit" --world-name "$world" "${@:4:$#-4}" -o "${!#}"
}

build_js() {
  output every-type.js.wasm "$tests"/js/* "$tests/world.wit" -- \
    jco_js "$tests/js/every-type.js" "$tests/world.wit" every-type --disable http fetch-event
  output command.js.wasm "$tests"/command/command.{js,wit} -- \
    jco_js "$tests/command/command.js" "$tests/command/command.wit" program --disable http fetch-event
  output shout.js.wasm "$examples"/js/* "$examples/shout.wit" -- jco_js "$examples/js/shout.js" "$examples/shout.wit" plugin --disable all
  # The other engine that jco has: an eighth of the size, with bindings of its own.
  output shout.qjs.wasm "$examples"/js/* "$examples/shout.wit" -- \
    jco_js "$examples/js/shout.js" "$examples/shout.wit" plugin --backend qjs --backend-qjs-disable-async
}

# py MODULE FOLDER WIT WORLD OPTION… OUTPUT, from a place where what it leaves goes
py() {
  local module=$1 source=$2 wit=$3 world=$4
  (cd "$place" && PYTHONPATH="$here/target/tools/componentize-py" PYTHONDONTWRITEBYTECODE=1 quietly \
    python3 "$here/target/tools/componentize-py/bin/componentize-py" --wit-path "$wit" --world "$world" \
    componentize "$module" --python-path "$source" "${@:5:$#-5}" --output "${!#}")
}

build_py() {
  output every-type.py.wasm "$tests"/py/*.py "$tests/world.wit" -- py every_type "$tests/py" "$tests/world.wit" every-type
  output command.py.wasm "$tests"/command/command.{py,wit} -- py command "$tests/command" "$tests/command/command.wit" program
  output shout.py.wasm "$examples"/py/*.py "$examples/shout.wit" -- py shout "$examples/py" "$examples/shout.wit" plugin --stub-wasi
}

# c SOURCE WIT WORLD OUTPUT: the bindings, the module, the component
c() {
  local source=$1 wit=$2 world=$3 name
  name=${world//-/_}
  CARGO_TARGET_DIR=$here/target/tools/bindgen cargo run --quiet --locked --manifest-path "$tests/bindgen/Cargo.toml" -- "$wit" "$world" "$place"
  "$clang" --target=wasm32-wasi -mexec-model=reactor -O1 -g -I "$place" "$source" "$place/$name.c" "$place/${name}_component_type.o" -o "$place/core.wasm"
  quietly "$jco" new "$place/core.wasm" --wasi-reactor -o "$4"
}

c_command() {
  "$clang" --target=wasm32-wasi -O1 -g "$1" -o "$place/core.wasm"
  quietly "$jco" new "$place/core.wasm" --wasi-command -o "$2"
}

build_c() {
  clang=$(scripts/guest-compiler.sh c)
  output every-type.c.wasm "$tests"/{c/*,bindgen/Cargo.lock,bindgen/src/*} "$tests/world.wit" -- c "$tests/c/every-type.c" "$tests/world.wit" every-type
  output command.c.wasm "$tests/command/command.c" -- c_command "$tests/command/command.c"
  output shout.c.wasm "$examples"/c/* "$tests"/bindgen/{Cargo.lock,src/*} "$examples/shout.wit" -- c "$examples/c/shout.c" "$examples/shout.wit" plugin
}

# cargo_wasm FOLDER: with the target that rustup has, or else with Debian's rustc and a library that is compiled here.
cargo_wasm() {
  local target=wasm32-unknown-unknown unpacked=$here/target/tools/rust/usr
  export CARGO_TARGET_DIR=$here/target/tools/components
  if [ ! -e "$here/target/tools/rust/complete" ]; then
    cargo build --quiet --locked --release --target "$target" --manifest-path "$1/Cargo.toml"
    return
  fi
  LD_LIBRARY_PATH=$(dirname "$(find "$unpacked/lib" -name 'libLLVM*.so*' -print -quit)") RUSTC=$unpacked/bin/rustc RUSTC_BOOTSTRAP=1 \
    cargo build --quiet --locked --release -Z build-std=std,panic_abort --target "$target" --manifest-path "$1/Cargo.toml" \
    --config "target.$target.linker='$unpacked/bin/wasm-ld-22'"
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

[ -x "$jco" ] && [ -d target/tools/componentize-py ] || stop "the tools are not there: \`scripts/setup.sh test\` installs them"
case $languages in
  js | py | c | rust) "build_$languages" ;;
  *)
    # All at once: most of these tools work on one thread.
    started=()
    for language in $languages; do
      case $language in
        js | py | c | rust) scripts/build-components.sh "$folder" "$language" & ;;
        *) stop "there is no language $language" ;;
      esac
      started+=($!)
    done
    for child in "${started[@]}"; do wait "$child" || failed=true; done
    [ -z "${failed:-}" ]
    ;;
esac
