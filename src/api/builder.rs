//! An instance to be made.

use super::host_functions::{AsyncCaller, Caller, HostError, plain, waiting};
use super::instance::{Instance, Streams};
use super::module::Module;
use super::streams::{InstanceStdin, InstanceStdout};
use super::values::{FromValues, IntoValues};
use crate::actor::config::{InstanceConfig, Preopen, RestartPolicy, Stdin, Stdout, UnknownImports, WasiConfig};
use crate::actor::host_call::{Given, HostEvents, HostImports};
use crate::actor::pipe::pipe;
use crate::caps::Access;
use crate::error::Result;
use crate::instance_limits::Limits;
use crate::session::PreopenWanted;
use crate::signature::Import;
use crate::value::Value;
use std::collections::HashMap;
use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};

/// Where an instance's standard input comes from.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Input {
    /// It is at its end from the start.
    #[default]
    Null,
    /// The program's own; for one instance at a time.
    Inherit,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// What is written to [`Instance::take_stdin`].
    Piped,
}

/// Where an instance's output goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Nowhere.
    #[default]
    Null,
    /// To the program's own. Control characters are made visible.
    Inherit,
    /// To [`Instance::take_stdout`] or [`Instance::take_stderr`].
    Piped,
}

/// An instance to be made. Made by [`Module::instance`].
///
/// ```
/// use runtime_wasm::{Caller, Limits, Runtime};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), runtime_wasm::WasmError> {
/// let module = Runtime::new()?.compile(wat::parse_str(r#"(module
///     (import "env" "twice" (func $twice (param i32) (result i32)))
///     (import "env" "sleep" (func $sleep (param i64)))
///     (func (export "run") (param i32) (result i32)
///         (call $sleep (i64.const 2))
///         (call $twice (local.get 0))))"#).unwrap()).await?;
/// let instance = module.instance()
///     .name("doubler")
///     .limits(Limits::new().timeout(Duration::from_secs(5)))
///     .function("env", "twice", |_: &mut Caller<'_>, n: i32| Ok(2 * n))
///     .async_function("env", "sleep", |_, ms: u64| async move {
///         tokio::time::sleep(Duration::from_millis(ms)).await;
///         Ok(())
///     })
///     .start()
///     .await?;
/// assert_eq!(instance.call::<i32>("run", 21).await?, 42);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct InstanceBuilder {
    module: Module,
    name: String,
    limits: Limits,
    wasi: Wasi,
    imports: HashMap<(String, String), Imported>,
    unknown_imports: UnknownImports,
    restart: Option<RestartPolicy>,
}

#[derive(Default)]
struct Wasi {
    args: Vec<String>,
    env: Vec<(String, String)>,
    granted: Vec<PreopenWanted>,
    opened: Vec<Preopen>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

/// What an import is met with, once it is known where it runs.
type Imported = Box<dyn FnOnce(&Handle) -> Given + Send>;

impl Module {
    /// An instance to be made, with limits, imports and WASI as the builder is told.
    pub fn instance(&self) -> InstanceBuilder {
        InstanceBuilder {
            module: self.clone(),
            name: String::new(),
            limits: Limits::default(),
            wasi: Wasi::default(),
            imports: HashMap::new(),
            unknown_imports: UnknownImports::Refuse,
            restart: None,
        }
    }

    /// An instance without any of that, in the limits that the grants set.
    ///
    /// # Errors
    /// As for [`InstanceBuilder::start`].
    pub async fn instantiate(&self) -> Result<Instance> {
        self.instance().start().await
    }
}

impl InstanceBuilder {
    /// What messages, logs and the name of its thread call it; without this `wasm-<id>`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its limits. What the grants set is a ceiling: who asks for more gets as much as that.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A function that it imports. It runs on the guest's own thread, which stands still meanwhile: to wait there keeps
    /// a stopped instance's thread alive, and an [async function](InstanceBuilder::async_function) is to be preferred. A panic in it is an error
    /// of the guest's call. The guest leaves it 1 MiB of stack at least; its time counts as the guest's, and as long as a guest runs on its thread has
    /// the priority of such. A function that holds the [`Runtime`](super::Runtime) keeps that alive for as long as the instance lives.
    ///
    /// Functions that the module does not import are left out.
    pub fn function<A, R, F>(self, module: &str, name: &str, function: F) -> Self
    where
        A: FromValues,
        R: IntoValues,
        F: Fn(&mut Caller<'_>, A) -> Result<R, HostError> + Send + Sync + 'static,
    {
        let function = Arc::new(plain(function));
        self.import(module, name, move |_| Given::Native(function))
    }

    /// A function that it imports, and that waits. It is polled on the guest's own thread, within the multi-threaded tokio runtime that
    /// [`start`](InstanceBuilder::start) was awaited in, or else within one of the crate's own, which drives timers and sockets only: what computes is
    /// not to be spawned there. A guest that is stopped drops the future. What it may not do is to ask its own instance by the handle or the id, which is a
    /// 5002; the [`AsyncCaller`] is for that.
    pub fn async_function<A, R, F, W>(self, module: &str, name: &str, function: F) -> Self
    where
        A: FromValues,
        R: IntoValues,
        F: Fn(AsyncCaller, A) -> W + Send + Sync + 'static,
        W: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        self.import(module, name, move |tokio| Given::Native(Arc::new(waiting(function, tokio.clone()))))
    }

    /// A global that it imports, with its value.
    pub fn global(self, module: &str, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.import(module, name, move |_| Given::Value(value.into()))
    }

    /// A memory or a table that it imports: it gets one of its own, as the import declares it.
    pub fn own(self, module: &str, name: &str) -> Self {
        self.import(module, name, |_| Given::Fresh)
    }

    fn import(mut self, module: &str, name: &str, given: impl FnOnce(&Handle) -> Given + Send + 'static) -> Self {
        self.imports.insert((module.to_owned(), name.to_owned()), Box::new(given));
        self
    }

    /// Functions that it imports and nobody has trap when they are called; without this it is not made.
    pub fn trap_unknown_imports(mut self) -> Self {
        self.unknown_imports = UnknownImports::Trap;
        self
    }

    /// The whole argv of a WASI guest.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wasi.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// A variable of a WASI guest's environment, which is empty otherwise.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.wasi.env.push((name.into(), value.into()));
        self
    }

    /// A folder that [`preopen`](crate::CapsBuilder::preopen) grants, under the path by which the guest sees it.
    pub fn preopen(mut self, guest: impl Into<String>, path: impl Into<String>, access: Access) -> Self {
        self.wasi.granted.push(PreopenWanted { guest: guest.into(), path: path.into(), access: Some(access) });
        self
    }

    /// A folder that the program has opened itself, which is its grant.
    pub fn preopen_opened(mut self, guest: impl Into<String>, folder: impl Into<OwnedFd>, access: Access) -> Self {
        let (dir, writable) = (Arc::new(folder.into()), access == Access::ReadWrite);
        self.wasi.opened.push(Preopen { guest_path: guest.into(), dir, writable, changed: None });
        self
    }

    /// A WASI guest's standard input; without this it is at its end.
    pub fn stdin(mut self, input: Input) -> Self {
        self.wasi.stdin = input;
        self
    }

    /// A WASI guest's standard output; without this it goes nowhere.
    pub fn stdout(mut self, output: Output) -> Self {
        self.wasi.stdout = output;
        self
    }

    /// A WASI guest's standard error; without this it goes nowhere.
    pub fn stderr(mut self, output: Output) -> Self {
        self.wasi.stderr = output;
        self
    }

    /// When an instance that has died is made anew, under the same id.
    pub fn restart(mut self, policy: RestartPolicy) -> Self {
        self.restart = Some(policy);
        self
    }

    /// Makes it, on a thread of its own, and runs its start function. Dropping the future ends what has started.
    ///
    /// # Errors
    /// 5001 if it cannot be instantiated or there is no room for it, 5007 for a mailbox of a size that cannot be, 5009 for a folder that is not granted, 5010 for an unusable
    /// WASI configuration, 5011 if its start function reaches a limit.
    pub async fn start(mut self) -> Result<Instance> {
        let module = self.module;
        let host = module.host().clone();
        let runtime = host.enabled()?;
        let limits = host.limits(&self.limits)?;
        // One thread's own may not be driven while the guest waits.
        let current = Handle::try_current().ok().filter(|tokio| tokio.runtime_flavor() == RuntimeFlavor::MultiThread);
        let tokio = current.unwrap_or_else(|| runtime.io().clone());
        let imports = given(self.imports, &module.imports(), &tokio);
        let (mut wasi, streams) = self.wasi.connected();
        let granted = host.preopens(self.wasi.granted).await?;
        wasi.http = host.http();
        wasi.preopens = granted.into_iter().chain(self.wasi.opened).collect();
        let config = InstanceConfig {
            name: self.name,
            limits,
            wasi,
            imports,
            unknown_imports: self.unknown_imports,
            restart: self.restart,
        };
        let actor = runtime.instantiate(module.id(), config).await?;
        Ok(Instance::new(host, actor, streams))
    }
}

impl Wasi {
    /// The configuration but for its folders, and the program's ends of what is piped.
    fn connected(&mut self) -> (WasiConfig, Streams) {
        let mut streams = Streams::default();
        let output = |choice, end: &mut Option<InstanceStdout>| match choice {
            Output::Null => Stdout::Null,
            Output::Inherit => Stdout::Inherit,
            Output::Piped => {
                let (writer, reader) = pipe();
                *end = Some(InstanceStdout::new(reader));
                Stdout::Pipe(Arc::new(writer))
            }
        };
        let stdin = match std::mem::take(&mut self.stdin) {
            Input::Null => Stdin::Null,
            Input::Inherit => Stdin::Inherit,
            Input::Bytes(bytes) => Stdin::Bytes(bytes),
            Input::Piped => {
                let (writer, reader) = pipe();
                streams.stdin = Some(InstanceStdin::new(writer));
                Stdin::Pipe(Arc::new(reader))
            }
        };
        let (stdout, stderr) = (output(self.stdout, &mut streams.stdout), output(self.stderr, &mut streams.stderr));
        let (args, env) = (std::mem::take(&mut self.args), std::mem::take(&mut self.env));
        (WasiConfig { args, env, stdin, stdout, stderr, ..WasiConfig::default() }, streams)
    }
}

/// What each import of a module is met with, in its order.
fn given(imports: HashMap<(String, String), Imported>, wanted: &[Import], tokio: &Handle) -> Option<HostImports> {
    if imports.is_empty() {
        return None;
    }
    // A module may import one function twice.
    let imports: HashMap<_, _> = imports.into_iter().map(|(names, given)| (names, given(tokio))).collect();
    let found = |import: &Import| imports.get(&(import.module.clone(), import.name.clone())).cloned();
    let given = wanted.iter().map(|import| found(import).unwrap_or(Given::Nothing)).collect();
    // Of what is native nobody hears.
    let (events, _) = HostEvents::new();
    Some(HostImports { events, set: 0, given })
}

impl fmt::Debug for InstanceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceBuilder")
            .field("module", &self.module)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
