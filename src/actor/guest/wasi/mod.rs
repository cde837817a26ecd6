//! What a WASI guest sees: argv, environment, directories, standard streams. All of it granted by someone else; here it is
//! only checked for being usable.
//!
//! `preview1` are the functions that a guest calls (which `link` gives it), on the `descriptors` that it has open: a `file`, a `folder` (which a `listing` is
//! made of) or one of the `streams`. `paths` and `open` find what a path names `beneath` a folder. Streams are `pipes`, which JavaScript
//! holds, or the host's own: its input is the `inlet`; what is written to its output by `stdio` goes through `terminal`, and whoever has
//! the `writer` of a `printer` writes it in whole `lines` by an `outlet`, while `progress` tells how far and `debts` who may hold others up.
//! `preview2` are the interfaces of components, for the same files, folders and streams.

mod beneath;
mod buffers;
mod debts;
mod descriptors;
mod errno;
mod file;
mod file_room;
mod folder;
mod inlet;
mod lines;
mod link;
mod listing;
mod open;
mod outlet;
mod paths;
mod pipes;
mod poll;
mod preview1;
mod preview2;
mod printer;
mod program;
mod progress;
mod seek;
mod stat;
mod stdio;
mod streams;
mod terminal;
mod world;
mod writer;

pub(super) use link::link;
pub(super) use preview1::Preview1;
pub(super) use preview2::{HasPreview2, Preview2, link_preview2};
pub(super) use program::{Program, WASI_MODULE, WasiGuest};
pub(super) use stdio::HostOutput;

use crate::actor::handle::Actor;
use crate::actor::protocol::config::{Preopen, Stdin, Stdout, WasiConfig};
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable::name as shown;
use descriptors::{Descriptor, Descriptors};
use folder::{Changes, OpenFolder};
use inlet::HostInput;
use outlet::Stream;
use parking_lot::Mutex;
use pipes::Pipes;
use preview2::Granted;
use program::Functions;
use rustix::fs::{Mode, OFlags, openat};
use std::sync::Arc;
use stdio::owner;
use streams::{Input, Output};
use world::World;

/// What of WASI a guest imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// None of it.
    Nothing,
    /// The functions of a core module.
    Preview1,
    /// The interfaces of a component.
    Preview2,
}

/// Builds what one guest sees; nothing where its module does not import WASI, and so nobody would see it.
///
/// # Errors
/// 5010 naming what is unusable, seen or not.
pub(crate) fn context(config: WasiConfig, actor: &Arc<Actor>, wanted: Wanted) -> Result<Option<WasiGuest>> {
    check(&config)?;
    if wanted == Wanted::Nothing && config.opens_nothing() {
        return Ok(None);
    }
    let WasiConfig { mut args, env, preopens, stdin, stdout, stderr, http } = config;
    if args.is_empty() {
        args.push(actor.name().to_string());
    }
    let folders = preopens.into_iter().map(folder).collect::<Result<Vec<_>>>()?;
    let mut pipes = Pipes::default();
    let input = match stdin {
        Stdin::Null => Input::Bytes(Mutex::default()),
        Stdin::Bytes(bytes) => Input::Bytes(Mutex::new(bytes.into())),
        Stdin::Inherit => Input::Host(HostInput::new(actor)?),
        Stdin::Pipe(reader) => Input::Pipe(pipes.add_input(reader)),
    };
    let printing_as = owner(actor);
    let mut inherited = Vec::new();
    let mut output = |stream, to| -> Result<Output> {
        Ok(match to {
            Stdout::Null => Output::Nowhere,
            Stdout::Inherit => {
                let output = HostOutput::new(stream, printing_as, actor)?;
                inherited.push(output.clone());
                Output::Host(output)
            }
            Stdout::Pipe(writer) => Output::Pipe(pipes.add_output(writer, actor)),
        })
    };
    let outputs = [output(Stream::Stdout, stdout)?, output(Stream::Stderr, stderr)?];
    let functions = match wanted {
        Wanted::Nothing => {
            // What it was given is reached by nobody.
            pipes.close();
            return Ok(None);
        }
        Wanted::Preview1 => {
            let streams = [Descriptor::Input(input)].into_iter().chain(outputs.map(Descriptor::Output));
            let descriptors = Descriptors::new(streams.chain(folders.into_iter().map(Descriptor::Folder)));
            Functions::Preview1(Preview1 { actor: actor.clone(), descriptors, world: World::new(args, env) })
        }
        Wanted::Preview2 => {
            let granted = Granted { args, env, folders, input, outputs, http };
            Functions::Preview2(Box::new(Preview2::new(actor.clone(), granted)))
        }
    };
    Ok(Some(WasiGuest { functions, pipes: Arc::new(pipes), inherited }))
}

/// A granted folder, opened for this guest.
fn folder(preopen: Preopen) -> Result<OpenFolder> {
    let Preopen { guest_path, dir, writable, changed } = preopen;
    match openat(dir, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(handle) => Ok(OpenFolder::new(handle.into(), Changes::new(writable, changed), Some(guest_path))),
        Err(error) => {
            let why = std::io::Error::from(error);
            Err(unusable(format!("the preopen \"{}\" cannot be opened: {why}", shown(&guest_path))))
        }
    }
}

fn check(config: &WasiConfig) -> Result<()> {
    if let Some(arg) = config.args.iter().find(|arg| arg.contains('\0')) {
        return Err(unusable(format!("the argument \"{}\" contains a NUL", shown(arg))));
    }
    for (name, value) in &config.env {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(unusable(format!("the environment name \"{}\" is empty or contains `=` or NUL", shown(name))));
        }
        if value.contains('\0') {
            return Err(unusable(format!("the value of the environment variable \"{}\" contains a NUL", shown(name))));
        }
    }
    for (index, preopen) in config.preopens.iter().enumerate() {
        let path = &preopen.guest_path;
        if path.is_empty() || path.contains('\0') {
            return Err(unusable(format!(
                "the guest path \"{}\" of a preopen is empty or contains a NUL",
                shown(path)
            )));
        }
        if config.preopens[..index].iter().any(|other| other.guest_path == *path) {
            return Err(unusable(format!("the guest path \"{}\" is given to two preopens", shown(path))));
        }
    }
    Ok(())
}

fn unusable(text: String) -> WasmError {
    WasmError::new(ErrorCode::Wasi, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engines, Page};

    #[test]
    fn who_imports_no_wasi_has_none_of_it_and_the_world_is_made_when_it_is_asked() {
        let (of, engines) = ((1, Arc::default()), (Arc::new(Engines::default()), Page::default()));
        let actor = Arc::new(Actor::new(1, "guest".into(), of, &Default::default(), engines, |_| {}));
        let config = || WasiConfig { args: vec!["a".to_owned()], ..WasiConfig::default() };
        assert!(context(config(), &actor, Wanted::Nothing).unwrap().is_none());
        let unusable = WasiConfig { args: vec!["\0".to_owned()], ..WasiConfig::default() };
        assert_eq!(context(unusable, &actor, Wanted::Nothing).err().unwrap().code, ErrorCode::Wasi);
        let mut guest = context(config(), &actor, Wanted::Preview1).unwrap().unwrap();
        let functions = guest.preview1().unwrap();
        assert!(!functions.world.is_made());
        functions.world.get();
        assert!(functions.world.is_made());
    }
}
