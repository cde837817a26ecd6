//! Pipes, two bytes wide: a writer against a reader, and both against the end.

use crate::actor::pipe::{Closed, pipe};
use crate::check;
use loom::future::block_on;
use loom::thread;

/// Claim: all that is written is read, in order and up to the end, also where the writer has to wait for room.
#[test]
fn no_byte_is_lost_and_no_end_waits_for_ever() {
    check(|| {
        let (writer, reader) = pipe();
        let writing = thread::spawn(move || block_on(writer.write_all(&[1, 2, 3])));
        let mut read = Vec::new();
        block_on(async {
            while let Some(bytes) = reader.read().await {
                read.extend_from_slice(&bytes);
            }
        });
        assert_eq!((writing.join().unwrap(), &read[..]), (Ok(()), &[1, 2, 3][..]), "bytes were lost");
    });
}

/// Claim: a writer whose reader goes ends, whether it waits or writes, and is not told that all was read.
#[test]
fn a_writer_ends_with_its_reader() {
    check(|| {
        let (writer, reader) = pipe();
        let writing = thread::spawn(move || block_on(writer.write_all(&[1, 2, 3, 4, 5])));
        let first = block_on(reader.read());
        drop(reader);
        assert_eq!(writing.join().unwrap(), Err(Closed), "it was told that all was read");
        assert!(first.is_some_and(|bytes| bytes.starts_with(&[1])));
    });
}

/// Claim: a read that waits ends when its own end is closed by another thread, as an app does by cancelling a stream.
#[test]
fn a_reader_ends_with_its_own_close() {
    check(|| {
        let (writer, reader) = pipe();
        let reader = std::sync::Arc::new(reader);
        let reading = thread::spawn({
            let reader = reader.clone();
            move || block_on(reader.read())
        });
        reader.close();
        assert_eq!(reading.join().unwrap(), None);
        assert_eq!(writer.try_write(&[1]), Err(Closed));
    });
}

/// Claim: a write that races with the end of the writing side is read in full or refused; the reader finds the end either way.
#[test]
fn a_write_beside_the_end_is_read_or_refused() {
    check(|| {
        let (writer, reader) = pipe();
        let writer = std::sync::Arc::new(writer);
        let closing = thread::spawn({
            let writer = writer.clone();
            move || writer.close()
        });
        let taken = writer.try_write(&[1]).is_ok();
        let mut read = 0;
        block_on(async {
            while let Some(bytes) = reader.read().await {
                read += bytes.len();
            }
        });
        closing.join().unwrap();
        assert_eq!(read, usize::from(taken), "what was taken was not read");
    });
}
