//! WASI's numbers for what the system says.

use rustix::io::Errno as System;
use wasmtime_wasi::p1::types::{Errno, Error};

/// The errors of calls that guests can make the system refuse. All others are `io`.
const NUMBERS: [(System, Errno); 50] = [
    (System::TOOBIG, Errno::TooBig),
    (System::ACCESS, Errno::Acces),
    (System::AGAIN, Errno::Again),
    (System::ALREADY, Errno::Already),
    (System::BADF, Errno::Badf),
    (System::BADMSG, Errno::Badmsg),
    (System::BUSY, Errno::Busy),
    (System::CANCELED, Errno::Canceled),
    (System::CONNABORTED, Errno::Connaborted),
    (System::CONNREFUSED, Errno::Connrefused),
    (System::CONNRESET, Errno::Connreset),
    (System::DEADLK, Errno::Deadlk),
    (System::DQUOT, Errno::Dquot),
    (System::EXIST, Errno::Exist),
    (System::FBIG, Errno::Fbig),
    (System::HOSTUNREACH, Errno::Hostunreach),
    (System::ILSEQ, Errno::Ilseq),
    (System::INPROGRESS, Errno::Inprogress),
    (System::INTR, Errno::Intr),
    (System::INVAL, Errno::Inval),
    (System::ISDIR, Errno::Isdir),
    (System::LOOP, Errno::Loop),
    (System::MFILE, Errno::Mfile),
    (System::MLINK, Errno::Mlink),
    (System::NAMETOOLONG, Errno::Nametoolong),
    (System::NFILE, Errno::Nfile),
    (System::NOBUFS, Errno::Nobufs),
    (System::NODEV, Errno::Nodev),
    (System::NOENT, Errno::Noent),
    (System::NOLCK, Errno::Nolck),
    (System::NOLINK, Errno::Nolink),
    (System::NOMEM, Errno::Nomem),
    (System::NOSPC, Errno::Nospc),
    (System::NOSYS, Errno::Nosys),
    (System::NOTCONN, Errno::Notconn),
    (System::NOTDIR, Errno::Notdir),
    (System::NOTEMPTY, Errno::Notempty),
    (System::NOTSUP, Errno::Notsup),
    (System::NOTTY, Errno::Notty),
    (System::NXIO, Errno::Nxio),
    (System::OVERFLOW, Errno::Overflow),
    (System::PERM, Errno::Perm),
    (System::PIPE, Errno::Pipe),
    (System::RANGE, Errno::Range),
    (System::ROFS, Errno::Rofs),
    (System::SPIPE, Errno::Spipe),
    (System::STALE, Errno::Stale),
    (System::TIMEDOUT, Errno::Timedout),
    (System::TXTBSY, Errno::Txtbsy),
    (System::XDEV, Errno::Xdev),
];

pub(super) fn errno(error: System) -> Errno {
    NUMBERS.iter().find(|(system, _)| *system == error).map_or(Errno::Io, |(_, errno)| *errno)
}

/// As the error of a call.
pub(super) fn failed(error: System) -> Error {
    errno(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_error_has_its_own_number_and_what_has_none_is_io() {
        let system: HashSet<i32> = NUMBERS.iter().map(|(system, _)| system.raw_os_error()).collect();
        let wasi: HashSet<u16> = NUMBERS.iter().map(|(_, errno)| u16::from(*errno)).collect();
        assert_eq!((system.len(), wasi.len()), (NUMBERS.len(), NUMBERS.len()));
        let known = [
            (System::NOSPC, 51),
            (System::DQUOT, 19),
            (System::FBIG, 22),
            (System::IO, 29),
            (System::PIPE, 64),
            (System::XDEV, 75),
            (System::ROFS, 69),
            (System::TXTBSY, 74),
            (System::STALE, 72),
            (System::MEDIUMTYPE, 29),
        ];
        for (system, number) in known {
            assert_eq!(u16::from(errno(system)), number, "{system}");
        }
    }
}
