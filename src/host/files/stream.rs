//! Files that are read or written piece by piece, off the event loop.

use super::{WriteOptions, with_caps};
use crate::blocking;
use crate::host::failure::Failure;
use deno_core::{AsyncResult, BufView, OpState, Resource, ResourceId, WriteOutcome, op2};
use deno_error::JsErrorBox;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::rc::Rc;

/// Opens a file to be read.
#[op2]
#[smi]
pub(in crate::host) async fn op_wasm_host_open_to_read(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
) -> Result<ResourceId, Failure> {
    let opened = with_caps(state.clone(), move |caps| {
        let file = caps.open_to_read(&path).map_err(|error| Failure::of_path(&path, "read", error))?;
        Ok((file, path))
    });
    let (file, path) = opened.await?;
    Ok(state.borrow_mut().resource_table.add(OpenFile::new(file, path)))
}

/// Opens a file to be written.
#[op2]
#[smi]
pub(in crate::host) async fn op_wasm_host_open_to_write(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    #[serde] options: WriteOptions,
) -> Result<ResourceId, Failure> {
    let opened = with_caps(state.clone(), move |caps| {
        let file = caps.open_to_write(&path, options.into());
        Ok((file.map_err(|error| Failure::of_path(&path, "written", error))?, path))
    });
    let (file, path) = opened.await?;
    Ok(state.borrow_mut().resource_table.add(OpenFile::new(file, path)))
}

/// An open file. Empty while something is under way.
pub(in crate::host) struct OpenFile {
    file: RefCell<Option<File>>,
    /// As the app names it, for messages.
    path: String,
}

impl OpenFile {
    pub(in crate::host) fn new(file: File, path: String) -> OpenFile {
        OpenFile { file: RefCell::new(Some(file)), path }
    }

    /// Does this with the file on a thread that may wait.
    async fn with_file<T: Send + 'static>(
        &self,
        done: &str,
        work: impl FnOnce(&mut File) -> io::Result<T> + Send + 'static,
    ) -> Result<T, JsErrorBox> {
        let failed = |error: io::Error| JsErrorBox::from_err(Failure::of_path(&self.path, done, error));
        let mut file = self.file.take().ok_or_else(|| failed(io::ErrorKind::ResourceBusy.into()))?;
        let worked = blocking::run(move || {
            let done = work(&mut file);
            (file, done)
        });
        let (file, done) = worked.await.map_err(failed)?;
        self.file.replace(Some(file));
        done.map_err(failed)
    }
}

impl Resource for OpenFile {
    fn name(&self) -> Cow<'_, str> {
        "openFile".into()
    }

    fn read(self: Rc<Self>, limit: usize) -> AsyncResult<BufView> {
        Box::pin(async move {
            let read = self.with_file("read", move |file| {
                let mut piece = vec![0; limit];
                let length = file.read(&mut piece)?;
                piece.truncate(length);
                Ok(piece)
            });
            Ok(BufView::from(read.await?))
        })
    }

    fn write(self: Rc<Self>, bytes: BufView) -> AsyncResult<WriteOutcome> {
        Box::pin(async move {
            let (length, bytes) = (bytes.len(), bytes.to_vec());
            self.with_file("written", move |file| file.write_all(&bytes)).await?;
            Ok(WriteOutcome::Full { nwritten: length })
        })
    }
}
