//! `--dir HOST[::GUEST[::ro]]`: a folder that the guest is shown.

use crate::actor::config::Preopen;
use crate::printable;
use rustix::fs::{Mode, OFlags, open};
use std::path::Path;
use std::sync::Arc;

const SEPARATOR: &str = "::";

/// Opens the folder that a flag names.
///
/// # Errors
/// A sentence that quotes the flag.
pub(super) fn preopen(flag: &str) -> Result<Preopen, String> {
    parse(flag).map_err(|why| printable::sentence(&format!("--dir {flag}: {why}")))
}

fn parse(flag: &str) -> Result<Preopen, String> {
    let mut parts = flag.split(SEPARATOR);
    let host = parts.next().unwrap_or_default();
    let guest = parts.next().unwrap_or(host);
    let writable = match parts.next() {
        None | Some("rw") => true,
        Some("ro") => false,
        Some(other) => return Err(format!("\"{other}\" is neither ro nor rw")),
    };
    if parts.next().is_some() {
        return Err("expected HOST[::GUEST[::ro]]".to_owned());
    }
    if let Some(other) = longer_name(flag) {
        return Err(format!("there is also a file named \"{other}\", so it is not clear which one is meant"));
    }
    // Waits for nobody, whatever it is.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let dir = open(host, flags, Mode::empty())
        .map_err(|error| format!("the folder {host} cannot be opened: {}", std::io::Error::from(error)))?;
    Ok(Preopen { guest_path: guest.to_owned(), dir: Arc::new(dir), writable, changed: None })
}

/// A file that exists and whose name the flag reads on into: names may hold the separator, and whoever can name a file must not
/// choose with it what is granted.
fn longer_name(flag: &str) -> Option<&str> {
    let ends = flag.match_indices(SEPARATOR).skip(1).map(|(end, _)| end).chain([flag.len()]);
    let longer = ends.map(|end| &flag[..end]).filter(|name| name.contains(SEPARATOR));
    longer.into_iter().find(|name| Path::new(name).symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn dir_flags_name_host_guest_and_access() {
        let both = preopen(".::/guest::ro").unwrap();
        assert_eq!((both.guest_path.as_str(), both.writable), ("/guest", false));
        let same = preopen(".").unwrap();
        assert_eq!((same.guest_path.as_str(), same.writable), (".", true));
        for bad in ["/no/such/folder", ".::/g::wo", ".::/g::ro::x", "Cargo.toml"] {
            assert!(preopen(bad).unwrap_err().contains(bad), "{bad}");
        }
    }

    #[test]
    fn the_name_of_a_folder_cannot_choose_what_is_granted() {
        let place = tempfile::tempdir().unwrap();
        let named = |name: &str| format!("{}/{name}", place.path().display());
        fs::create_dir(named("secret")).unwrap();
        for name in ["secret::in", "secret::in::rw", "secret::in::ro"] {
            assert!(preopen(&named(name)).is_ok(), "{name}");
            fs::create_dir(named(name)).unwrap();
            let error = preopen(&named(name)).unwrap_err();
            assert!(error.contains("not clear"), "{error}");
            fs::remove_dir(named(name)).unwrap();
        }
        // Read-only is what the flag says, however the folder is named.
        fs::create_dir(named("secret::in::rw")).unwrap();
        assert!(preopen(&(named("secret::in::rw") + "::/in::ro")).is_err());
        fs::create_dir(named("secret::x")).unwrap();
        assert!(preopen(&(named("secret::x") + "::ro")).is_err());
    }

    #[test]
    fn what_is_no_folder_is_refused_at_once() {
        let place = tempfile::tempdir().unwrap();
        let fifo = place.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(preopen(fifo.to_str().unwrap()).unwrap_err().contains("cannot be opened"));
    }
}
