//! What preview 2 calls the errors of preview 1, which are the system's. It has fewer words.

use crate::actor::guest::wasi::errno::errno;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{FsError, FsResult, StreamError};

/// All others are `io`.
const CODES: [(Errno, ErrorCode); 39] = [
    (Errno::Acces, ErrorCode::Access),
    (Errno::Again, ErrorCode::WouldBlock),
    (Errno::Already, ErrorCode::Already),
    (Errno::Badf, ErrorCode::BadDescriptor),
    (Errno::Busy, ErrorCode::Busy),
    (Errno::Deadlk, ErrorCode::Deadlock),
    (Errno::Dquot, ErrorCode::Quota),
    (Errno::Exist, ErrorCode::Exist),
    (Errno::Fbig, ErrorCode::FileTooLarge),
    (Errno::Ilseq, ErrorCode::IllegalByteSequence),
    (Errno::Inprogress, ErrorCode::InProgress),
    (Errno::Intr, ErrorCode::Interrupted),
    (Errno::Inval, ErrorCode::Invalid),
    (Errno::Io, ErrorCode::Io),
    (Errno::Isdir, ErrorCode::IsDirectory),
    (Errno::Loop, ErrorCode::Loop),
    (Errno::Mfile, ErrorCode::InsufficientMemory),
    (Errno::Mlink, ErrorCode::TooManyLinks),
    (Errno::Msgsize, ErrorCode::MessageSize),
    (Errno::Nametoolong, ErrorCode::NameTooLong),
    (Errno::Nfile, ErrorCode::InsufficientMemory),
    (Errno::Nodev, ErrorCode::NoDevice),
    (Errno::Noent, ErrorCode::NoEntry),
    (Errno::Nolck, ErrorCode::NoLock),
    (Errno::Nomem, ErrorCode::InsufficientMemory),
    (Errno::Nospc, ErrorCode::InsufficientSpace),
    (Errno::Notdir, ErrorCode::NotDirectory),
    (Errno::Notempty, ErrorCode::NotEmpty),
    (Errno::Notrecoverable, ErrorCode::NotRecoverable),
    (Errno::Notsup, ErrorCode::Unsupported),
    (Errno::Notty, ErrorCode::NoTty),
    (Errno::Nxio, ErrorCode::NoSuchDevice),
    (Errno::Overflow, ErrorCode::Overflow),
    (Errno::Perm, ErrorCode::NotPermitted),
    (Errno::Pipe, ErrorCode::Pipe),
    (Errno::Rofs, ErrorCode::ReadOnly),
    (Errno::Spipe, ErrorCode::InvalidSeek),
    (Errno::Txtbsy, ErrorCode::TextFileBusy),
    (Errno::Xdev, ErrorCode::CrossDevice),
];

pub(super) fn code(errno: Errno) -> ErrorCode {
    CODES.iter().find(|(known, _)| *known == errno).map_or(ErrorCode::Io, |(_, code)| *code)
}

/// As the error of a call about files.
pub(super) fn failed(errno: Errno) -> FsError {
    code(errno).into()
}

/// What the system said of a call about files.
pub(super) fn answer<T>(said: rustix::io::Result<T>) -> FsResult<T> {
    said.map_err(|error| failed(errno(error)))
}

/// As the error of a stream, which `filesystem-error-code` can tell the code of.
pub(super) fn broken(errno: Errno) -> StreamError {
    StreamError::LastOperationFailed(wasmtime::Error::new(Broken(errno)))
}

/// Why something failed that was done to a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken(pub(super) Errno);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(code(self.0).message())
    }
}

impl std::error::Error for Broken {}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno as System;
    use std::collections::HashSet;

    #[test]
    fn each_error_has_one_code_and_what_has_none_is_io() {
        let errnos: HashSet<u16> = CODES.iter().map(|(errno, _)| u16::from(*errno)).collect();
        let codes: HashSet<u8> = CODES.iter().map(|(_, code)| *code as u8).collect();
        // All that there are; three mean that there is no room for more.
        assert_eq!((errnos.len(), codes.len()), (CODES.len(), ErrorCode::CrossDevice as usize + 1));
        for (system, expected) in [
            (System::ROFS, ErrorCode::ReadOnly),
            (System::NOTEMPTY, ErrorCode::NotEmpty),
            (System::PERM, ErrorCode::NotPermitted),
            (System::STALE, ErrorCode::Io),
        ] {
            assert_eq!(code(errno(system)), expected, "{system}");
        }
    }
}
