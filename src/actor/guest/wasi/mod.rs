//! What a WASI guest sees: argv, environment, directories, standard streams. All of it granted by someone else; here it is
//! only checked for being usable.
//!
//! `open`, `readdir` and `sleep` stand in the place of functions of wasmtime-wasi; `folder` lists one folder for `readdir`. `stdio` is the
//! host's own streams: what is written goes through `terminal`, and `printer` writes it in whole `lines` by an `outlet`. `pipes` are the
//! streams that JavaScript holds.

mod folder;
mod folders;
mod lines;
mod open;
mod outlet;
mod pipes;
mod preopen;
mod printer;
mod program;
mod readdir;
mod sleep;
mod stdio;
mod terminal;

pub(super) use program::{Program, WASI_MODULE, WasiGuest};
pub(super) use stdio::HostOutput;

use super::state::GuestState;
use crate::actor::handle::Actor;
use crate::actor::protocol::config::{Stdin, Stdout, WasiConfig};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{HOST_RESOURCES_MAX, RANDOM_BYTES_MAX};
use crate::printable::name as shown;
use folders::Folders;
use pipes::Pipes;
use printer::Stream;
use std::sync::Arc;
use stdio::{new_owner, own_stdin};
use wasmtime::{Caller, Linker};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{I32Exit, WasiCtxBuilder, WasiView};

/// Builds the context of one guest.
///
/// # Errors
/// 5010 naming what is unusable.
pub(crate) fn context(config: WasiConfig, actor: &Arc<Actor>) -> Result<WasiGuest> {
    check(&config)?;
    let WasiConfig { args, env, preopens, stdin, stdout, stderr } = config;
    let mut builder = WasiCtxBuilder::new();
    // File operations run on the guest's own thread: when that is gone, nothing of the guest is under way. What could block
    // there is not: see `open` and `sleep`.
    builder.max_random_size(RANDOM_BYTES_MAX).allow_blocking_current_thread(true);
    if args.is_empty() {
        builder.arg(actor.name());
    }
    builder.args(&args).envs(&env);
    for preopen in &preopens {
        preopen::add(&mut builder, preopen).map_err(unusable)?;
    }
    let mut pipes = Pipes::default();
    match stdin {
        Stdin::Null => {}
        Stdin::Bytes(bytes) => {
            builder.stdin(MemoryInputPipe::new(bytes));
        }
        Stdin::Inherit => {
            builder.inherit_stdin();
            own_stdin(actor)?;
        }
        Stdin::Pipe(reader) => {
            builder.stdin(pipes.add_input(reader));
        }
    }
    let printing_as = new_owner();
    let mut inherited = Vec::new();
    match stdout {
        Stdout::Null => {}
        Stdout::Inherit => {
            let output = HostOutput::new(Stream::Stdout, printing_as, actor)?;
            inherited.push(output.clone());
            builder.stdout(output);
        }
        Stdout::Pipe(writer) => {
            builder.stdout(pipes.add_output(writer, actor));
        }
    }
    match stderr {
        Stdout::Null => {}
        Stdout::Inherit => {
            let output = HostOutput::new(Stream::Stderr, printing_as, actor)?;
            inherited.push(output.clone());
            builder.stderr(output);
        }
        Stdout::Pipe(writer) => {
            builder.stderr(pipes.add_output(writer, actor));
        }
    }
    let mut context = builder.build_p1();
    context.ctx().table.set_max_capacity(HOST_RESOURCES_MAX);
    Ok(WasiGuest { context, folders: Folders::default(), pipes: Arc::new(pipes), inherited })
}

/// Adds preview 1 to the linker of a module that imports it.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p1::add_to_linker_async(linker, |state: &mut GuestState| {
        state.wasi_for_a_call().expect("linked only where the module imports WASI")
    })?;
    // wasmtime-wasi refuses codes from 126 on, for a shell's sake; here a code is a number like any other.
    linker.allow_shadowing(true);
    let exit = |mut caller: Caller<'_, GuestState>, code: i32| -> wasmtime::Result<()> {
        caller.data_mut().wasi_for_a_call();
        Err(I32Exit(code).into())
    };
    linker.func_wrap(WASI_MODULE, "proc_exit", exit)?;
    open::link(linker)?;
    readdir::link(linker)?;
    sleep::link(linker)
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
