//! What is sent and what is not; bodies; and the end.

use super::*;
use crate::actor::cell::reason::StopReason;
use std::sync::mpsc;
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingBody, Method};

const EMPTY: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[tokio::test]
async fn without_a_grant_each_request_is_refused() {
    let server = Server::saying(EMPTY);
    let mut guest = wasi(WasiConfig::default());
    let guest = guest.preview2().unwrap();
    assert!(matches!(refused(sent(guest, &server.authority(), "/")), ErrorCode::HttpRequestDenied));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_is_sent_is_what_was_judged() {
    let (heads, seen) = mpsc::channel();
    let server = Server::new(move |head, mut stream| {
        heads.send(head.to_owned()).unwrap();
        stream.write_all(EMPTY.as_bytes()).unwrap();
    });
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let port = server.address.port();
    for (authority, path, line) in [
        ("127.0.0.1", "/a?b=/denied", "GET /a?b=/denied HTTP/1.1"),
        ("127.0.0.1", "/denied/../b/%2e%2E/c", "GET /c HTTP/1.1"),
        ("127.0.0.1", "", "GET / HTTP/1.1"),
        ("127.0.0.1", "?q", "GET /?q HTTP/1.1"),
        ("0x7f.1", "/", "GET / HTTP/1.1"),
    ] {
        let response = asked(guest, &format!("{authority}:{port}"), path).await.unwrap();
        assert_eq!(HostIncomingResponse::status(guest, borrow(&response)).unwrap(), 204);
        let head = seen.recv().unwrap();
        assert_eq!(head.lines().next().unwrap(), line);
        // One host, and that of the URL.
        assert!(head.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{head}");
        assert_eq!(head.to_lowercase().matches("\nhost:").count(), 1, "{head}");
    }
    let connections = server.connections();
    for path in ["/denied/x", "/a/../denied", "/a/%2e%2e/denied", "/./denied"] {
        let denied = refused(sent(guest, &server.authority(), path));
        assert!(matches!(denied, ErrorCode::HttpRequestDenied), "{path} {denied:?}");
    }
    let denied = refused(sent(guest, &format!("user:word@{}", server.address), "/"));
    assert!(matches!(denied, ErrorCode::HttpRequestDenied), "{denied:?}");
    let request = request(guest, &server.authority(), "/");
    guest.set_method(borrow(&request), Method::Connect).unwrap().unwrap();
    assert!(matches!(refused(guest.handle(request, None)), ErrorCode::HttpRequestMethodInvalid));
    assert_eq!(server.connections(), connections);
}

#[tokio::test]
async fn a_redirect_is_the_components_to_follow_and_judged_again() {
    let server = Server::saying("HTTP/1.1 302 Found\r\nlocation: /denied\r\ncontent-length: 0\r\n\r\n");
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let response = asked(guest, &server.authority(), "/").await.unwrap();
    assert_eq!(HostIncomingResponse::status(guest, borrow(&response)).unwrap(), 302);
    let location = header(guest, &response, "location");
    assert!(matches!(refused(sent(guest, &server.authority(), &location)), ErrorCode::HttpRequestDenied));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_name_is_judged_by_the_addresses_that_it_has() {
    let server = Server::saying(EMPTY);
    let name = format!("localhost:{}", server.address.port());
    let mut guest = granted(|address| !address.is_loopback());
    let guest = guest.preview2().unwrap();
    for authority in [&name, &server.authority()] {
        let failure = asked(guest, authority, "/").await.unwrap_err();
        assert!(matches!(failure, ErrorCode::DestinationIpProhibited), "{authority} {failure:?}");
    }
    assert_eq!(server.connections(), 0);
    // Of several that it has, those that are granted are tried.
    let mut guest = granted(|address| address.is_ipv4());
    asked(guest.preview2().unwrap(), &name, "/").await.unwrap();
    let failure = asked(guest.preview2().unwrap(), "no-such-name.invalid", "/").await.unwrap_err();
    assert!(matches!(failure, ErrorCode::DnsError(_)), "{failure:?}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let failure = asked(guest.preview2().unwrap(), &nobody, "/").await.unwrap_err();
    assert!(matches!(failure, ErrorCode::ConnectionRefused), "{failure:?}");
}

#[tokio::test]
async fn bodies_stream_both_ways_and_wait_for_each_other() {
    const BYTES: usize = 20 << 20;
    let (go_on, told) = mpsc::channel();
    let told = parking_lot::Mutex::new(told);
    // Gives back what it gets, a piece at a time, once it is told to.
    let server = Server::new(move |_, mut stream| {
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {BYTES}\r\n\r\n").as_bytes()).unwrap();
        told.lock().recv().unwrap();
        let (mut buffer, mut left) = (vec![0; 64 * 1024], BYTES);
        while left > 0 {
            let count = stream.read(&mut buffer).unwrap();
            stream.write_all(&buffer[..count]).unwrap();
            left -= count;
        }
    });
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let request = request(guest, &server.authority(), "/");
    let fields = HostFields::new(guest).unwrap();
    HostFields::append(guest, borrow(&fields), "content-length".into(), BYTES.to_string().into()).unwrap();
    let with_length = HostOutgoingRequest::new(guest, fields).unwrap();
    HostOutgoingRequest::drop(guest, request).unwrap();
    HostOutgoingRequest::set_scheme(guest, borrow(&with_length), Some(Scheme::Http)).unwrap().unwrap();
    guest.set_authority(borrow(&with_length), Some(server.authority())).unwrap().unwrap();
    guest.set_method(borrow(&with_length), Method::Post).unwrap().unwrap();
    let body = HostOutgoingRequest::body(guest, borrow(&with_length)).unwrap().unwrap();
    let upload = HostOutgoingBody::write(guest, borrow(&body)).unwrap().unwrap();
    // What has not been sent yet takes what is kept, and a flush takes none of it.
    for _ in 0..10 {
        guest.blocking_flush(borrow(&upload)).await.unwrap();
    }
    let pending = guest.handle(with_length, None).unwrap();
    let response = response(guest, pending).await.unwrap();
    let incoming = HostIncomingResponse::consume(guest, borrow(&response)).unwrap().unwrap();
    let download = HostIncomingBody::stream(guest, borrow(&incoming)).unwrap().unwrap();
    let piece: Vec<u8> = (0..251).cycle().take(16 * 1024).collect();
    let (mut written, mut read, mut told) = (0, Vec::new(), false);
    while read.len() < BYTES {
        let room = if written < BYTES { guest.check_write(borrow(&upload)).unwrap() as usize } else { 0 };
        let length = room.min(BYTES - written).min(piece.len());
        if length > 0 {
            HostOutputStream::write(guest, borrow(&upload), piece[..length].to_vec()).unwrap();
            written += length;
        } else if !told {
            // Nobody reads: what is under way is what the system keeps. Not all of it is.
            tokio::time::sleep(Duration::from_millis(100)).await;
            if guest.check_write(borrow(&upload)).unwrap() == 0 {
                assert!(written < BYTES, "all was taken though nobody reads");
                go_on.send(()).unwrap();
                told = true;
            }
        }
        read.extend(HostInputStream::read(guest, borrow(&download), 100_000).unwrap());
        tokio::task::yield_now().await;
    }
    assert!(read.chunks(piece.len()).all(|chunk| chunk == &piece[..chunk.len()]) && read.len() == BYTES && told);
    HostOutputStream::drop(guest, upload).await.unwrap();
    HostOutgoingBody::finish(guest, body, None).unwrap();
    let ended = HostInputStream::blocking_read(guest, borrow(&download), 1).await;
    assert!(matches!(ended, Err(StreamError::Closed)), "{ended:?}");
}

#[tokio::test]
async fn a_stop_ends_what_waits_and_the_end_of_the_guest_what_is_under_way() {
    let (gone, heard) = mpsc::channel();
    let server = Server::new(move |_, mut stream| {
        // Nothing is answered. The end of the connection comes by nobody but the other side.
        let _ = gone.send(stream.read(&mut [0; 1]));
    });
    let mut guest = granted(|_| true);
    let wasi = guest.preview2().unwrap();
    let pending = sent(wasi, &server.authority(), "/").unwrap();
    let ready = HostFutureIncomingResponse::subscribe(wasi, borrow(&pending)).unwrap();
    let actor = wasi.actor.clone();
    {
        // It has begun to wait when the stop comes.
        let mut wait = std::pin::pin!(wasi.block(borrow(&ready)));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(wait.as_mut().poll(cx).is_pending())).await);
        while server.connections() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        actor.control.stop(StopReason::Dropped);
        assert!(wait.await.is_err());
    }
    assert!(heard.try_recv().is_err());
    drop(guest);
    // The task ends on this very thread.
    while heard.try_recv().is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
