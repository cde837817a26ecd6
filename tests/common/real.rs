//! Real components, built from source in four languages by `scripts/build-components.sh`, and the scripts that hold them against what is known of them.

use crate::common::copy_files;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What was built.
pub fn built(name: &str) -> PathBuf {
    let path = root().join("target/components").join(name);
    assert!(path.is_file(), "{} is missing: run `make guests`", path.display());
    path
}

/// A folder with the scripts, and a component under the name by which they know it.
pub fn app(component: &str, name: &str) -> TempDir {
    let app = tempfile::tempdir().unwrap();
    copy_files(&root().join("tests/components"), app.path());
    fs::copy(root().join("tests/js/check.js"), app.path().join("check.js")).unwrap();
    fs::copy(built(component), app.path().join(name)).unwrap();
    fs::create_dir(app.path().join("box")).unwrap();
    fs::write(app.path().join("box/a.txt"), "some data\n").unwrap();
    app
}

/// Where compiled code is kept: compiling some of these takes half a minute, so all tests that need one share it. It is whoever holds
/// the file that may compile that component; the others wait, and take what is there then.
pub fn cache(component: &str) -> (PathBuf, File) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(component).with_extension("lock")).unwrap();
    file.lock().unwrap();
    (folder.join("cache"), file)
}
