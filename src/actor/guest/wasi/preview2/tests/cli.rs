//! The world around a component: what it is told, and what it has not.

use super::*;
use crate::actor::cell::reason::StopReason;
use crate::limits::{POLL_SUBSCRIPTIONS_MAX, RANDOM_BYTES_MAX, RESOURCES_MAX};
use wasmtime::component::Resource;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::cli::{environment::Host as _, exit::Host as _, stdout::Host as _};
use wasmtime_wasi::p2::bindings::cli::{terminal_stdin::Host as _, terminal_stdout::Host as _};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as _;
use wasmtime_wasi::p2::bindings::io::poll;
use wasmtime_wasi::p2::bindings::random::{insecure::Host as _, random::Host as _};
use wasmtime_wasi::p2::bindings::sockets::instance_network::Host as _;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::Host as _;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket::Host as _, udp_create_socket::Host as _};

#[test]
fn a_component_knows_its_arguments_and_how_to_end() {
    let env = vec![("NAME".to_owned(), "value".to_owned())];
    let mut guest = wasi(WasiConfig { env: env.clone(), ..WasiConfig::default() });
    let guest = guest.preview2().unwrap();
    // As by preview 1.
    assert_eq!(guest.get_arguments().unwrap(), ["guest"]);
    assert_eq!((guest.get_environment().unwrap(), guest.initial_cwd().unwrap()), (env, None));
    assert!(guest.get_terminal_stdin().unwrap().is_none() && guest.get_terminal_stdout().unwrap().is_none());
    for (ended, code) in [(guest.exit(Ok(())), 0), (guest.exit(Err(())), 1), (guest.exit_with_code(200), 200)] {
        assert_eq!(ended.unwrap_err().downcast_ref::<I32Exit>().unwrap().0, code);
    }
}

#[tokio::test]
async fn a_component_has_no_sockets() {
    let mut guest = wasi(WasiConfig::default());
    let guest = guest.preview2().unwrap();
    let network = guest.sockets().instance_network().unwrap();
    for family in [IpAddressFamily::Ipv4, IpAddressFamily::Ipv6] {
        let refused = guest.create_tcp_socket(family).err().unwrap().downcast().unwrap();
        assert_eq!(refused, ErrorCode::AccessDenied);
        let refused = guest.create_udp_socket(family).await.err().unwrap().downcast().unwrap();
        assert_eq!(refused, ErrorCode::AccessDenied);
    }
    let refused = guest.resolve_addresses(network, "localhost".to_owned()).err().unwrap().downcast().unwrap();
    assert_eq!(refused, ErrorCode::AccessDenied);
}

#[test]
fn random_bytes_are_bounded_and_a_stop_ends_them() {
    let mut guest = wasi(WasiConfig::default());
    let guest = guest.preview2().unwrap();
    let (one, other) = (guest.get_random_bytes(100_000).unwrap(), guest.get_random_bytes(100_000).unwrap());
    assert!(one.len() == 100_000 && other.len() == 100_000 && one != other);
    assert!(guest.get_insecure_random_bytes(0).unwrap().is_empty());
    assert!(guest.get_random_bytes(RANDOM_BYTES_MAX + 1).is_err());
    assert!(guest.get_insecure_random_bytes(u64::MAX).is_err());
    guest.actor.control.stop(StopReason::Dropped);
    assert!(guest.get_random_bytes(1).is_err());
}

#[tokio::test]
async fn what_a_component_holds_is_bounded_and_so_is_what_it_polls() {
    let mut guest = wasi(WasiConfig::default());
    let guest = guest.preview2().unwrap();
    let past = guest.clocks().subscribe_instant(0).unwrap().rep();
    let list = |length: u32| (0..length).map(|_| Resource::new_borrow(past)).collect::<Vec<_>>();
    assert!(poll::Host::poll(guest, list(0)).await.is_err());
    assert_eq!(poll::Host::poll(guest, list(3)).await.unwrap(), [0, 1, 2]);
    assert!(poll::Host::poll(guest, list(POLL_SUBSCRIPTIONS_MAX + 1)).await.is_err());
    let held = (0..=RESOURCES_MAX).take_while(|_| guest.get_stdout().is_ok()).count();
    assert_eq!(held, RESOURCES_MAX - 2);
}
