//! The standard streams: as much as there is room for, and waiting that a stop ends.

use super::*;
use crate::actor::cell::reason::StopReason;
use crate::actor::guest::ending::StoppedByHost;
use crate::actor::protocol::config::{Stdin, Stdout};
use crate::actor::protocol::pipe::{Available, pipe};
use crate::limits::{OUTPUT_BYTES_MAX, PIPE_BYTES, STREAM_BYTES_MAX};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::StreamError;
use wasmtime_wasi::p2::bindings::cli::{
    stderr::Host as _, stdin::Host as _, stdout::Host as _, terminal_stdout::Host as _,
};
use wasmtime_wasi::p2::bindings::io::poll::{self, HostPollable};
use wasmtime_wasi::p2::bindings::io::streams::{HostInputStream, HostOutputStream};

fn own<T: 'static>(rep: u32) -> Resource<T> {
    Resource::new_own(rep)
}

/// A subscription to what is not given up by it.
fn borrow<T: 'static>(rep: u32) -> Resource<T> {
    Resource::new_borrow(rep)
}

#[tokio::test]
async fn a_pipe_takes_what_it_has_room_for_and_tells_when_there_is_more() {
    let (writer, reader) = pipe();
    let mut guest = wasi(WasiConfig { stdout: Stdout::Pipe(Arc::new(writer)), ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let stdout = guest.get_stdout().unwrap().rep();
    let ready = HostOutputStream::subscribe(guest, borrow(stdout)).unwrap().rep();
    assert!(HostPollable::ready(guest, borrow(ready)).await.unwrap());
    assert_eq!(guest.check_write(borrow(stdout)).unwrap(), PIPE_BYTES.min(STREAM_BYTES_MAX) as u64);
    HostOutputStream::write(guest, borrow(stdout), vec![1; PIPE_BYTES]).unwrap();
    assert_eq!(guest.check_write(borrow(stdout)).unwrap(), 0);
    assert!(!HostPollable::ready(guest, borrow(ready)).await.unwrap());
    // Though there is no room, all is where it belongs.
    guest.blocking_flush(borrow(stdout)).await.unwrap();
    assert!(matches!(HostOutputStream::write(guest, borrow(stdout), vec![1]), Err(StreamError::Trap(_))));
    assert!(matches!(reader.try_read(10), Available::Bytes(_)));
    assert!(HostPollable::ready(guest, borrow(ready)).await.unwrap());
    assert_eq!(guest.check_write(borrow(stdout)).unwrap(), 10);
    assert!(matches!(HostOutputStream::write(guest, borrow(stdout), vec![1; 11]), Err(StreamError::Trap(_))));
    HostOutputStream::write(guest, borrow(stdout), vec![1; 10]).unwrap();
    let blocked = guest.blocking_write_and_flush(borrow(stdout), vec![2; 4096]);
    let read = async {
        let mut read = 0;
        while read < PIPE_BYTES + 4096 {
            reader.ready().await;
            if let Available::Bytes(bytes) = reader.try_read(1000) {
                read += bytes.len();
            }
        }
    };
    tokio::join!(async { blocked.await.unwrap() }, read);
    reader.close();
    // The first hears why, and then that it is closed.
    let failed = guest.blocking_write_and_flush(borrow(stdout), vec![1]).await;
    assert!(matches!(failed, Err(StreamError::LastOperationFailed(_))), "{failed:?}");
    assert!(matches!(guest.check_write(borrow(stdout)), Err(StreamError::Closed)));
    assert!(HostPollable::ready(guest, borrow(ready)).await.unwrap());
}

#[tokio::test]
async fn several_streams_to_one_output_write_what_each_was_permitted() {
    let (writer, reader) = pipe();
    let mut guest = wasi(WasiConfig { stderr: Stdout::Pipe(Arc::new(writer)), ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let streams: Vec<u32> = (0..9).map(|_| guest.get_stderr().unwrap().rep()).collect();
    for stream in &streams {
        assert_eq!(guest.check_write(borrow(*stream)).unwrap(), STREAM_BYTES_MAX as u64);
    }
    let kept = 1 + OUTPUT_BYTES_MAX / STREAM_BYTES_MAX;
    for (number, stream) in streams[..kept].iter().enumerate() {
        HostOutputStream::write(guest, borrow(*stream), vec![number as u8; STREAM_BYTES_MAX]).unwrap();
    }
    // More is not kept.
    let more = HostOutputStream::write(guest, borrow(streams[kept]), vec![0; STREAM_BYTES_MAX]);
    assert!(matches!(more, Err(StreamError::Trap(_))));
    assert_eq!(guest.check_write(borrow(streams[0])).unwrap(), 0);
    let (mut read, all) = (Vec::new(), kept * STREAM_BYTES_MAX);
    let reading = async {
        while read.len() < all {
            reader.ready().await;
            if let Available::Bytes(bytes) = reader.try_read(usize::MAX) {
                read.extend_from_slice(&bytes);
            }
        }
    };
    tokio::join!(async { guest.blocking_flush(borrow(streams[0])).await.unwrap() }, reading);
    let expected: Vec<u8> = (0..kept).flat_map(|number| vec![number as u8; STREAM_BYTES_MAX]).collect();
    assert!(read == expected, "nothing is left out, and all in its order");
}

#[tokio::test]
async fn what_is_inherited_takes_one_chunk_after_another() {
    let mut guest = wasi(WasiConfig { stderr: Stdout::Inherit, ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let stderr = guest.get_stderr().unwrap().rep();
    let ready = HostOutputStream::subscribe(guest, borrow(stderr)).unwrap().rep();
    let line = b"a line of a component's\n";
    for _ in 0..3 {
        HostPollable::block(guest, borrow(ready)).await.unwrap();
        assert!(guest.check_write(borrow(stderr)).unwrap() > 0);
        HostOutputStream::write(guest, borrow(stderr), line.repeat(400)).unwrap();
    }
    guest.blocking_write_and_flush(borrow(stderr), line.to_vec()).await.unwrap();
    assert!(!guest.stderr.is_terminal() || guest.get_terminal_stdout().unwrap().is_none());
    HostOutputStream::write(guest, borrow(stderr), line.repeat(400)).unwrap();
    guest.settled().await;
    assert!(HostPollable::ready(guest, borrow(ready)).await.unwrap());
}

#[tokio::test]
async fn an_input_is_read_by_all_its_streams_together() {
    let (writer, reader) = pipe();
    let mut guest = wasi(WasiConfig { stdin: Stdin::Pipe(Arc::new(reader)), ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let streams = [guest.get_stdin().unwrap().rep(), guest.get_stdin().unwrap().rep()];
    let ready = streams.map(|stream| HostInputStream::subscribe(guest, borrow(stream)).unwrap().rep());
    assert!(HostInputStream::read(guest, borrow(streams[0]), 5).unwrap().is_empty());
    assert!(!HostPollable::ready(guest, borrow(ready[1])).await.unwrap());
    writer.try_write(b"abcdef").unwrap();
    let pollables = ready.map(borrow).into_iter().collect();
    assert_eq!(poll::Host::poll(guest, pollables).await.unwrap(), [0, 1]);
    assert_eq!(guest.blocking_read(borrow(streams[0]), 2).await.unwrap(), b"ab");
    assert_eq!(guest.blocking_skip(borrow(streams[1]), 1).await.unwrap(), 1);
    assert_eq!(HostInputStream::read(guest, borrow(streams[1]), u64::MAX).unwrap(), b"def");
    writer.close();
    for stream in streams {
        assert!(matches!(guest.blocking_read(borrow(stream), 1).await, Err(StreamError::Closed)));
    }
}

#[tokio::test]
async fn what_is_read_can_be_spliced_into_an_output() {
    let (writer, reader) = pipe();
    let stdin = Stdin::Bytes(vec![3; 100_000]);
    let mut guest = wasi(WasiConfig { stdin, stdout: Stdout::Pipe(Arc::new(writer)), ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let (from, to) = (guest.get_stdin().unwrap().rep(), guest.get_stdout().unwrap().rep());
    let moved = guest.splice(borrow(to), borrow(from), u64::MAX).unwrap();
    assert_eq!(moved, PIPE_BYTES.min(STREAM_BYTES_MAX) as u64);
    assert_eq!(guest.splice(borrow(to), borrow(from), u64::MAX).unwrap(), 0);
    assert!(matches!(reader.try_read(usize::MAX), Available::Bytes(bytes) if bytes.len() as u64 == moved));
    assert_eq!(guest.blocking_splice(borrow(to), borrow(from), u64::MAX).await.unwrap(), 100_000 - moved);
    assert!(matches!(guest.blocking_splice(borrow(to), borrow(from), 1).await, Err(StreamError::Closed)));
}

#[tokio::test]
async fn a_stop_ends_what_waits() {
    let (_writer, reader) = pipe();
    let (full, _reader) = pipe();
    full.try_write(&[0; PIPE_BYTES]).unwrap();
    let (stdin, stdout) = (Stdin::Pipe(Arc::new(reader)), Stdout::Pipe(Arc::new(full)));
    let mut guest = wasi(WasiConfig { stdin, stdout, ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    let actor = guest.actor.clone();
    let (from, to) = (guest.get_stdin().unwrap().rep(), guest.get_stdout().unwrap().rep());
    let ready = HostInputStream::subscribe(guest, borrow(from)).unwrap().rep();
    let is_stopped = |error: &wasmtime::Error| error.downcast_ref::<StoppedByHost>().is_some();
    {
        // It has begun to wait when the stop comes.
        let mut wait = std::pin::pin!(poll::Host::poll(guest, vec![own(ready)]));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(wait.as_mut().poll(cx).is_pending())).await);
        actor.control.stop(StopReason::Dropped);
        assert!(is_stopped(&wait.await.unwrap_err()));
    }
    let ends = |error: StreamError| matches!(error, StreamError::Trap(error) if is_stopped(&error));
    assert!(ends(guest.blocking_read(borrow(from), 1).await.unwrap_err()));
    assert!(ends(guest.blocking_write_and_flush(borrow(to), vec![1]).await.unwrap_err()));
    assert!(ends(guest.check_write(borrow(to)).unwrap_err()));
    assert!(is_stopped(&HostPollable::block(guest, borrow(ready)).await.unwrap_err()));
}
