//! One environment, and what it holds.

use super::abort::Abort;
use super::handles::{Handle, Handles, Held};
use super::host::WasmHost;
use super::host_calls::HostCalls;
use super::tickets::Ticketed;
use super::under_way::UnderWay;
use crate::actor::host_call::HostEvents;
use crate::error::Result;
use crate::registry::Runtime;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// One environment's use of a host. Its methods take numbers and strings as JavaScript has them, and refuse in the words that JavaScript gets.
pub struct Session {
    pub(super) host: WasmHost,
    pub(super) handles: Handles,
    pub(super) host_calls: RefCell<HostCalls>,
    pub(super) under_way: Rc<UnderWay>,
    pub(super) ticketed: OnceCell<Ticketed>,
}

impl Session {
    /// An environment that shares this host.
    pub fn new(host: WasmHost) -> Rc<Session> {
        Rc::new(Session {
            host,
            handles: Handles::default(),
            host_calls: RefCell::new(HostCalls::new()),
            under_way: Rc::default(),
            ticketed: OnceCell::new(),
        })
    }

    /// The host.
    pub fn host(&self) -> &WasmHost {
        &self.host
    }

    /// Makes the stand-ins for values that the environment keeps for guests; what is let go is heard of by [`Session::event`].
    pub fn keeper(&self) -> HostEvents {
        self.host_calls.borrow().events.clone()
    }

    /// Closes a handle. To close twice is to close once.
    pub fn close(&self, handle: Handle) {
        self.handles.close(handle);
    }

    /// A handle by which the making of an instance or a call can be aborted.
    pub fn abort_handle(&self) -> Handle {
        self.handles.add(Held::Abort(Rc::default()))
    }

    /// The one of this number; -1 is none.
    pub(super) fn abort(&self, handle: i32) -> Option<Rc<Abort>> {
        match self.handles.get(u32::try_from(handle).ok()?) {
            Some(Held::Abort(abort)) => Some(abort),
            _ => None,
        }
    }

    /// The runtime, where WebAssembly may be used.
    pub(super) fn enabled(&self) -> Result<&Arc<Runtime>> {
        self.host.enabled()
    }
}
