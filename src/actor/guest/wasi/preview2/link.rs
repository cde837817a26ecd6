//! Preview 2 in a linker: each interface under its name. The linker matches whichever version 0.2.x a component names.

use super::guest::{HasPreview2, Preview2};
use wasmtime::Result;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::clocks::WasiClocks;
use wasmtime_wasi::p2::bindings::io;
use wasmtime_wasi::p2::bindings::sockets::network::LinkOptions;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::sockets::WasiSockets;
#[cfg(feature = "http")]
use wasmtime_wasi_http::p2::bindings::http;

/// How the interfaces are served.
struct Served;

impl HasData for Served {
    type Data<'a> = &'a mut Preview2;
}

/// Links those interfaces of a list that are wanted.
macro_rules! link {
    ($linker:expr, $wanted:expr, $by:ty, $data:expr, $($name:literal: $interface:path),* $(,)?) => {$(
        if $wanted($name) {
            use $interface as interface;
            interface::add_to_linker::<T, $by>($linker, $data)?;
        }
    )*};
}

/// The interface of preview 2 that an import such as `wasi:io/poll@0.2.6` names, without the version.
fn interface(import: &str) -> Option<&str> {
    let (name, version) = import.split_once('@')?;
    version.starts_with("0.2.").then_some(name)
}

/// Adds those interfaces of preview 2 to the linker of a component that it imports, among others perhaps.
pub(crate) fn link_preview2<T: HasPreview2>(linker: &mut Linker<T>, imported: &[String]) -> Result<()> {
    let wanted = |name: &str| imported.iter().any(|import| interface(import) == Some(name));
    link! { linker, wanted, Served, T::preview2,
        "wasi:cli/environment": cli::environment,
        "wasi:cli/exit": cli::exit,
        "wasi:cli/stdin": cli::stdin,
        "wasi:cli/stdout": cli::stdout,
        "wasi:cli/stderr": cli::stderr,
        "wasi:cli/terminal-input": cli::terminal_input,
        "wasi:cli/terminal-output": cli::terminal_output,
        "wasi:cli/terminal-stdin": cli::terminal_stdin,
        "wasi:cli/terminal-stdout": cli::terminal_stdout,
        "wasi:cli/terminal-stderr": cli::terminal_stderr,
        "wasi:filesystem/preopens": filesystem::preopens,
        "wasi:filesystem/types": filesystem::types,
        "wasi:io/error": io::error,
        "wasi:io/poll": io::poll,
        "wasi:io/streams": io::streams,
        "wasi:random/insecure": random::insecure,
        "wasi:random/insecure-seed": random::insecure_seed,
        "wasi:random/random": random::random,
        "wasi:sockets/ip-name-lookup": sockets::ip_name_lookup,
        "wasi:sockets/tcp-create-socket": sockets::tcp_create_socket,
        "wasi:sockets/udp-create-socket": sockets::udp_create_socket,
    }
    link! { linker, wanted, WasiClocks, |state| state.preview2().clocks(),
        "wasi:clocks/monotonic-clock": clocks::monotonic_clock,
        "wasi:clocks/wall-clock": clocks::wall_clock,
    }
    link! { linker, wanted, WasiSockets, |state| state.preview2().sockets(),
        "wasi:sockets/instance-network": sockets::instance_network,
        "wasi:sockets/tcp": sockets::tcp,
        "wasi:sockets/udp": sockets::udp,
    }
    if wanted("wasi:sockets/network") {
        sockets::network::add_to_linker::<T, Served>(linker, &LinkOptions::default(), T::preview2)?;
    }
    #[cfg(feature = "http")]
    {
        link! { linker, wanted, Served, T::preview2, "wasi:http/outgoing-handler": http::outgoing_handler }
        if wanted("wasi:http/types") {
            let options = wasmtime_wasi_http::p2::bindings::LinkOptions::default();
            http::types::add_to_linker::<T, Served>(linker, &(&options).into(), T::preview2)?;
        }
    }
    Ok(())
}
