//! What WASI preview 2 keeps for one component.

#[cfg(feature = "http")]
use super::http::Http;
use super::opened::{Open, OpenListing, Opened, Places};
use super::sink::Sink;
use super::stop::while_running;
use crate::actor::guest::wasi::folder::OpenFolder;
use crate::actor::guest::wasi::streams::{Input, Output};
use crate::actor::handle::Actor;
use crate::actor::protocol::http::HttpGrant;
use crate::limits::RESOURCES_MAX;
use std::sync::Arc;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{Descriptor, DirectoryEntryStream};
use wasmtime_wasi::random::WasiRandomCtx;
use wasmtime_wasi::sockets::{WasiSocketsCtx, WasiSocketsCtxView};
#[cfg(feature = "http")]
use wasmtime_wasi_http::WasiHttpCtxView;

/// A store's data with a component's WASI in it.
pub(crate) trait HasPreview2: Send + 'static {
    /// For a call of it.
    fn preview2(&mut self) -> &mut Preview2;
}

/// What a component is given.
pub(crate) struct Granted {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) folders: Vec<OpenFolder>,
    pub(crate) input: Input,
    pub(crate) outputs: [Output; 2],
    pub(crate) http: Option<Arc<dyn HttpGrant>>,
}

/// See above. Its interfaces are implemented next door.
pub(crate) struct Preview2 {
    pub(super) actor: Arc<Actor>,
    /// All that the component has a number for.
    pub(super) table: ResourceTable,
    pub(super) places: Places,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) folders: Vec<Arc<Opened<OpenFolder>>>,
    pub(super) input: Arc<Input>,
    pub(super) stdout: Arc<Sink>,
    pub(super) stderr: Arc<Sink>,
    clocks: WasiClocksCtx,
    /// Made when it is first asked for: its seeds cost more than the rest.
    random: Option<WasiRandomCtx>,
    /// Refuses everything.
    sockets: WasiSocketsCtx,
    #[cfg(feature = "http")]
    pub(super) http: Http,
}

impl Preview2 {
    pub(crate) fn new(actor: Arc<Actor>, granted: Granted) -> Self {
        let Granted { args, env, folders, input, outputs, http } = granted;
        #[cfg(not(feature = "http"))]
        drop(http);
        // The standard streams take places as well.
        let places = Places::new(3);
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        let [stdout, stderr] = outputs.map(|output| Arc::new(Sink::new(actor.clone(), output)));
        Preview2 {
            table,
            folders: folders.into_iter().map(|folder| Arc::new(places.place(folder))).collect(),
            places,
            args,
            env,
            input: Arc::new(input),
            stdout,
            stderr,
            clocks: WasiClocksCtx::default(),
            random: None,
            sockets: WasiSocketsCtx::default(),
            #[cfg(feature = "http")]
            http: Http::new(http),
            actor,
        }
    }

    /// Resolves when nothing of what the component has printed is on its way any more, or a stop comes. Preview 1 waits for that in each
    /// call; a component may end its call without, and expects its output to come all the same.
    pub(crate) fn settled(&self) -> impl Future<Output = ()> + Send + use<> {
        let (actor, sinks) = (self.actor.clone(), [self.stdout.clone(), self.stderr.clone()]);
        async move {
            for sink in sinks {
                // Nobody is left to be told of a failure.
                let _ = while_running(&actor, sink.written()).await;
            }
        }
    }

    pub(super) fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: &mut self.clocks, table: &mut self.table }
    }

    pub(super) fn sockets(&mut self) -> WasiSocketsCtxView<'_> {
        WasiSocketsCtxView { ctx: &mut self.sockets, table: &mut self.table }
    }

    #[cfg(feature = "http")]
    pub(super) fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.http.view(&mut self.table)
    }

    pub(super) fn random(&mut self) -> &mut WasiRandomCtx {
        self.random.get_or_insert_with(WasiRandomCtx::default)
    }

    /// What a descriptor names.
    ///
    /// # Errors
    /// A trap for a number that is none, which is the host's mistake.
    pub(super) fn open(&self, descriptor: &Resource<Descriptor>) -> FsResult<&Open> {
        Ok(self.table.get(&Resource::<Open>::new_borrow(descriptor.rep()))?)
    }

    /// Gives a number to what has been opened.
    pub(super) fn descriptor(&mut self, open: Open) -> wasmtime::Result<Resource<Descriptor>> {
        Ok(Resource::new_own(self.table.push(open)?.rep()))
    }

    pub(super) fn close(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Open>::new_own(descriptor.rep()))?;
        Ok(())
    }

    pub(super) fn listing(&mut self, stream: &Resource<DirectoryEntryStream>) -> FsResult<&mut OpenListing> {
        Ok(self.table.get_mut(&Resource::<OpenListing>::new_borrow(stream.rep()))?)
    }
}
