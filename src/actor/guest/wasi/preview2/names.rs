//! What components call kinds, times and ways to open, for what preview 1 and the system call them.

use crate::actor::guest::wasi::listing::shown_inode;
use crate::actor::guest::wasi::open::How;
use rustix::fs::{FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use wasmtime_wasi::p1::types::{self as preview1, Errno, Fdflags, Oflags, Rights};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};

/// What the second half of a hash differs by from the first.
const HASH_MASK: u64 = 0x4009_21fb_5444_2d18;

pub(super) fn kind(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        _ => DescriptorType::Unknown,
    }
}

// Numbers of links have fewer bits on some machines.
#[allow(clippy::useless_conversion)]
pub(super) fn stat(stat: &Stat) -> DescriptorStat {
    DescriptorStat {
        type_: kind(FileType::from_raw_mode(stat.st_mode)),
        link_count: stat.st_nlink.into(),
        size: stat.st_size as u64,
        data_access_timestamp: time(stat.st_atime, stat.st_atime_nsec),
        data_modification_timestamp: time(stat.st_mtime, stat.st_mtime_nsec),
        status_change_timestamp: time(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// What lies before 1970 has no number.
fn time(seconds: i64, nanoseconds: u64) -> Option<Datetime> {
    let seconds = u64::try_from(seconds).ok()?;
    Some(Datetime { seconds, nanoseconds: nanoseconds as u32 })
}

/// As the inode that preview 1 shows: it tells files apart, and nothing else of them.
pub(super) fn hash(stat: &Stat) -> MetadataHashValue {
    let lower = shown_inode(stat.st_dev, stat.st_ino);
    MetadataHashValue { lower, upper: lower ^ HASH_MASK }
}

/// The times to set.
pub(super) fn timestamps(access: NewTimestamp, modification: NewTimestamp) -> Result<Timestamps, Errno> {
    Ok(Timestamps { last_access: timestamp(access)?, last_modification: timestamp(modification)? })
}

fn timestamp(time: NewTimestamp) -> Result<Timespec, Errno> {
    match time {
        NewTimestamp::NoChange => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
        NewTimestamp::Now => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        NewTimestamp::Timestamp(Datetime { seconds, nanoseconds }) => {
            let tv_sec = i64::try_from(seconds).map_err(|_| Errno::Overflow)?;
            // Some numbers from here on have meanings of their own.
            if nanoseconds >= 1_000_000_000 {
                return Err(Errno::Inval);
            }
            Ok(Timespec { tv_sec, tv_nsec: nanoseconds.into() })
        }
    }
}

pub(super) fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

/// How to open something.
pub(super) fn how(path: PathFlags, open: OpenFlags, descriptor: DescriptorFlags) -> How {
    let mut oflags = Oflags::empty();
    oflags.set(Oflags::CREAT, open.contains(OpenFlags::CREATE));
    oflags.set(Oflags::DIRECTORY, open.contains(OpenFlags::DIRECTORY));
    oflags.set(Oflags::EXCL, open.contains(OpenFlags::EXCLUSIVE));
    oflags.set(Oflags::TRUNC, open.contains(OpenFlags::TRUNCATE));
    let mut rights = Rights::empty();
    rights.set(Rights::FD_READ, descriptor.contains(DescriptorFlags::READ));
    rights.set(Rights::FD_WRITE, descriptor.contains(DescriptorFlags::WRITE));
    let mut flags = Fdflags::empty();
    flags.set(Fdflags::SYNC, descriptor.contains(DescriptorFlags::FILE_INTEGRITY_SYNC));
    flags.set(Fdflags::DSYNC, descriptor.contains(DescriptorFlags::DATA_INTEGRITY_SYNC));
    flags.set(Fdflags::RSYNC, descriptor.contains(DescriptorFlags::REQUESTED_WRITE_SYNC));
    How { follow: follows(path), oflags, rights, flags }
}

/// How it was opened.
pub(super) fn flags(flags: Fdflags) -> DescriptorFlags {
    let mut told = DescriptorFlags::empty();
    told |= if flags.contains(Fdflags::SYNC) { DescriptorFlags::FILE_INTEGRITY_SYNC } else { DescriptorFlags::empty() };
    told |=
        if flags.contains(Fdflags::DSYNC) { DescriptorFlags::DATA_INTEGRITY_SYNC } else { DescriptorFlags::empty() };
    told |=
        if flags.contains(Fdflags::RSYNC) { DescriptorFlags::REQUESTED_WRITE_SYNC } else { DescriptorFlags::empty() };
    told
}

pub(super) fn advice(advice: Advice) -> preview1::Advice {
    match advice {
        Advice::Normal => preview1::Advice::Normal,
        Advice::Sequential => preview1::Advice::Sequential,
        Advice::Random => preview1::Advice::Random,
        Advice::WillNeed => preview1::Advice::Willneed,
        Advice::DontNeed => preview1::Advice::Dontneed,
        Advice::NoReuse => preview1::Advice::Noreuse,
    }
}
