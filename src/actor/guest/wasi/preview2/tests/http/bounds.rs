//! How long, how large and how many.

use super::*;
use crate::limits::{
    HTTP_FIELDS_BYTES_MAX, HTTP_HEADERS_MAX, HTTP_REQUESTS_MAX, HTTP_RESOURCES_MAX, HTTP_RESPONSE_BYTES_MAX,
    HTTP_TEXT_BYTES_MAX,
};
use std::time::Instant;

const SOON: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_head_has_so_many_headers_and_bytes() {
    let head = |headers: String| Server::saying(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok"));
    let many = |count: usize| (0..count).map(|number| format!("h{number}: x\r\n")).collect::<String>();
    let long = |length: usize| format!("long: {}\r\n", "x".repeat(length));
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    for fits in [many(HTTP_HEADERS_MAX - 1), long(HTTP_RESPONSE_BYTES_MAX / 2)] {
        let response = asked(guest, &head(fits).authority(), "/").await.unwrap();
        assert_eq!(read(guest, response).await.unwrap(), b"ok");
    }
    for (what, too_large) in [many(HTTP_HEADERS_MAX), long(HTTP_RESPONSE_BYTES_MAX)].into_iter().enumerate() {
        let failure = asked(guest, &head(too_large).authority(), "/").await.unwrap_err();
        assert!(matches!(failure, ErrorCode::HttpResponseHeaderSectionSize(_)), "{what} {failure:?}");
    }
}

#[tokio::test]
async fn what_a_component_makes_is_bounded() {
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let list = |count: usize| (0..count).map(|number| (format!("h{number}"), b"x".to_vec())).collect::<Vec<_>>();
    // With that of the host, one too many.
    let fields = guest.from_list(list(HTTP_HEADERS_MAX)).unwrap();
    let request = HostOutgoingRequest::new(guest, fields).unwrap();
    guest.set_authority(borrow(&request), Some("127.0.0.1:1".to_owned())).unwrap().unwrap();
    let refused = refused(guest.handle(request, None));
    assert!(matches!(refused, ErrorCode::HttpRequestHeaderSectionSize(_)), "{refused:?}");
    let fields = HostFields::new(guest).unwrap();
    assert!(HostFields::append(guest, borrow(&fields), "h".into(), vec![b'x'; HTTP_FIELDS_BYTES_MAX]).is_err());
    let request = HostOutgoingRequest::new(guest, fields).unwrap();
    let long = "x".repeat(HTTP_TEXT_BYTES_MAX);
    assert!(guest.set_authority(borrow(&request), Some(long.clone())).unwrap().is_ok());
    assert!(guest.set_authority(borrow(&request), Some(format!("{long}x"))).unwrap().is_err());
    assert!(guest.set_path_with_query(borrow(&request), Some(format!("/{long}"))).unwrap().is_err());
    let method = wasmtime_wasi_http::p2::bindings::http::types::Method::Other(format!("{long}X"));
    assert!(guest.set_method(borrow(&request), method).unwrap().is_err());
    // What has been given up makes room, however often.
    for _ in 0..3 * HTTP_RESOURCES_MAX {
        let fields = HostFields::new(guest).unwrap();
        HostFields::drop(guest, fields).unwrap();
    }
    let held: Vec<_> = (1..HTTP_RESOURCES_MAX).map(|_| HostFields::new(guest).unwrap()).collect();
    assert!(HostFields::new(guest).unwrap_err().to_string().contains("which are the most"));
    assert!(guest.from_list(Vec::new()).is_err() && HostOutgoingRequest::headers(guest, borrow(&request)).is_err());
    for fields in held {
        HostFields::drop(guest, fields).unwrap();
    }
    HostFields::new(guest).unwrap();
}

#[tokio::test]
async fn a_slow_server_is_waited_for_as_long_as_the_request_wants() {
    let stalled = Server::new(|_, stream| held(stream));
    let half = Server::new(|_, mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nha").unwrap();
        held(stream);
    });
    let cut = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nha");
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let begun = Instant::now();
    let waiting = request(guest, &stalled.authority(), "/");
    let soon = options(guest, SOON);
    let options_number = soon.rep();
    let pending = guest.handle(waiting, Some(soon)).unwrap();
    let failure = response(guest, pending).await.unwrap_err();
    assert!(matches!(failure, ErrorCode::ConnectionReadTimeout), "{failure:?}");
    assert!(begun.elapsed() >= SOON);
    assert!(guest.table.get(&Resource::<RequestOptions>::new_borrow(options_number)).is_err(), "given up with it");
    let waiting = request(guest, &half.authority(), "/");
    let soon = options(guest, SOON);
    let pending = guest.handle(waiting, Some(soon)).unwrap();
    let begun_late = response(guest, pending).await.unwrap();
    let failure = read(guest, begun_late).await.unwrap_err();
    assert!(matches!(failure, ErrorCode::ConnectionReadTimeout), "{failure:?}");
    let response = asked(guest, &cut.authority(), "/").await.unwrap();
    let failure = read(guest, response).await.unwrap_err();
    assert!(matches!(failure, ErrorCode::HttpResponseIncomplete), "{failure:?}");
}

#[tokio::test]
async fn so_many_requests_are_under_way_and_the_others_wait_for_their_turn() {
    let stalled = Server::new(|_, stream| held(stream));
    let ready = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let mut guest = granted(|_| true);
    let guest = guest.preview2().unwrap();
    let mut under_way: Vec<_> =
        (0..HTTP_REQUESTS_MAX).map(|_| sent(guest, &stalled.authority(), "/").unwrap()).collect();
    while stalled.connections() < HTTP_REQUESTS_MAX {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let waiting = request(guest, &ready.authority(), "/");
    let soon = options(guest, SOON);
    let pending = guest.handle(waiting, Some(soon)).unwrap();
    let failure = response(guest, pending).await.unwrap_err();
    assert!(matches!(failure, ErrorCode::ConnectionLimitReached), "{failure:?}");
    assert_eq!(ready.connections(), 0);
    let pending = sent(guest, &ready.authority(), "/").unwrap();
    HostFutureIncomingResponse::drop(guest, under_way.pop().unwrap()).unwrap();
    // A turn lasts until the body has been read.
    let first = response(guest, pending).await.unwrap();
    let pending = sent(guest, &ready.authority(), "/").unwrap();
    tokio::time::sleep(SOON).await;
    assert_eq!(ready.connections(), 1);
    assert_eq!(read(guest, first).await.unwrap(), b"ok");
    let second = response(guest, pending).await.unwrap();
    assert_eq!(read(guest, second).await.unwrap(), b"ok");
}
