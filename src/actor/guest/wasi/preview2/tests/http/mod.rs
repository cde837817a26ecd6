//! Requests of a component, by the interfaces, to servers of this process.

mod bounds;
mod requests;

use super::*;
use crate::actor::protocol::http::HttpGrant;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use url::Url;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::StreamError;
use wasmtime_wasi::p2::bindings::io::poll::HostPollable;
use wasmtime_wasi::p2::bindings::io::streams::{HostInputStream, HostOutputStream};
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HostFields, HostFutureIncomingResponse, HostIncomingBody, HostIncomingResponse, HostOutgoingRequest,
    Scheme,
};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse as Pending, HostIncomingResponse as Response, HostOutgoingRequest as Request,
};
use wasmtime_wasi_http::{FieldMap, RequestOptions};

fn borrow<T: 'static>(of: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(of.rep())
}

/// Grants each path that does not begin with `/denied`, at the addresses that are said.
#[derive(Debug)]
struct Granted(fn(IpAddr) -> bool);

impl HttpGrant for Granted {
    fn allows(&self, url: &str) -> bool {
        let url = Url::parse(url).unwrap();
        !url.path().starts_with("/denied") && url.username().is_empty()
    }

    fn reaches(&self, _: &str, address: IpAddr) -> bool {
        (self.0)(address)
    }
}

fn granted(addresses: fn(IpAddr) -> bool) -> WasiGuest {
    wasi(WasiConfig { http: Some(Arc::new(Granted(addresses))), ..WasiConfig::default() })
}

/// A server, and how many connections it has had. Each is handed to what answers it, with the head of its request.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(&str, TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let (counted, answer) = (connections.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let (mut stream, answer) = (stream.unwrap(), answer.clone());
                thread::spawn(move || answer(&head(&mut stream), stream));
            }
        });
        Server { address, connections }
    }

    /// One that says this to everybody.
    fn saying(text: impl Into<String>) -> Server {
        let text = text.into();
        Server::new(move |_, mut stream| stream.write_all(text.as_bytes()).unwrap_or_default())
    }

    fn authority(&self) -> String {
        self.address.to_string()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Up to the empty line.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A request that has not been sent.
fn request(guest: &mut Preview2, authority: &str, path: &str) -> Resource<Request> {
    let fields = HostFields::new(guest).unwrap();
    let request = HostOutgoingRequest::new(guest, fields).unwrap();
    HostOutgoingRequest::set_scheme(guest, borrow(&request), Some(Scheme::Http)).unwrap().unwrap();
    guest.set_authority(borrow(&request), Some(authority.to_owned())).unwrap().unwrap();
    guest.set_path_with_query(borrow(&request), Some(path.to_owned())).unwrap().unwrap();
    request
}

fn sent(guest: &mut Preview2, authority: &str, path: &str) -> HttpResult<Resource<Pending>> {
    let request = request(guest, authority, path);
    guest.handle(request, None)
}

/// The code with which a request is not even sent.
fn refused(result: HttpResult<Resource<Pending>>) -> ErrorCode {
    result.map(|_| ()).unwrap_err().downcast().unwrap()
}

/// Waits for the head of a response.
async fn response(guest: &mut Preview2, pending: Resource<Pending>) -> Result<Resource<Response>, ErrorCode> {
    let ready = HostFutureIncomingResponse::subscribe(guest, borrow(&pending)).unwrap();
    guest.block(borrow(&ready)).await.unwrap();
    HostPollable::drop(guest, ready).unwrap();
    let response = HostFutureIncomingResponse::get(guest, borrow(&pending)).unwrap().unwrap().unwrap();
    HostFutureIncomingResponse::drop(guest, pending).unwrap();
    response
}

async fn asked(guest: &mut Preview2, authority: &str, path: &str) -> Result<Resource<Response>, ErrorCode> {
    let pending = sent(guest, authority, path).map_err(|error| error.downcast().unwrap())?;
    response(guest, pending).await
}

/// Reads the body to its end, and gives all up.
async fn read(guest: &mut Preview2, response: Resource<Response>) -> Result<Vec<u8>, ErrorCode> {
    let body = HostIncomingResponse::consume(guest, borrow(&response)).unwrap().unwrap();
    let stream = HostIncomingBody::stream(guest, borrow(&body)).unwrap().unwrap();
    let mut all = Vec::new();
    let ended = loop {
        match guest.blocking_read(borrow(&stream), u64::MAX).await {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => break Ok(all),
            Err(StreamError::LastOperationFailed(error)) => {
                let error = guest.table.push(error).unwrap();
                break Err(wasmtime_wasi_http::p2::bindings::http::types::Host::http_error_code(guest, error)
                    .unwrap()
                    .unwrap());
            }
            Err(StreamError::Trap(error)) => panic!("{error}"),
        }
    };
    HostInputStream::drop(guest, stream).await.unwrap();
    HostIncomingBody::drop(guest, body).unwrap();
    HostIncomingResponse::drop(guest, response).unwrap();
    ended
}

fn header(guest: &mut Preview2, response: &Resource<Response>, name: &str) -> String {
    let fields: Resource<FieldMap> = HostIncomingResponse::headers(guest, borrow(response)).unwrap();
    let values = HostFields::get(guest, borrow(&fields), name.to_owned()).unwrap();
    HostFields::drop(guest, fields).unwrap();
    String::from_utf8(values.concat()).unwrap()
}

/// As long as a request may take for each step.
fn options(guest: &mut Preview2, time: Duration) -> Resource<RequestOptions> {
    let all = RequestOptions {
        connect_timeout: Some(time),
        first_byte_timeout: Some(time),
        between_bytes_timeout: Some(time),
    };
    guest.table.push(all).unwrap()
}

/// Keeps a connection open until the other side ends it.
fn held(mut stream: TcpStream) {
    while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
}
