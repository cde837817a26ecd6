#!/usr/bin/env python3
"""Prints the licences of everything that is linked into the binary, each text once, for the archive that `make dist` makes.

    scripts/licences.py ENGINE TARGET        for example: quickjs x86_64-unknown-linux-gnu

What is linked is what `cargo tree` says; the texts are those that the crates bring. Of a crate that brings none it is that of another crate of the
same repository, or else the standard text of its licence with its authors' names; where there is neither it fails, and names the crate.
"""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
FILE = re.compile(r"(licen[sc]e|copying|notice|unlicense|copyright)([-._].*)?", re.IGNORECASE)
RULE = "=" * 80


def cargo(*words):
    return subprocess.run(["cargo", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(engine, target):
    """Names and versions of what is linked, without what only runs when it is built."""
    listed = cargo("tree", "--locked", "--package", "runtime-wasm", "--edges", "normal,no-proc-macro", "--no-default-features",
                   "--features", engine, "--target", target, "--prefix", "none", "--format", "{p}")
    lines = {tuple(line.split()[:2]) for line in listed.splitlines()}
    return sorted((name, version.removeprefix("v")) for name, version in lines if name != "runtime-wasm")


def texts_of(folder):
    """The texts that lie in a crate, and beside the sources in other languages that it brings."""
    files = [file for pattern in ("*", "vendor/*/*") for file in folder.glob(pattern) if file.is_file() and FILE.fullmatch(file.name)]
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in sorted(files)]


def standard_text(package, known):
    """The text of a licence that a crate names and does not bring."""
    licence = package["license"] or ""
    authors = ", ".join(re.sub(r" *<[^>]*>", "", author) for author in package["authors"]) or f"the authors of {package['name']}"
    for name in ("MIT", "BSD-3-Clause"):
        if name in licence:
            return [f"Copyright (c) {authors}\n\n{(HERE / 'licences' / (name + '.txt')).read_text().strip()}"]
    if "Apache-2.0" in licence:
        return [known["LLVM"] if "LLVM-exception" in licence else known["Apache"]]
    sys.exit(f"licences: {package['name']} {package['version']} brings no text of its licence, {licence!r}: put it into scripts/licences")


def main(engine, target):
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    wanted = [packages[key] for key in linked(engine, target)]
    folder = {package["id"]: pathlib.Path(package["manifest_path"]).parent for package in metadata["packages"]}
    own = {package["id"]: texts_of(folder[package["id"]]) for package in metadata["packages"]}
    of_repository = {}
    for package in sorted(metadata["packages"], key=lambda package: package["id"]):
        if package["repository"] and own[package["id"]]:
            of_repository.setdefault((package["repository"], package["license"]), own[package["id"]])
    wasmtime = next(package for package in wanted if package["name"] == "wasmtime")
    known = {"Apache": (ROOT / "LICENSE-APACHE").read_text().strip(), "LLVM": own[wasmtime["id"]][0]}

    by_text, lines = {}, []
    for package in wanted:
        found = own[package["id"]] or of_repository.get((package["repository"], package["license"])) or standard_text(package, known)
        lines.append(f"{package['name']} {package['version']}  {package['license']}  {package['repository'] or ''}".rstrip())
        for text in found:
            by_text.setdefault(text, []).append(f"{package['name']} {package['version']}")
    by_text.setdefault(known["Apache"], []).append("the Rust standard library")
    lines.append("the Rust standard library  MIT OR Apache-2.0  https://github.com/rust-lang/rust")
    if engine == "v8":
        by_text.setdefault((HERE / "licences" / "V8.txt").read_text().strip(), []).append("V8")
        lines.append("V8  BSD-3-Clause  https://v8.dev")

    print("What is linked into this build of runtime-wasm beside its own code, and under which licences. Its own are in LICENSE-MIT and LICENSE-APACHE.\n")
    print("\n".join(lines))
    for text, users in sorted(by_text.items(), key=lambda item: (item[1], item[0])):
        print(f"\n{RULE}\nOf: {', '.join(users)}\n\n{text}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
