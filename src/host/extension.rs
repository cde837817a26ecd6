//! The host's own extension: the ops behind `console`, `runtime:app` and the bootstrap.

use super::ending::Ending;
use deno_core::{Extension, OpState, op2};
use serde::Serialize;
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::rc::Rc;

/// What the bootstrap and `runtime:app` ask for.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    /// The main module's URL.
    pub(super) main: String,
    /// The strings after the script on the command line.
    pub(super) args: Vec<String>,
    color_stdout: bool,
    color_stderr: bool,
}

impl Info {
    pub(super) fn new(main: String, args: Vec<String>) -> Info {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Info {
            main,
            args,
            color_stdout: wanted && std::io::stdout().is_terminal(),
            color_stderr: wanted && std::io::stderr().is_terminal(),
        }
    }
}

#[op2]
#[serde]
fn op_wasm_host_info(state: &mut OpState) -> Info {
    state.borrow::<Info>().clone()
}

/// Prints one message. A pipe whose reader has gone swallows it: the app goes on.
#[op2(fast)]
fn op_wasm_host_print(#[string] message: &str, to_stderr: bool) {
    let _ = if to_stderr {
        std::io::stderr().write_all(message.as_bytes())
    } else {
        let mut stdout = std::io::stdout().lock();
        stdout
            .write_all(message.as_bytes())
            .and_then(|()| stdout.flush())
    };
}

/// Asks for the end as soon as it is called, and stays pending: to the event loop the app is busy until it is stopped.
#[op2]
async fn op_wasm_host_exit(state: Rc<RefCell<OpState>>, #[smi] code: i32) {
    state.borrow().borrow::<Ending>().ask(code);
    std::future::pending::<()>().await;
}

deno_core::extension!(
    runtime_wasm_host,
    deps = [deno_webidl, deno_web, deno_fetch],
    ops = [op_wasm_host_exit, op_wasm_host_info, op_wasm_host_print],
    synthetic_esm = ["runtime:app" = "ext:runtime_wasm_host/app.js"],
    options = { info: Info, ending: Ending },
    state = |state, options| {
        state.put(options.info);
        state.put(options.ending);
    },
    docs = "Sets up an app's globals and `runtime:app`.",
);

/// The extension, with its scripts.
pub(super) fn extension(info: Info, ending: Ending) -> Extension {
    super::scripts::add_own(runtime_wasm_host::init(info, ending))
}
