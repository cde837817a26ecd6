//! Files and folders: what is refused, what is bounded, and what is told.

use super::*;
use crate::limits::{OPEN_FILES_MAX, STREAM_BYTES_MAX};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, Host as _, HostDescriptor, HostDirectoryEntryStream,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::bindings::io::streams::{self, HostInputStream, HostOutputStream};

const READ: DescriptorFlags = DescriptorFlags::READ;
const WRITE: DescriptorFlags = DescriptorFlags::WRITE;

/// The guest, and its folder.
fn opened(folder: &Path, writable: bool) -> (WasiGuest, u32) {
    let mut guest = wasi(with_folder(folder, writable));
    let given = guest.preview2().unwrap().get_directories().unwrap();
    assert_eq!((given.len(), &*given[0].1), (1, "/"));
    (guest, given[0].0.rep())
}

fn own(rep: u32) -> Resource<Descriptor> {
    Resource::new_own(rep)
}

async fn open_at(
    guest: &mut WasiGuest,
    folder: u32,
    path: &str,
    open: OpenFlags,
    flags: DescriptorFlags,
) -> FsResult<Resource<Descriptor>> {
    let guest = guest.preview2().unwrap();
    guest.open_at(own(folder), PathFlags::SYMLINK_FOLLOW, path.to_owned(), open, flags).await
}

fn code<T>(result: FsResult<T>) -> ErrorCode {
    result.err().expect("it is refused").downcast().unwrap()
}

#[tokio::test]
async fn nothing_is_opened_that_waits_or_leads_out() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(outer.path().join("secret"), "text").unwrap();
    mknodat(CWD, inner.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    symlink("../secret", inner.join("out")).unwrap();
    symlink("/etc/passwd", inner.join("root")).unwrap();
    let (mut guest, folder) = opened(&inner, true);
    for flags in [READ, WRITE] {
        let refused = open_at(&mut guest, folder, "fifo", OpenFlags::empty(), flags).await;
        assert_eq!(code(refused), ErrorCode::NoSuchDevice);
        for path in ["out", "root", "../secret", "/etc/passwd", "a/../../secret"] {
            let refused = code(open_at(&mut guest, folder, path, OpenFlags::empty(), flags).await);
            assert!(matches!(refused, ErrorCode::NotPermitted | ErrorCode::NoEntry), "{path} {refused}");
        }
    }
    let guest = guest.preview2().unwrap();
    let refused = guest.stat_at(own(folder), PathFlags::SYMLINK_FOLLOW, "out".to_owned()).await;
    assert_eq!(code(refused), ErrorCode::NotPermitted);
    // The link itself is inside, and so is the FIFO.
    for (path, kind) in [("out", DescriptorType::SymbolicLink), ("fifo", DescriptorType::Fifo)] {
        let stat = guest.stat_at(own(folder), PathFlags::empty(), path.to_owned()).await.unwrap();
        assert_eq!(stat.type_, kind, "{path}");
    }
    let absolute = guest.symlink_at(own(folder), "/etc".to_owned(), "link".to_owned()).await;
    assert_eq!(code(absolute), ErrorCode::NotPermitted);
    let long = guest.create_directory_at(own(folder), "a/".repeat(4000)).await;
    assert_eq!(code(long), ErrorCode::NameTooLong);
}

#[tokio::test]
async fn what_is_to_be_read_only_cannot_be_changed() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("file"), "text").unwrap();
    let (mut guest, folder) = opened(temp.path(), false);
    for (path, open, flags) in [
        ("file", OpenFlags::empty(), WRITE),
        ("file", OpenFlags::TRUNCATE, READ),
        ("new", OpenFlags::CREATE, READ),
        (".", OpenFlags::DIRECTORY, READ | DescriptorFlags::MUTATE_DIRECTORY),
    ] {
        assert_eq!(code(open_at(&mut guest, folder, path, open, flags).await), ErrorCode::NotPermitted, "{path}");
    }
    let file = open_at(&mut guest, folder, "file", OpenFlags::empty(), READ).await.unwrap().rep();
    let guest = guest.preview2().unwrap();
    let name = || "file".to_owned();
    let now = || NewTimestamp::Now;
    for refused in [
        guest.create_directory_at(own(folder), "new".to_owned()).await,
        guest.remove_directory_at(own(folder), name()).await,
        guest.unlink_file_at(own(folder), name()).await,
        guest.rename_at(own(folder), name(), own(folder), "new".to_owned()).await,
        guest.link_at(own(folder), PathFlags::empty(), name(), own(folder), "new".to_owned()).await,
        guest.symlink_at(own(folder), name(), "new".to_owned()).await,
        guest.set_times_at(own(folder), PathFlags::empty(), name(), now(), now()).await,
        guest.set_times(own(file), now(), now()).await,
        guest.set_size(own(file), 0).await,
    ] {
        assert_eq!(code(refused), ErrorCode::NotPermitted);
    }
    assert_eq!(code(HostDescriptor::write(guest, own(file), vec![0], 0).await), ErrorCode::BadDescriptor);
    assert_eq!(code(guest.write_via_stream(own(file), 0)), ErrorCode::BadDescriptor);
    assert_eq!(code(guest.append_via_stream(own(file))), ErrorCode::BadDescriptor);
    assert_eq!(guest.get_flags(own(file)).await.unwrap(), READ);
    assert_eq!(guest.get_flags(own(folder)).await.unwrap(), READ);
    assert_eq!(fs::read(temp.path().join("file")).unwrap(), b"text");
}

#[tokio::test]
async fn a_file_is_read_and_written_in_pieces_and_by_streams_that_outlive_its_descriptor() {
    let temp = tempfile::tempdir().unwrap();
    let (mut guest, folder) = opened(temp.path(), true);
    let file = open_at(&mut guest, folder, "file", OpenFlags::CREATE, READ | WRITE).await.unwrap().rep();
    let guest = guest.preview2().unwrap();
    let long = vec![7; STREAM_BYTES_MAX + 5];
    assert_eq!(HostDescriptor::write(guest, own(file), long.clone(), 3).await.unwrap(), STREAM_BYTES_MAX as u64);
    let (read, end) = HostDescriptor::read(guest, own(file), u64::MAX, 0).await.unwrap();
    assert_eq!((read.len(), &read[..4], end), (STREAM_BYTES_MAX, &[0, 0, 0, 7][..], false));
    assert_eq!(HostDescriptor::read(guest, own(file), 9, 1 << 40).await.unwrap(), (vec![], true));
    let appended = guest.append_via_stream(own(file)).unwrap().rep();
    let written = guest.write_via_stream(own(file), 1).unwrap().rep();
    let input = guest.read_via_stream(own(file), 0).unwrap().rep();
    HostDescriptor::drop(guest, own(file)).unwrap();
    for (stream, text) in [(appended, "end"), (written, "begin")] {
        let text = text.as_bytes().to_vec();
        guest.blocking_write_and_flush(Resource::new_own(stream), text).await.unwrap();
    }
    assert!(matches!(
        HostOutputStream::write(guest, Resource::new_own(written), long),
        Err(wasmtime_wasi::p2::StreamError::Trap(_))
    ));
    let mut found = Vec::new();
    while let Ok(bytes) = HostInputStream::blocking_read(guest, Resource::new_own(input), u64::MAX).await {
        assert!(!bytes.is_empty() && bytes.len() <= STREAM_BYTES_MAX);
        found.extend(bytes);
    }
    assert_eq!((found.len(), &found[..7]), (STREAM_BYTES_MAX + 6, &b"\0begin\x07"[..]));
    assert_eq!(&found[STREAM_BYTES_MAX + 3..], b"end");
}

#[tokio::test]
async fn so_many_files_are_open_and_a_stream_keeps_its_own() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("file"), "text").unwrap();
    let (mut guest, folder) = opened(temp.path(), false);
    // A place of the folder, and those of the standard streams.
    for _ in 4..OPEN_FILES_MAX - 1 {
        open_at(&mut guest, folder, "file", OpenFlags::empty(), READ).await.unwrap();
    }
    let last = open_at(&mut guest, folder, "file", OpenFlags::empty(), READ).await.unwrap().rep();
    let full = open_at(&mut guest, folder, "file", OpenFlags::empty(), READ).await;
    assert_eq!(code(full), ErrorCode::InsufficientMemory);
    let of = guest.preview2().unwrap();
    assert_eq!(code(of.read_directory(own(folder)).await), ErrorCode::InsufficientMemory);
    let stream = of.read_via_stream(own(last), 0).unwrap().rep();
    HostDescriptor::drop(of, own(last)).unwrap();
    assert!(of.read_directory(own(folder)).await.is_err());
    HostInputStream::drop(of, Resource::new_own(stream)).await.unwrap();
    let listing = of.read_directory(own(folder)).await.unwrap();
    HostDirectoryEntryStream::drop(of, listing).unwrap();
    assert!(open_at(&mut guest, folder, "file", OpenFlags::empty(), READ).await.is_ok());
}

#[tokio::test]
async fn a_folder_is_listed_entry_by_entry() {
    let temp = tempfile::tempdir().unwrap();
    let names: BTreeSet<String> = (0..3000).map(|number| format!("file{number}")).collect();
    names.iter().for_each(|name| drop(fs::File::create(temp.path().join(name)).unwrap()));
    let (mut guest, folder) = opened(temp.path(), false);
    let guest = guest.preview2().unwrap();
    let listing = guest.read_directory(own(folder)).await.unwrap().rep();
    HostDescriptor::drop(guest, own(folder)).unwrap();
    let mut found = BTreeSet::new();
    while let Some(entry) = guest.read_directory_entry(Resource::new_own(listing)).await.unwrap() {
        assert_eq!(entry.type_, DescriptorType::RegularFile);
        assert!(found.insert(entry.name));
    }
    assert_eq!(found, names);
}

#[tokio::test]
async fn the_error_of_a_stream_has_a_code() {
    let temp = tempfile::tempdir().unwrap();
    let (mut guest, folder) = opened(temp.path(), true);
    let file = open_at(&mut guest, folder, "file", OpenFlags::CREATE, WRITE).await.unwrap();
    let guest = guest.preview2().unwrap();
    // The place is one that no file has.
    let stream = guest.write_via_stream(file, i64::MAX as u64).unwrap().rep();
    let failed = guest.blocking_write_and_flush(Resource::new_own(stream), vec![1]).await.err().unwrap();
    let streams::StreamError::LastOperationFailed(error) = streams::Host::convert_stream_error(guest, failed).unwrap()
    else {
        panic!("it says why")
    };
    let told = guest.filesystem_error_code(error).unwrap().unwrap();
    assert!(matches!(told, ErrorCode::FileTooLarge | ErrorCode::Invalid), "{told}");
    assert!(matches!(guest.check_write(Resource::new_own(stream)), Err(wasmtime_wasi::p2::StreamError::Closed)));
}
