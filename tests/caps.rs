//! Grants and refusals of paths, and the manifest's errors. Refusals outnumber grants.

use runtime_wasm::caps::{Access, Caps, CapsError, CapsErrorKind, FsError, FsPlace, Interruption, Priority, Writing};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

struct App {
    folder: TempDir,
    root: PathBuf,
}

/// An app's folder with things to grant, and things beside them.
fn app() -> App {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap().join("app");
    for sub in ["wasm/deep/er", "wasm/dir.wasm", "data/sub", "secret", "home/plugins"] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    for file in [
        "wasm/a.wasm",
        "wasm/deep/b.wasm",
        "wasm/deep/er/c.wasm",
        "wasm/note.txt",
        "secret/s.wasm",
        "top.wasm",
        "home/plugins/p.wasm",
        "data/file",
    ] {
        fs::write(root.join(file), file).unwrap();
    }
    App { folder, root }
}

impl App {
    fn caps(&self, wasm: &str) -> Caps {
        let text = format!("[capabilities.wasm]\n{wasm}\n");
        let home = self.root.join("home");
        Caps::from_toml(&text, &self.root.join("manifest.app.toml"), Some(&home)).unwrap()
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.root.join(name)).unwrap();
    }
}

fn kind(caps: &Caps, path: &str) -> Result<PathBuf, CapsErrorKind> {
    caps.open_module(path).map(|module| module.path).map_err(|error| error.kind)
}

fn dir_kind(caps: &Caps, path: &str) -> Result<Access, CapsErrorKind> {
    caps.open_preopen(path, None).map(|dir| dir.access).map_err(|error| error.kind)
}

#[test]
fn granted_modules_open_however_their_path_is_written() {
    let app = app();
    app.link("a.wasm", "wasm/link.wasm");
    app.link(app.root.join("wasm/a.wasm"), "wasm/absolute.wasm");
    app.link("wasm", "alias");
    let caps = app.caps(r#"load = ["./wasm/*.wasm", "~/plugins/*.wasm", "./wasm/deep/**/*.wasm", "./top.wasm"]"#);
    let absolute = app.root.join("wasm/a.wasm");
    for path in [
        "wasm/a.wasm",
        "./wasm/./a.wasm",
        "wasm/../wasm/a.wasm",
        "alias/a.wasm",
        "wasm/link.wasm",
        "wasm/absolute.wasm",
        // Whether a folder is there that is not granted is not said.
        "wasm/deep/../a.wasm",
        "wasm/none/../a.wasm",
        "secret/../wasm/a.wasm",
        "none/x/../../wasm/a.wasm",
        absolute.to_str().unwrap(),
    ] {
        assert_eq!(kind(&caps, path), Ok(absolute.clone()), "{path}");
    }
    for path in ["~/plugins/p.wasm", "home/plugins/p.wasm", "wasm/deep/b.wasm", "wasm/deep/er/c.wasm", "top.wasm"] {
        assert!(kind(&caps, path).is_ok(), "{path}");
    }
}

#[test]
fn everything_else_is_denied() {
    let app = app();
    app.link("../secret/s.wasm", "wasm/out.wasm");
    app.link("/etc/passwd", "wasm/etc.wasm");
    app.link("out.wasm", "wasm/chain.wasm");
    app.link("../secret", "wasm/folder_out");
    app.link("../secret/none.wasm", "wasm/dangling.wasm");
    app.link("loop.wasm", "wasm/loop.wasm");
    app.link("note.txt", "wasm/renamed.wasm");
    let caps = app.caps(r#"load = ["./wasm/*.wasm"]"#);
    let long = format!("wasm/{}.wasm", "x".repeat(5000));
    let outside = app.root.join("secret/s.wasm");
    for path in [
        "",
        ".",
        "..",
        "/",
        "~",
        "~/plugins/p.wasm",
        "~root/x.wasm",
        "secret/s.wasm",
        "wasm/../secret/s.wasm",
        "../app/secret/s.wasm",
        "wasm/../../app/secret/s.wasm",
        "wasm/deep/b.wasm",
        "wasm/A.WASM",
        "wasm/a.wasm\0",
        "\0",
        "wasm",
        "wasm/",
        "wasm/note.txt",
        "wasm/out.wasm",
        "wasm/out.wasm/",
        "wasm/etc.wasm",
        "wasm/chain.wasm",
        "wasm/folder_out/s.wasm",
        "wasm/dangling.wasm",
        "wasm/loop.wasm",
        "wasm/renamed.wasm",
        "wasm/a.wasm/x.wasm",
        "/etc/passwd",
        "/proc/self/exe",
        "/proc/self/root/etc/passwd",
        "/dev/null",
        outside.to_str().unwrap(),
    ] {
        assert_eq!(kind(&caps, path), Err(CapsErrorKind::Denied), "{path}");
    }
    assert!(kind(&caps, &long).is_err());
}

#[test]
fn the_refusal_says_nothing_about_what_exists() {
    let app = app();
    app.link("../secret/s.wasm", "wasm/to_file.wasm");
    app.link("../secret/none.wasm", "wasm/to_none.wasm");
    let caps = app.caps(r#"load = ["./wasm/*.wasm"]"#);
    let text = |path: &str| {
        let CapsError { kind, message } = caps.open_module(path).unwrap_err();
        assert_eq!(kind, CapsErrorKind::Denied);
        message.replace(path, "PATH")
    };
    let first = text("secret/s.wasm");
    for path in [
        "secret/none.wasm",
        "none/none.wasm",
        "wasm/to_file.wasm",
        "wasm/to_none.wasm",
        "wasm/a.wasm/x",
        "../x",
        "none/../top.wasm",
    ] {
        assert_eq!(text(path), first, "{path}");
    }
}

#[test]
fn a_granted_module_that_cannot_be_read_is_io() {
    let app = app();
    let fifo = app.root.join("wasm/fifo.wasm");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let caps = app.caps(r#"load = ["./wasm/*.wasm", "./later/*.wasm"]"#);
    for path in ["wasm/none.wasm", "wasm/dir.wasm", "wasm/fifo.wasm", "later/x.wasm"] {
        assert_eq!(kind(&caps, path), Err(CapsErrorKind::Io), "{path}");
    }
    fs::create_dir(app.root.join("later")).unwrap();
    fs::write(app.root.join("later/x.wasm"), "x").unwrap();
    assert!(kind(&caps, "later/x.wasm").is_ok(), "a granted folder may come later");
    fs::remove_dir_all(app.root.join("wasm")).unwrap();
    assert_eq!(kind(&caps, "wasm/a.wasm"), Err(CapsErrorKind::Io));
}

#[test]
fn a_pin_belongs_to_its_grant_and_an_unpinned_grant_is_asked_first() {
    let app = app();
    let pin = "ab".repeat(32);
    let caps = app.caps(&format!(r#"load = [{{ path = "./top.wasm", sha256 = "{pin}" }}]"#));
    assert_eq!(caps.open_module("top.wasm").unwrap().sha256, Some([0xab; 32]));
    let both = app.caps(&format!(r#"load = [{{ path = "./top.wasm", sha256 = "{pin}" }}, "./*.wasm"]"#));
    assert_eq!(both.open_module("top.wasm").unwrap().sha256, None);
}

#[test]
fn preopens_grant_a_folder_and_what_is_below_it() {
    let app = app();
    app.link("sub", "data/inside");
    let caps = app.caps(r#"preopens = ["./data", { path = "./wasm", access = "read" }, "~/plugins"]"#);
    for path in ["data", "./data/", "data/sub", "data/inside", "data/../data", "~/plugins"] {
        assert_eq!(dir_kind(&caps, path), Ok(Access::ReadWrite), "{path}");
    }
    assert_eq!(dir_kind(&caps, "wasm/deep"), Ok(Access::Read));
    assert_eq!(caps.open_preopen("data", Some(Access::Read)).unwrap().access, Access::Read);
    let opened = caps.open_preopen("data/sub", None).unwrap();
    let found = rustix::fs::fstat(&opened.dir).unwrap().st_ino;
    assert_eq!(found, fs::metadata(app.root.join("data/sub")).unwrap().ino());
}

#[test]
fn other_folders_are_not_preopened() {
    let app = app();
    app.link("..", "data/up");
    app.link("/", "data/root");
    app.link("../secret", "data/out");
    fs::create_dir(app.root.join("data2")).unwrap();
    let caps = app.caps(r#"preopens = ["./data", "./none", { path = "./wasm", access = "read" }]"#);
    for path in [
        "",
        ".",
        "..",
        "/",
        "~",
        "secret",
        "data/..",
        "data/up",
        "data/root",
        "data/root/etc",
        "data/out",
        "data/out/",
        "data2",
        "data\0",
        "/tmp",
        "/proc",
        "data/../secret",
        "home",
        "data/up/data2",
    ] {
        assert_eq!(dir_kind(&caps, path), Err(CapsErrorKind::Denied), "{path}");
    }
    for path in ["none", "none/x", "data/missing", "data/file", "data/file/x"] {
        assert_eq!(dir_kind(&caps, path), Err(CapsErrorKind::Wasi), "{path}");
    }
    let write = caps.open_preopen("wasm", Some(Access::ReadWrite)).unwrap_err();
    assert_eq!(write.kind, CapsErrorKind::Denied);
}

#[test]
fn the_apps_own_files_are_granted_apart_for_reading_and_writing() {
    let app = app();
    app.link("../secret", "data/out");
    app.link("data", "alias");
    let caps = app.caps("[capabilities.fs]\nread = [\"./alias\", \"./top.wasm\", \"~/**/*.txt\"]\nwrite = [\"./new\"]");
    let place = |found: Result<FsPlace, CapsError>| found.map(|place| place.path).map_err(|error| error.kind);
    for (path, real) in [
        ("data", "data"),
        ("alias/sub/../file", "data/file"),
        ("data/none/x", "data/none/x"),
        ("top.wasm", "top.wasm"),
        ("~/a/b/c.txt", "home/a/b/c.txt"),
    ] {
        assert_eq!(place(caps.fs_read(path)), Ok(app.root.join(real)), "{path}");
        assert_eq!(place(caps.fs_write(path)), Err(CapsErrorKind::Denied), "{path}");
    }
    // A folder that is to be made is found in the one that it is to be in.
    let found = caps.fs_write("new/a").unwrap();
    assert_eq!(found.beneath, Path::new("new/a"));
    let folder = rustix::fs::fstat(&*found.folder).unwrap().st_ino;
    assert_eq!(folder, fs::metadata(&app.root).unwrap().ino());
    for path in [
        "",
        ".",
        "..",
        "/",
        "~",
        "data/..",
        "data/out",
        "data/out/s.wasm",
        "secret",
        "new",
        "new/a",
        "new2",
        "top.wasm2",
        "a\0",
    ] {
        assert_eq!(place(caps.fs_read(path)), Err(CapsErrorKind::Denied), "{path}");
    }
    let text = |path: &str| caps.fs_read(path).unwrap_err().message.replace(path, "PATH");
    assert_eq!(text("secret/s.wasm"), text("secret/none"));
    assert!(text("secret").contains("`read` in [capabilities.fs]"), "{}", text("secret"));
    assert_eq!(place(app.caps("").fs_read("data")), Err(CapsErrorKind::Denied));
    let all = app.caps("enabled = false\n[capabilities.fs]\nread = [\"/\"]");
    assert_eq!(place(all.fs_read("secret/s.wasm")), Ok(app.root.join("secret/s.wasm")));
}

/// Going up from a folder would say whether it is there.
#[test]
fn no_path_by_way_of_what_is_not_granted_says_what_is_there() {
    let app = app();
    fs::create_dir_all(app.root.join("secret/dir")).unwrap();
    for (target, name) in [("dir", "secret/link"), ("/usr/lib", "secret/far"), ("none", "secret/dangling")] {
        app.link(target, name);
    }
    // A guest, too, may make such a symlink.
    for (name, target) in [("in", "dir"), ("out", "gone")] {
        app.link(format!("../secret/{target}/../../data/file"), &format!("data/{name}"));
    }
    let caps = app.caps("[capabilities.fs]\nread = [\"./data\", \"../beside\"]");
    let up = app.root.join("secret").iter().map(|_| "../").collect::<String>();
    let asked = |path: &str| match caps.metadata(path, false) {
        Ok(found) => format!("{} bytes", found.len()),
        Err(FsError::Denied(_)) => "denied".to_owned(),
        Err(FsError::Failed(error)) => error.kind().to_string(),
    };
    for name in ["dir", "s.wasm", "s.wasm/x/..", "link", "far", "dangling", "gone", "gone/x/.."] {
        assert_eq!(asked(&format!("secret/{name}/../../data/file")), "9 bytes", "{name}");
        assert_eq!(asked(&format!("secret/{name}/../{up}{}/data/file", app.root.display())), "9 bytes", "{name}");
        assert_eq!(asked(&format!("secret/{name}/../s.wasm")), "denied", "{name}");
    }
    assert_eq!((asked("data/in"), asked("data/out")), ("9 bytes".to_owned(), "9 bytes".to_owned()));
    // Of what is granted it is said.
    assert_eq!(
        (asked("data/sub/../file"), asked("data/none/../file")),
        ("9 bytes".to_owned(), "entity not found".to_owned())
    );
    assert_eq!(
        (asked("data/file/../file"), asked("data/none/../../secret")),
        ("entity not found".to_owned(), "denied".to_owned())
    );
    // The folder that paths start from is there, and may have been reached by a symlink.
    fs::create_dir(app.folder.path().join("beside")).unwrap();
    fs::write(app.folder.path().join("beside/x"), "x").unwrap();
    app.link("../..", "home/plugins/app");
    let manifest = app.root.join("home/plugins/app/manifest.app.toml");
    let text = "[capabilities.fs]\nread = [\"../beside\"]";
    let caps = Caps::from_toml(text, &manifest, None).unwrap();
    assert!(caps.open_to_read("../beside/x").is_ok());
}

#[test]
fn variables_of_the_environment_are_granted_by_name() {
    let app = app();
    let caps = app.caps("[capabilities.env]\nallow = [\"HOME\", \"APP_*\"]");
    assert!(caps.may_read_env("HOME") && caps.may_read_env("APP_MODE"));
    assert!(!caps.may_read_env("PATH") && !caps.may_read_env("home") && !app.caps("").may_read_env("HOME"));
    assert!(!Caps::denied().may_read_env("HOME"));
}

#[test]
fn names_that_are_not_unicode_are_not_matched() {
    let app = app();
    let odd = app.root.join("wasm").join(std::ffi::OsStr::from_bytes(b"\xff.wasm"));
    fs::write(&odd, "x").unwrap();
    app.link(&odd, "wasm/to_odd.wasm");
    let caps = app.caps(r#"load = ["./wasm/*.wasm"]"#);
    assert_eq!(kind(&caps, "wasm/to_odd.wasm"), Err(CapsErrorKind::Denied));
}

#[test]
fn a_swapped_symlink_never_lets_anything_else_through() {
    let app = app();
    let caps = app.caps("load = [\"./wasm/*.wasm\"]\npreopens = [\"./data\"]");
    let granted = fs::metadata(app.root.join("wasm/a.wasm")).unwrap().ino();
    let granted_dir = fs::metadata(app.root.join("data/sub")).unwrap().ino();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (file, dir) = (app.root.join("wasm/swap.wasm"), app.root.join("data/swap"));
            let targets = [("a.wasm", "sub"), ("../secret/s.wasm", "../secret"), ("/etc/passwd", "/etc")];
            for (file_target, dir_target) in targets.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                for (name, target) in [(&file, file_target), (&dir, dir_target)] {
                    let new = name.with_extension("new");
                    symlink(target, &new).unwrap();
                    fs::rename(&new, name).unwrap();
                }
            }
        });
        for _ in 0..3000 {
            if let Ok(module) = caps.open_module("wasm/swap.wasm") {
                assert_eq!(module.file.metadata().unwrap().ino(), granted);
            }
            if let Ok(dir) = caps.open_preopen("data/swap", None) {
                assert_eq!(rustix::fs::fstat(&dir.dir).unwrap().st_ino, granted_dir);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_folder_swapped_for_a_symlink_never_lets_anything_else_through() {
    let app = app();
    let caps = app.caps(r#"load = ["./wasm/**/*.wasm"]"#);
    fs::write(app.root.join("secret/b.wasm"), "secret").unwrap();
    let granted = fs::metadata(app.root.join("wasm/deep/b.wasm")).unwrap().ino();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (deep, aside) = (app.root.join("wasm/deep"), app.root.join("wasm/aside"));
            while !done.load(Ordering::Relaxed) {
                fs::rename(&deep, &aside).unwrap();
                symlink("../secret", &deep).unwrap();
                fs::remove_file(&deep).unwrap();
                fs::rename(&aside, &deep).unwrap();
            }
        });
        for _ in 0..3000 {
            if let Ok(module) = caps.open_module("wasm/deep/b.wasm") {
                assert_eq!(module.file.metadata().unwrap().ino(), granted);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Whoever may write beside a granted folder, as a guest may, would choose with it what is granted.
#[test]
fn no_symlink_that_is_made_in_place_of_a_granted_folder_is_followed() {
    let app = app();
    fs::create_dir(app.root.join("data/plugins")).unwrap();
    fs::create_dir_all(app.root.join("secret/deep")).unwrap();
    app.link("data/sub", "alias");
    let caps = app.caps(
        "load = [\"./data/plugins/*.wasm\", \"./data/none/s.wasm\"]\npreopens = [\"./data\", \"./data/sub\", \"./data/none\", \"./alias\"]\n\
         [capabilities.fs]\nread = [\"./data/sub\", \"./alias\"]\nwrite = [\"./data/sub\", \"./data/none\", \"./data/made/deep\", \"./alias\"]",
    );
    assert!(caps.open_folder("data/sub").is_ok() && caps.open_folder("alias").is_ok());
    for name in ["plugins", "sub"] {
        fs::remove_dir(app.root.join("data").join(name)).unwrap();
    }
    for name in ["plugins", "sub", "none", "made"] {
        app.link("../secret", &format!("data/{name}"));
    }
    for path in ["data/plugins/s.wasm", "data/none/s.wasm"] {
        assert_eq!(kind(&caps, path), Err(CapsErrorKind::Denied), "{path}");
    }
    for path in ["data/sub", "data/none", "data/sub/deep", "alias"] {
        assert_eq!(dir_kind(&caps, path), Err(CapsErrorKind::Denied), "{path}");
    }
    let how = Writing { append: false, create: true, create_new: false, mode: 0o600 };
    for path in ["data/sub/x", "data/none/x", "data/made/deep/x", "alias/x", "data/sub/s.wasm"] {
        assert!(matches!(caps.open_to_write(path, how), Err(FsError::Denied(_))), "{path}");
        assert!(matches!(caps.open_entry(path), Err(FsError::Denied(_))), "{path}");
    }
    for path in ["data/sub/s.wasm", "alias/s.wasm", "data/sub", "alias"] {
        assert!(matches!(caps.open_to_read(path), Err(FsError::Denied(_))), "{path}");
        assert!(matches!(caps.open_folder(path), Err(FsError::Denied(_))), "{path}");
    }
    assert_eq!(fs::read_to_string(app.root.join("secret/s.wasm")).unwrap(), "secret/s.wasm");
    // A symlink of the start that leads elsewhere now grants what it granted then.
    for (target, name) in [("secret", "alias"), ("other", "data/sub")] {
        fs::remove_file(app.root.join(name)).unwrap();
        app.link(target, name);
    }
    assert!(matches!(caps.open_folder("alias"), Err(FsError::Denied(_))));
    // Folders that come again are granted again.
    fs::remove_file(app.root.join("data/sub")).unwrap();
    fs::create_dir(app.root.join("data/sub")).unwrap();
    assert!(caps.open_to_write("data/sub/x", how).is_ok() && caps.open_to_read("data/sub/x").is_ok());
    assert_eq!(dir_kind(&caps, "data/sub"), Ok(Access::ReadWrite));
}

#[test]
fn without_the_section_everything_is_denied() {
    let app = app();
    let file = app.root.join("manifest.app.toml");
    for (text, hint) in [
        ("", "[capabilities.wasm]"),
        ("[app]\nname = \"x\"\n[windows]\nwidth = 1\n[capabilities.channels]\nany = 1\n", "[capabilities.wasm]"),
        ("[capabilities.wasm]\nenabled = false\nload = [\"./wasm/*.wasm\"]\n", "enabled = false"),
    ] {
        let caps = Caps::from_toml(text, &file, None).unwrap();
        assert!(caps.check_enabled().unwrap_err().message.contains(hint), "{text}");
        assert_eq!(kind(&caps, "wasm/a.wasm"), Err(CapsErrorKind::Denied));
        assert_eq!(dir_kind(&caps, "data"), Err(CapsErrorKind::Denied));
    }
    assert_eq!(kind(&Caps::denied(), "wasm/a.wasm"), Err(CapsErrorKind::Denied));
}

#[test]
fn limits_are_read_with_their_units() {
    let app = app();
    let caps = app.caps(
        "max_instances = 256\nmax_module_bytes = \"64MiB\"\nmax_memory = \"8 GB\"\npriority = \"low\"\ninterruption = \"protection\"\n[capabilities.wasm.limits]\n\
         fuel = 50_000_000_000\ntimeout_ms = 30_000\ncpu_ms = 5_000\nmemory = 65536\ntable_elements = 0x10\nmailbox = 1",
    );
    let limits = caps.limits();
    assert_eq!(
        (limits.max_instances, limits.max_module_bytes, limits.max_memory_bytes),
        (Some(256), Some(64 << 20), Some(8_000_000_000))
    );
    assert_eq!(
        (limits.fuel, limits.timeout_ms, limits.cpu_ms, limits.memory_bytes),
        (Some(50_000_000_000), Some(30_000), Some(5_000), Some(65536))
    );
    assert_eq!((limits.table_elements, limits.mailbox, limits.priority), (Some(16), Some(1), Priority::Low));
    assert_eq!(limits.interruption, Some(Interruption::Protection));
    let caps = app.caps("interruption = \"epoch\"");
    assert_eq!(caps.limits().interruption, Some(Interruption::Epoch));
    assert_eq!(app.caps("").limits().interruption, None);
}

#[test]
fn what_components_reach_is_granted_by_url_and_by_address() {
    let app = app();
    let url = |text: &str| text.parse().unwrap();
    let ip = |text: &str| text.parse().unwrap();
    assert!(!app.caps("").http_is_granted() && !app.caps("[capabilities.wasm.http]").http_is_granted());
    let table =
        "[capabilities.wasm.http]\nallow = [\"https://example.com/v1/*\", \"http://10.0.0.1/\", \"http://localhost/\"]";
    let caps = app.caps(table);
    assert!(caps.http_is_granted() && caps.http_allows(&url("https://example.com/v1/x")));
    assert!(!caps.http_allows(&url("https://example.com/v2")) && !caps.fetch_allows(&url("https://example.com/v1/x")));
    for (to, address, reached) in [
        ("https://example.com/v1/", "93.184.216.34", true),
        ("https://example.com/v1/", "10.0.0.1", false),
        ("https://example.com/v1/", "127.0.0.1", false),
        ("https://example.com/v1/", "169.254.169.254", false),
        ("https://example.com/v1/", "::ffff:93.184.216.34", false),
        ("http://10.0.0.1/", "10.0.0.1", true),
        ("http://10.0.0.1/", "10.0.0.2", false),
        ("http://localhost/", "::1", true),
        ("http://localhost/", "10.0.0.1", false),
    ] {
        assert_eq!(caps.http_reaches(&url(to), ip(address)), reached, "{to} {address}");
    }
    assert!(
        app.caps(&format!("{table}\nallow_private = true"))
            .http_reaches(&url("https://example.com/v1/"), ip("10.0.0.1"))
    );
    assert!(!app.caps(&format!("enabled = false\n{table}")).http_is_granted());
    let built = Caps::builder().http("https://example.com/*").build().unwrap();
    assert!(
        built.http_allows(&url("https://example.com/")) && !built.http_reaches(&url("https://example.com/"), ip("::1"))
    );
    assert!(Caps::builder().http("example.com").build().unwrap_err().to_string().contains("http(\"example.com\")"));
}

/// What is wrong, where, and a part of the message.
#[test]
fn a_broken_manifest_shows_file_line_and_column() {
    let app = app();
    let file = app.root.join("manifest.app.toml");
    let wasm = |line: &str| format!("[app]\nname = \"x\"\n[capabilities.wasm]\n{line}\n");
    let cases = [
        ("[app\n".to_owned(), "1:5", ""),
        ("[app]\nname = \"x\n".to_owned(), "2:", ""),
        ("[a]\nx = 1\nx = 2\n".to_owned(), "3:1", "duplicate"),
        (wasm("laod = []"), "4:1", "did you mean `load`?"),
        (wasm("anything = 1"), "4:1", "unknown key `anything`"),
        (wasm("load = \"./x\""), "4:8", "must be an array"),
        (wasm("load = [1]"), "4:9", "must be a string"),
        (wasm("load = [\"\"]"), "4:9", "empty"),
        (wasm("load = [\"a\\u0000b\"]"), "4:9", "NUL"),
        (wasm("load = [\"./***\"]"), "4:9", "no valid pattern"),
        (wasm("load = [\"~root/x\"]"), "4:9", "~user"),
        (wasm("load = [{ sha256 = \"00\" }]"), "4:20", "64 hexadecimal"),
        (wasm("load = [{ paht = \"x\" }]"), "4:11", "did you mean `path`?"),
        (wasm("load = [{}]"), "4:9", "no `path`"),
        (wasm("preopens = [{ path = \"x\", access = \"write\" }]"), "4:36", "readwrite"),
        (wasm("max_instances = 0"), "4:17", "from 1"),
        (wasm("max_instances = -1"), "4:17", "from 1"),
        (wasm("max_instances = 1.5"), "4:17", "an integer"),
        (wasm("max_module_bytes = \"64 MegaBytes\""), "4:20", "a size"),
        (wasm("max_module_bytes = \"99999999999GiB\""), "4:20", "a size"),
        (wasm("priority = \"high\""), "4:12", "background"),
        (wasm("interruption = \"signal\""), "4:16", "not \"epoch\" or \"protection\""),
        (wasm("interruption = true"), "4:16", "must be a string"),
        (wasm("interuption = \"epoch\""), "4:1", "did you mean `interruption`?"),
        (wasm("enabled = 1"), "4:11", "true or false"),
        (wasm("limits = 1"), "4:10", "a table"),
        (wasm("[capabilities.wasm.limits]\nfule = 1"), "5:1", "did you mean `fuel`?"),
        (wasm("[capabilities.net]\nfetch = [\"example.com\"]"), "5:10", "scheme"),
        (wasm("[capabilities.net]\nfecth = []"), "5:1", "did you mean `fetch`?"),
        (wasm("[capabilities.wasm.http]\nalow = []"), "5:1", "did you mean `allow`?"),
        (wasm("[capabilities.wasm.http]\nallow = [\"*\"]"), "5:10", "scheme"),
        (wasm("[capabilities.wasm.http]\nallow = \"https://example.com/\""), "5:9", "an array"),
        (wasm("[capabilities.wasm.http]\nallow_private = 1"), "5:17", "true or false"),
        (wasm("[capabilities.wasm.http]\nprivate = true"), "5:1", "there are allow, allow_private"),
        (wasm("http = true"), "4:8", "a table"),
        (wasm("allow = []"), "4:1", "did you mean `allow` in [capabilities.wasm.http]?"),
        (wasm("[capabilities.net]\nallow = []"), "5:1", "did you mean `fetch`?"),
        (wasm("[capabilities.fs]\nallow = []"), "5:1", "in [capabilities.fs]; there are read, write"),
        (wasm("[capabilities.fs]\npreopens = []"), "5:1", "did you mean `preopens` in [capabilities.wasm]?"),
        (wasm("[capabilities.wasm.net]\nfetch = []"), "4:20", "[capabilities.net] is for the app itself"),
        (wasm("[capabilities.wasm.fs]\nread = []"), "4:20", "guests see what `preopens` names"),
        (wasm("env = []"), "4:1", "guests have the variables that the app gives them"),
        (wasm("[capabilities.wasm.limits]\nmemory_mib = 64"), "5:1", "did you mean `memory`?"),
        (wasm("max_memory_mb = 64"), "4:1", "did you mean `max_memory`?"),
        (wasm("[capabilities.wasm.htpp]"), "4:20", "did you mean `http`?"),
        (wasm("[capabilities.fs]\nread = \"./x\""), "5:8", "must be an array"),
        (wasm("[capabilities.fs]\nwrite = [{ path = \"x\" }]"), "5:10", "an entry of `write` must be a string"),
        (wasm("[capabilities.fs]\nwrite = [\"./***\"]"), "5:10", "no valid pattern"),
        (wasm("[capabilities.fs]\nreed = []"), "5:1", "did you mean `read`?"),
        (wasm("read = []"), "4:1", "did you mean `read` in [capabilities.fs]?"),
        (wasm("[capabilities.env]\nallow = [\"A=B\"]"), "5:10", "no pattern for variables"),
        (wasm("[capabilities.env]\nallow = true"), "5:9", "must be an array"),
        (wasm("[capabilities.env]\nalow = []"), "5:1", "did you mean `allow`?"),
        ("capabilities = 1\n".to_owned(), "1:16", "a table"),
    ];
    for (text, at, part) in cases {
        let error = Caps::from_toml(&text, &file, Some(&app.root)).unwrap_err().to_string();
        let start = format!("{}:{at}", file.display());
        assert!(error.starts_with(&start) && error.contains(part) && error.contains('^'), "{text}\ngave\n{error}");
    }
    let missing = Caps::from_file(&app.root.join("none.toml")).unwrap_err().to_string();
    assert!(missing.contains("none.toml") && missing.contains("cannot be read"), "{missing}");
    drop(app.folder);
}

/// A limit under a name that nobody reads would be lost without a word.
#[test]
fn a_misspelt_section_is_an_error_and_those_of_others_are_let_be() {
    let file = Path::new("/none/manifest.app.toml");
    let parsed = |text: &str| Caps::from_toml(text, file, None).map_err(|error| error.to_string());
    for (text, at, meant) in [
        ("[capability.wasm.limits]\nfuel = 1", "1:2", "[capabilities]"),
        ("[capabilites.wasm]\nload = []", "1:2", "[capabilities]"),
        ("[Capabilities.wasm]", "1:2", "[capabilities]"),
        ("[CAPABILITIES.wasm.limits]", "1:2", "[capabilities]"),
        ("[capabilitie]", "1:2", "[capabilities]"),
        ("[cababilities]", "1:2", "[capabilities]"),
        ("[capablities.wasm]", "1:2", "[capabilities]"),
        ("[capabilities-wasm]", "1:2", "[capabilities]"),
        ("[\"capabilities.wasm.limits\"]\nfuel = 1", "1:2", "[capabilities]"),
        ("[\"capabilities \".wasm]", "1:2", "[capabilities]"),
        ("[\"\u{441}apabilities\".wasm]", "1:2", "[capabilities]"),
        ("[wasm.limits]\nfuel = 1", "1:2", "[capabilities.wasm]"),
        ("[capabilities.wams]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.Wasm]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.wsm.limits]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.wasm2]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.\"wasm.limits\"]", "1:15", "[capabilities.wasm.limits]"),
        ("[capabilities.wasm_limits]", "1:15", "[capabilities.wasm.limits]"),
        ("[capabilities.limits]", "1:15", "[capabilities.wasm.limits]"),
        ("[capabilities.limit]", "1:15", "[capabilities.wasm.limits]"),
        ("[capabilities.nte]", "1:15", "[capabilities.net]"),
        ("[capabilities.Net]\nfetch = []", "1:15", "[capabilities.net]"),
        ("[capabilities.FS]\nread = []", "1:15", "[capabilities.fs]"),
        ("[capabilities.envs]", "1:15", "[capabilities.env]"),
        ("[fs]\nread = []", "1:2", "[capabilities.fs]"),
        ("[app.env]\nallow = [\"HOME\"]", "1:6", "[capabilities.env]"),
        ("[[capabilities.wams]]", "1:16", "[capabilities.wasm]"),
        ("capabilities.wams.limits.fuel = 1", "1:14", "[capabilities.wasm]"),
        ("capability.wasm.limits = { fuel = 1 }", "1:1", "[capabilities]"),
        ("capabilities = { wams = { limits = { fuel = 1 } } }", "1:18", "[capabilities.wasm]"),
        ("[capabilities.wasm.limit]\nfuel = 1", "1:20", "`limits`"),
        ("[capabilities.wasm.Limits]\nfuel = 1", "1:20", "`limits`"),
        ("capabilities.wasm.limist.fuel = 1", "1:19", "`limits`"),
        ("[capabilities.wasm]\n[capability.wasm.limits]\nfuel = 1", "2:2", "[capabilities]"),
        ("[capabilities.webassembly.limits]\nfuel = 1", "1:15", "[capabilities.wasm]"),
        ("[capabilities.WebAssembly]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.web-assembly]", "1:15", "[capabilities.wasm]"),
        ("[capabilities.webassembly_limits]", "1:15", "[capabilities.wasm.limits]"),
        ("[capabilities.\"runtime:wasm\"]", "1:15", "[capabilities.wasm]"),
        ("[webassembly.limits]\nfuel = 1", "1:2", "[capabilities.wasm]"),
        ("[runtime-wasm]", "1:2", "[capabilities.wasm]"),
        ("[limits]\nfuel = 1", "1:2", "[capabilities.wasm.limits]"),
        ("[limits]\nmemory = \"1MiB\"", "1:2", "[capabilities.wasm.limits]"),
        ("[limit]\nmemory = 1\nmailbox = 1", "1:2", "[capabilities.wasm.limits]"),
        ("[Limits]\nfuel = 1\nrequests = 2", "1:2", "[capabilities.wasm.limits]"),
        ("[app.limits]\nfuel = 1", "1:6", "[capabilities.wasm.limits]"),
        ("limits.timeout_ms = 1", "1:1", "[capabilities.wasm.limits]"),
        ("[net]\nfetch = []", "1:2", "[capabilities.net]"),
        ("fuel = 1", "1:1", "`fuel` in [capabilities.wasm.limits]"),
        ("[app]\nname = \"x\"\nmax_memory = 1", "3:1", "`max_memory` in [capabilities.wasm]"),
        ("[capabilities]\nmax_instances = 1", "2:1", "`max_instances` in [capabilities.wasm]"),
        ("[capabilities]\nload = []", "2:1", "`load` in [capabilities.wasm]"),
        ("[capabilities]\nmemory = 1", "2:1", "`memory` in [capabilities.wasm.limits]"),
        ("[capabilities]\nfetch = []", "2:1", "`fetch` in [capabilities.net]"),
        ("[capabilities.wasm]\nfuel = 1", "2:1", "`fuel` in [capabilities.wasm.limits]"),
        ("[capabilities.wasm.limits]\nmax_memory = 1", "2:1", "`max_memory` in [capabilities.wasm]"),
        ("[capabilities.net]\nload = []", "2:1", "`load` in [capabilities.wasm]"),
    ] {
        let error = parsed(text).expect_err(text);
        let start = format!("/none/manifest.app.toml:{at}: ");
        assert!(
            error.starts_with(&start) && error.contains(&format!("did you mean {meant}?")),
            "{text}\ngave\n{error}"
        );
    }
    for text in [
        "[windows]\nwidth = 1",
        "[capabilities.channels]\nany = 1",
        "[capabilities.fs]\n[capabilities.env]\n[capabilities.http]\n[capabilities.web]",
        "[package]\n[permissions.wasm]\n[tool.capabilities.wasm]",
        "[app.wams]",
        "[[plugins]]\n[a.b.c]",
        "x = 1",
        "[limits]",
        "[limits]\nmemory = 1\nrequests = 2",
        "[limits]\nrequests = 2",
        "[limits.cpu]\ncores = 2",
        "[capabilities.channels.limits]\nmailbox = 1",
        "[capabilities]\ncamera = true",
        "[app]\nlimits = 3\nmemory = \"1GiB\"\nenabled = true",
        "[network]\nfetch = true",
        "[net]\nfetch = true\nproxy = \"\"",
        "[env]\nHOME = \"x\"\nallow = true",
        "[fs]",
        "[capabilities.os]\n[capabilities.ws]",
        "memory = 1\nload = true",
    ] {
        assert!(parsed(text).is_ok(), "{text}: {:?}", parsed(text));
    }
}

#[test]
fn amounts_are_taken_up_to_what_there_can_be() {
    let file = Path::new("/none/manifest.app.toml");
    let all = ["1", "2147483648", "4294967296", "9007199254740992", "4611686018427387904", "9223372036854775808"];
    for key in ["fuel", "timeout_ms", "cpu_ms", "memory", "table_elements"] {
        for amount in all.into_iter().chain(["18446744073709551615"]) {
            let text = format!("[capabilities.wasm.limits]\n{key} = {amount}");
            assert!(Caps::from_toml(&text, file, None).is_ok(), "{text}");
        }
        for amount in ["0", "-1", "18446744073709551616"] {
            let text = format!("[capabilities.wasm.limits]\n{key} = {amount}");
            assert!(Caps::from_toml(&text, file, None).is_err(), "{text}");
        }
    }
    let mailbox = |places: u64| {
        let text = format!("[capabilities.wasm.limits]\nmailbox = {places}");
        Caps::from_toml(&text, file, None).map_err(|error| error.to_string())
    };
    assert!(mailbox(1).is_ok() && mailbox(65_536).is_ok());
    for places in [0, 65_537, 1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63, u64::MAX] {
        assert!(mailbox(places).unwrap_err().contains("2:11: mailbox must be an integer from 1 to 65536"));
    }
}

#[test]
fn an_error_points_into_the_line_it_shows_and_writes_nothing_that_a_terminal_obeys() {
    let file = Path::new("/none/manifest.app.toml");
    let error = |text: &str| Caps::from_toml(text, file, None).unwrap_err().to_string();
    // What is missing is missed at the line's end, whatever that consists of.
    for (text, line, column) in
        [("x\n", "x", 2), ("x\r\n", "x", 2), ("x", "x", 2), ("x='\n", "x='", 4), ("x='\r\n", "x='", 4)]
    {
        let error = error(text);
        assert!(error.starts_with(&format!("/none/manifest.app.toml:1:{column}: ")), "{error:?}");
        assert!(error.ends_with(&format!("\n1 | {line}\n  | {}^", " ".repeat(column - 1))), "{error:?}");
    }
    for text in ["\u{1b}[2J = 1", "[capabilities.wasm]\n\"\\u001b[2J\" = 1", "x = \"\u{9b}2J\"\ny"] {
        let error = error(text);
        assert!(!error.contains(|c: char| c.is_control() && c != '\n'), "{error:?}");
    }
    // What TOML has escaped is escaped in the message, and in the line it is as it was written.
    let key = error("[capabilities.wasm]\n\"a\\u001b[2J\" = 1");
    assert!(key.contains("unknown key `a\\u{1b}[2J` in"), "{key:?}");
    assert!(key.ends_with("\n2 | \"a\\u001b[2J\" = 1\n  | ^^^^^^^^^^^^"), "{key:?}");
    // What stands there raw is escaped, and the marks are below it all the same.
    let raw = error("\u{202e}a = 1");
    assert!(raw.contains("\n1 | \\u{202e}a = 1\n  | ^"), "{raw:?}");
    let raw = error("'\u{202e}\t' = 1 1");
    assert!(raw.ends_with("\n1 | '\\u{202e}\t' = 1 1\n  |          \t    ^^^"), "{raw:?}");
}

#[test]
fn of_a_long_line_an_error_shows_the_part_around_the_place() {
    let text = format!("[capabilities.wasm]\nload = [{}7, {}]\n", "\"a\", ".repeat(9000), "\"b\", ".repeat(9000));
    let error = Caps::from_toml(&text, Path::new("/none/manifest.app.toml"), None).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert!(lines[0].starts_with("/none/manifest.app.toml:2:45009: an entry of `load` must be a string"), "{error}");
    assert!(lines[1].starts_with("2 | …") && lines[1].ends_with('…') && lines[1].chars().count() < 200, "{error}");
    let column = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().nth(column), Some('7'), "{error}");
}

#[test]
fn the_manifest_is_found_beside_or_above() {
    let app = app();
    let file = app.root.join("manifest.app.toml");
    fs::write(&file, "").unwrap();
    assert_eq!(Caps::find_manifest(&app.root.join("wasm/deep")), Some(file.clone()));
    assert_eq!(Caps::find_manifest(&app.root), Some(file));
}

/// As programs are deployed: a symlink leads to the latest of several folders, and the one before it is removed.
#[test]
fn a_folder_behind_a_symlink_that_moves_on_can_always_be_opened() {
    let app = app();
    let caps = app.caps(r#"preopens = ["./data"]"#);
    let release = |n: usize| app.root.join(format!("data/release{n}"));
    fs::create_dir_all(release(0).join("sub")).unwrap();
    app.link("release0", "data/current");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in (1..).take_while(|_| !done.load(Ordering::Relaxed)) {
                fs::create_dir_all(release(n).join("sub")).unwrap();
                app.link(release(n), "data/new");
                fs::rename(app.root.join("data/new"), app.root.join("data/current")).unwrap();
                fs::remove_dir_all(release(n - 1)).unwrap();
            }
        });
        let refused = (0..5000).find_map(|_| caps.open_preopen("data/current/sub", None).err());
        done.store(true, Ordering::Relaxed);
        assert!(refused.is_none(), "{refused:?}");
    });
}
