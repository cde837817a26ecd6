//! What the functions of `runtime:app` reject with: errors of the names and codes that `WasmError` has.

use crate::caps::{FsError, is_relative, looked_for_in};
use crate::printable;
use deno_error::{AdditionalProperties, JsErrorClass, get_error_code};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

/// A refusal, or what the system said.
#[derive(Debug)]
pub(super) enum Failure {
    /// 5009: the manifest does not grant it.
    Denied(String),
    /// 5008, and the system's name of the error where there is one, such as `ENOENT`.
    Io(String, Option<&'static str>),
    /// The same of a relative path by which nothing is found.
    NotFound(String),
}

impl Failure {
    /// A path of the app's cannot be `done`, as in "read".
    pub(super) fn of_path(path: &str, done: &str, error: impl Into<FsError>) -> Failure {
        match error.into() {
            FsError::Failed(error) => {
                let told = Failure::io(&format!("\"{}\" cannot be {done}", printable::sentence(path)), &error);
                if error.kind() == io::ErrorKind::NotFound { told.looked_for(path) } else { told }
            }
            FsError::Denied(message) => Failure::Denied(message),
        }
    }

    /// What is not there by a relative path may be somewhere else: [`Failure::looked_in`] says where it was looked for.
    fn looked_for(self, path: &str) -> Failure {
        match self {
            Failure::Io(message, _) if is_relative(path) => Failure::NotFound(message),
            told => told,
        }
    }

    /// Says in which folder a relative path began, where nothing was found by it.
    pub(super) fn looked_in(self, folder: &Path) -> Failure {
        match self {
            Failure::NotFound(message) => Failure::NotFound(message + &looked_for_in(folder)),
            told => told,
        }
    }

    /// Something has failed, and why.
    pub(super) fn io(what: &str, error: &io::Error) -> Failure {
        Failure::Io(format!("{what}: {error}"), get_error_code(error))
    }
}

impl From<io::Error> for FsError {
    fn from(error: io::Error) -> Self {
        FsError::Failed(error)
    }
}

impl From<rustix::io::Errno> for FsError {
    fn from(error: rustix::io::Errno) -> Self {
        FsError::Failed(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Denied(message) => write!(f, "[5009] {message}"),
            Failure::Io(message, _) | Failure::NotFound(message) => write!(f, "[5008] {message}"),
        }
    }
}

impl Error for Failure {}

impl JsErrorClass for Failure {
    fn get_class(&self) -> Cow<'static, str> {
        match self {
            Failure::Denied(_) => "WasmHostPermissionDenied".into(),
            Failure::Io(..) | Failure::NotFound(_) => "WasmHostIoError".into(),
        }
    }

    fn get_message(&self) -> Cow<'static, str> {
        self.to_string().into()
    }

    fn get_additional_properties(&self) -> AdditionalProperties {
        let reason = match self {
            Failure::Io(_, reason) => *reason,
            Failure::NotFound(_) => Some("ENOENT"),
            Failure::Denied(_) => None,
        };
        Box::new(reason.map(|reason| ("reason".into(), reason.into())).into_iter())
    }

    fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
}
