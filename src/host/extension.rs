//! The host's own extension: the ops behind `console`, `runtime:app` and the bootstrap.

use super::ending::Ending;
use crate::terminal::has_colors;
use deno_core::{Extension, OpState, op2};
use serde::Serialize;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

/// How long to wait before writing to a full pipe again.
const FULL_PIPE_PAUSE: Duration = Duration::from_millis(1);

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
        let (color_stdout, color_stderr) = (has_colors(&std::io::stdout()), has_colors(&std::io::stderr()));
        Info { main, args, color_stdout, color_stderr }
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
        write_fully(&mut std::io::stderr().lock(), message.as_bytes())
    } else {
        write_fully(&mut std::io::stdout().lock(), message.as_bytes())
    };
}

/// Writes all of it, also to a pipe that another process has made non-blocking.
fn write_fully(output: &mut impl Write, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::sleep(FULL_PIPE_PAUSE),
            Err(error) => return Err(error),
        }
    }
    output.flush()
}

/// Asks for the end as soon as it is called, and stays pending: to the event loop the app is busy until it is stopped.
#[op2]
async fn op_wasm_host_exit(state: Rc<RefCell<OpState>>, #[smi] code: i32) {
    state.borrow().borrow::<Ending>().exit(code);
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
