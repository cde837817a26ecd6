//! Runs an app: a JavaScript or TypeScript module with the usual web APIs, and the `runtime:` modules of extensions.
//!
//! ```text
//! mod.rs         AppOptions, run_app: the life of an app from its first line to its exit code
//! extension.rs   the host's own ops; js/host/bootstrap.js sets the globals, seal.js takes others away, app.js is runtime:app
//! loader.rs      files and runtime: specifiers become modules; typescript.rs takes types away
//! fetch.rs       what fetch() may reach; user_agent.rs as what
//! files/         the app's own files; env.rs its variables, stdio.rs its standard streams; failure.rs what they reject with
//! crypto.rs      what the global crypto computes
//! permissions.rs what the deno_* extensions ask instead
//! ending.rs      exit(), signals and the shutdown hook meet here; signals.rs waits for Ctrl-C, and tells those that listen
//! thrown.rs      what is thrown and nobody catches, before anything else looks at it; report.rs the same as text
//! javascript_engine.rs  which engine this is
//! scripts.rs     the JavaScript inside the binary
//! ```

mod crypto;
mod ending;
mod env;
mod extension;
mod failure;
mod fetch;
mod files;
mod javascript_engine;
mod loader;
mod permissions;
mod report;
mod scripts;
mod signals;
mod stdio;
mod thrown;
mod typescript;
mod user_agent;

pub use ending::ShutdownHook;
pub use javascript_engine::javascript_engine;
pub use loader::SCRIPT_ENDINGS;

use crate::caps::Caps;
use crate::panics;
use crate::terminal::{Label, say};
use deno_core::error::{CoreError, CoreErrorKind};
use deno_core::url::Url;
use deno_core::{Extension, JsRuntime, PollEventLoopOptions, RuntimeOptions};
use deno_error::JsErrorBox;
use ending::{Ending, FinishOnDrop};
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;

/// Threads that deno_core has V8 start: one a core, and no more than this.
const V8_THREADS_MAX: usize = 4;
/// Its pools: one for each priority of work. Beside them one thread waits for what is to be done later.
const V8_POOLS: usize = 3;
/// The exit code of an app that failed.
const FAILED: i32 = 1;

/// An app, and what it runs with.
pub struct AppOptions {
    /// The main module, an absolute path or one relative to the working directory.
    pub main: PathBuf,
    /// The main module's text, as TypeScript, where it is in no file: `main` then says what its imports are relative to.
    pub source: Option<String>,
    /// What `runtime:app` shows the app as its arguments.
    pub args: Vec<String>,
    /// What the app's `fetch()` may reach.
    pub caps: Caps,
    /// Extensions beside the web APIs, such as the one that provides `runtime:wasm`.
    ///
    /// An app can import each `runtime:` module that one of them lists in `synthetic_esm` or `esm`.
    pub extensions: Vec<Extension>,
    /// Called exactly once when the app is over, however it ended, and before the process ends.
    ///
    /// It runs on the app's thread, or on another one if that thread is stuck, and should be bounded itself.
    pub on_shutdown: ShutdownHook,
}

/// Runs an app until nothing of it is pending, and returns its exit code. Errors have been printed to stderr by then.
///
/// SIGINT and SIGTERM end the app with 130 and 143, also while its JavaScript is busy. Where the JavaScript engine cannot
/// be stopped in time, the process ends from inside this function.
///
/// On QuickJS call [`forbid_code_cache`](crate::ops::forbid_code_cache) before.
pub fn run_app(options: AppOptions) -> i32 {
    let ending = Ending::new(options.on_shutdown);
    let _finish = FinishOnDrop(ending.clone());
    let app = App {
        main: options.main,
        source: options.source,
        args: options.args,
        caps: options.caps,
        extensions: options.extensions,
    };
    let code = match app.run(&ending) {
        Ok(code) => code,
        Err(message) => {
            say(Label::Error, &message);
            FAILED
        }
    };
    let _ = std::io::stdout().flush();
    code
}

/// The parts of [`AppOptions`] that the event loop needs.
struct App {
    main: PathBuf,
    source: Option<String>,
    args: Vec<String>,
    caps: Caps,
    extensions: Vec<Extension>,
}

impl App {
    fn run(mut self, ending: &Ending) -> Result<i32, String> {
        let source = self.source.take();
        let found = if source.is_some() { std::path::absolute(&self.main) } else { self.main.canonicalize() };
        let path = found.map_err(|error| format!("{}: {error}", self.main.display()))?;
        let main = Url::from_file_path(&path).map_err(|()| format!("{}: not an absolute path", path.display()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            // Timers are looked at after each turn, also while each has more to hand on, as the pieces of a file.
            .event_interval(1)
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| format!("cannot start the event loop: {error}"))?;
        let listeners = signals::Listeners::default();
        signals::watch(ending.clone(), listeners.clone())
            .map_err(|error| format!("no thread to wait for signals on: {error}"))?;
        if cfg!(feature = "v8") {
            let threads =
                std::thread::available_parallelism().map_or(1, usize::from).min(V8_THREADS_MAX) * V8_POOLS + 1;
            spare_threads(threads).map_err(|error| format!("no threads for the JavaScript engine: {error}"))?;
        }
        fetch::grant(&self.caps);
        let code = runtime.block_on(async {
            let mut js = self.start(&main, ending, listeners.clone()).map_err(|error| error.to_string())?;
            ending.set_isolate(js.v8_isolate().thread_safe_handle());
            let outcome = tokio::select! {
                biased;
                () = ending.asked() => Ok(()),
                outcome = panics::caught(run_main(&mut js, &main, source, ending)) => outcome.unwrap_or_else(|panic| Err(broken(&panic))),
            };
            ending.forget_isolate();
            let code = conclude(outcome, ending.code(), listeners.code());
            // The guests are stopped while their pending ops still have a runtime to answer to.
            ending.finish();
            Ok(code)
        });
        runtime.shutdown_background();
        code
    }

    /// The engine with all extensions, before it has run anything of the app.
    fn start(self, main: &Url, ending: &Ending, listeners: signals::Listeners) -> Result<JsRuntime, CoreError> {
        let info = extension::Info::new(main.to_string(), self.args);
        let blobs = deno_web::BlobStore::default_arc();
        let channels = deno_web::InMemoryBroadcastChannel::default();
        let mut extensions = vec![
            scripts::embed(deno_webidl::deno_webidl::init()),
            scripts::embed(deno_web::deno_web::init(blobs, Some(main.clone()), false, channels)),
            scripts::embed(deno_fetch::deno_fetch::init(fetch::options(&self.caps))),
            extension::extension(info, ending.clone(), listeners, self.caps.clone()),
        ];
        extensions.extend(self.extensions);
        let loader = loader::FileLoader::new(&extensions);
        let mut js = JsRuntime::try_new(RuntimeOptions {
            module_loader: Some(Rc::new(loader)),
            extensions,
            ..RuntimeOptions::default()
        })?;
        js.op_state().borrow_mut().put(permissions::open());
        js.execute_script("ext:runtime_wasm_host/seal.js", scripts::SEAL)?;
        Ok(js)
    }
}

/// Sees that the system gives so many threads at once: V8 aborts the process where it gets none for its own.
fn spare_threads(wanted: usize) -> std::io::Result<()> {
    let (hold, held) = std::sync::mpsc::sync_channel::<()>(0);
    let held = std::sync::Mutex::new(held);
    std::thread::scope(|scope| {
        // Each waits until the last has been started, or could not be.
        let wait = || drop(held.lock().map(|held| held.recv()));
        let threads = (0..wanted).map(|_| std::thread::Builder::new().spawn_scoped(scope, wait));
        let started = threads.collect::<Result<Vec<_>, _>>().map(drop);
        drop(hold);
        started
    })
}

/// Runs the main module, and then the event loop until nothing is pending. What the module throws is a rejection to the
/// engine, and comes out of the event loop.
async fn run_main(js: &mut JsRuntime, main: &Url, source: Option<String>, ending: &Ending) -> Result<(), CoreError> {
    let id = match source {
        None => js.load_main_es_module(main).await?,
        Some(source) => {
            let script =
                typescript::strip(main.as_str(), source).map_err(|error| CoreErrorKind::JsBox(error).into_box())?;
            js.load_main_es_module_from_code(main, script).await?
        }
    };
    let evaluated = js.mod_evaluate(id);
    if ending.code().is_some() {
        // The engine was stopped while it evaluated: the loop would take the module for one that hangs.
        return Ok(());
    }
    js.run_event_loop(PollEventLoopOptions::default()).await?;
    evaluated.await
}

/// What is said where the engine has panicked: on QuickJS it does over an import of "".
fn broken(panic: &str) -> CoreError {
    let message = format!(
        "the JavaScript engine cannot go on: {panic}; if an import of the app names nothing (\"\"), that is why, else it is a bug of ours"
    );
    CoreErrorKind::JsBox(JsErrorBox::generic(message)).into_box()
}

/// The exit code: the one that was asked for, which also explains any error, or else the outcome's. `signalled` is that of a signal which
/// listeners are still at.
fn conclude(outcome: Result<(), CoreError>, asked: Option<i32>, signalled: Option<i32>) -> i32 {
    match (asked, outcome) {
        (Some(code), _) => code,
        (None, Ok(())) => signalled.unwrap_or(0),
        (None, Err(error)) => {
            report::print(&error);
            FAILED
        }
    }
}
