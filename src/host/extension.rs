//! The host's own extension: the ops behind `console`, `runtime:app` and the bootstrap.

use super::ending::Ending;
use super::failure::Failure;
use super::signals::Listeners;
use super::stdio::Outputs;
use super::{crypto, env, files, signals, stdio, thrown};
use crate::caps::Caps;
use crate::printable;
use crate::terminal::has_colors;
use deno_core::url::Url;
use deno_core::{Extension, OpState, op2};
use serde::Serialize;
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
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
    user_agent: &'static str,
    color_stdout: bool,
    color_stderr: bool,
    /// The engine itself may revoke proxies: whatever looks at one then is told so.
    proxies_are_revoked: bool,
}

impl Info {
    pub(super) fn new(main: String, args: Vec<String>) -> Info {
        Info {
            main,
            args,
            user_agent: super::user_agent::USER_AGENT,
            color_stdout: has_colors(&std::io::stdout()),
            color_stderr: has_colors(&std::io::stderr()),
            proxies_are_revoked: cfg!(feature = "v8"),
        }
    }
}

/// How many processors the app may use.
#[op2(fast)]
#[smi]
fn op_wasm_host_processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |processors| u32::try_from(processors.get()).unwrap_or(u32::MAX))
}

/// The working directory.
#[op2]
#[string]
fn op_wasm_host_cwd() -> Result<String, Failure> {
    let folder = std::env::current_dir().map_err(|error| Failure::io("there is no working directory", &error))?;
    let not_text = |name: std::ffi::OsString| {
        let name = printable::sentence(&name.to_string_lossy());
        Failure::Io(format!("the working directory's name is no UTF-8: \"{name}\""), None)
    };
    folder.into_os_string().into_string().map_err(not_text)
}

/// The path of a `file:` URL; null for any other.
#[op2]
#[string]
fn op_wasm_host_path_of_url(#[string] url: &str) -> Option<String> {
    let path = Url::parse(url).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()?;
    path.into_os_string().into_string().ok()
}

/// Is it a terminal: stdin, stdout, stderr by their numbers?
#[op2(fast)]
fn op_wasm_host_is_terminal(#[smi] stream: u32) -> bool {
    match stream {
        0 => std::io::stdin().is_terminal(),
        1 => std::io::stdout().is_terminal(),
        _ => std::io::stderr().is_terminal(),
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
    ops = [
        op_wasm_host_cwd,
        op_wasm_host_exit,
        op_wasm_host_info,
        op_wasm_host_is_terminal,
        op_wasm_host_path_of_url,
        op_wasm_host_print,
        op_wasm_host_processors,
        crypto::op_wasm_host_aes_gcm,
        crypto::op_wasm_host_digest,
        crypto::op_wasm_host_ed25519_public,
        crypto::op_wasm_host_ed25519_sign,
        crypto::op_wasm_host_ed25519_verify,
        crypto::op_wasm_host_hkdf,
        crypto::op_wasm_host_hmac,
        crypto::op_wasm_host_hmac_verify,
        crypto::op_wasm_host_pbkdf2,
        crypto::op_wasm_host_random,
        env::op_wasm_host_env,
        env::op_wasm_host_env_all,
        files::op_wasm_host_mkdir,
        files::op_wasm_host_open_to_read,
        files::op_wasm_host_open_to_write,
        files::op_wasm_host_read_dir,
        files::op_wasm_host_read_dir_next,
        files::op_wasm_host_read_file,
        files::op_wasm_host_read_text_file,
        files::op_wasm_host_remove,
        files::op_wasm_host_rename,
        files::op_wasm_host_stat,
        files::op_wasm_host_watch,
        files::op_wasm_host_watch_next,
        files::op_wasm_host_write_file,
        signals::op_wasm_host_signal_done,
        signals::op_wasm_host_signal_listen,
        signals::op_wasm_host_signal_next,
        stdio::op_wasm_host_stdin,
        stdio::op_wasm_host_terminal_size,
        stdio::op_wasm_host_write,
        thrown::op_wasm_host_copy_thrown_by,
        thrown::op_wasm_host_place,
    ],
    synthetic_esm = ["runtime:app" = "ext:runtime_wasm_host/app.js"],
    options = { info: Info, ending: Ending, listeners: Listeners, caps: Caps },
    middleware = thrown::instead_of,
    state = |state, options| {
        state.put(options.info);
        state.put(options.ending);
        state.put(options.listeners);
        state.put(options.caps);
        state.put(Outputs::default());
    },
    docs = "Sets up an app's globals and `runtime:app`.",
);

/// The extension, with its scripts.
pub(super) fn extension(info: Info, ending: Ending, listeners: Listeners, caps: Caps) -> Extension {
    super::scripts::add_own(runtime_wasm_host::init(info, ending, listeners, caps))
}
