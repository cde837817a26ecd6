//! Preview 1 in a linker: each function under its name. What a guest makes up for a flag or a kind that there is not is errno `inval`,
//! as for a native program, and no trap.

use super::preview1::Preview1;
use super::program::WASI_MODULE;
use crate::actor::guest::state::GuestState;
use wasmtime::{Caller, Extern, Linker, Result};
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p1::wasi_snapshot_preview1 as abi;
use wiggle::{GuestError, GuestMemory};

/// Links those functions of a list that are wanted and answer at once.
macro_rules! link {
    ($linker:expr, $wanted:expr, $($name:ident($($arg:ident: $ty:ty),*);)*) => {$(
        if $wanted(stringify!($name)) {
            let function = |mut caller: Caller<'_, GuestState>, $($arg: $ty),*| -> Result<i32> {
                let (mut memory, functions) = parts(&mut caller)?;
                answer(abi::$name(functions, &mut memory, $($arg),*))
            };
            $linker.func_wrap(WASI_MODULE, stringify!($name), function)?;
        }
    )*};
}

/// Links those that may wait.
macro_rules! link_async {
    ($linker:expr, $wanted:expr, $($name:ident($($arg:ident: $ty:ty),*);)*) => {$(
        if $wanted(stringify!($name)) {
            let name = stringify!($name);
            $linker.func_wrap_async(WASI_MODULE, name, |mut caller: Caller<'_, GuestState>, ($($arg,)*): ($($ty,)*)| {
                Box::new(async move {
                    let (mut memory, functions) = parts(&mut caller)?;
                    answer(abi::$name(functions, &mut memory, $($arg),*).await)
                })
            })?;
        }
    )*};
}

/// Adds those functions of preview 1 to the linker of a module that it wants.
pub(crate) fn link(linker: &mut Linker<GuestState>, wanted: impl Fn(&str) -> bool) -> Result<()> {
    link! { linker, wanted,
        args_get(a: i32, b: i32);
        args_sizes_get(a: i32, b: i32);
        environ_get(a: i32, b: i32);
        environ_sizes_get(a: i32, b: i32);
        clock_res_get(a: i32, b: i32);
        clock_time_get(a: i32, b: i64, c: i32);
        fd_allocate(a: i32, b: i64, c: i64);
        fd_fdstat_set_flags(a: i32, b: i32);
        fd_fdstat_set_rights(a: i32, b: i64, c: i64);
        fd_prestat_get(a: i32, b: i32);
        fd_prestat_dir_name(a: i32, b: i32, c: i32);
        fd_tell(a: i32, b: i32);
        proc_raise(a: i32);
        sched_yield();
        random_get(a: i32, b: i32);
        sock_accept(a: i32, b: i32, c: i32);
        sock_recv(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32);
        sock_send(a: i32, b: i32, c: i32, d: i32, e: i32);
        sock_shutdown(a: i32, b: i32);
    }
    link_async! { linker, wanted,
        fd_advise(a: i32, b: i64, c: i64, d: i32);
        fd_close(a: i32);
        fd_datasync(a: i32);
        fd_fdstat_get(a: i32, b: i32);
        fd_filestat_get(a: i32, b: i32);
        fd_filestat_set_size(a: i32, b: i64);
        fd_filestat_set_times(a: i32, b: i64, c: i64, d: i32);
        fd_pread(a: i32, b: i32, c: i32, d: i64, e: i32);
        fd_pwrite(a: i32, b: i32, c: i32, d: i64, e: i32);
        fd_read(a: i32, b: i32, c: i32, d: i32);
        fd_readdir(a: i32, b: i32, c: i32, d: i64, e: i32);
        fd_renumber(a: i32, b: i32);
        fd_seek(a: i32, b: i64, c: i32, d: i32);
        fd_sync(a: i32);
        fd_write(a: i32, b: i32, c: i32, d: i32);
        path_create_directory(a: i32, b: i32, c: i32);
        path_filestat_get(a: i32, b: i32, c: i32, d: i32, e: i32);
        path_filestat_set_times(a: i32, b: i32, c: i32, d: i32, e: i64, f: i64, g: i32);
        path_link(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32);
        path_open(a: i32, b: i32, c: i32, d: i32, e: i32, f: i64, g: i64, h: i32, i: i32);
        path_readlink(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32);
        path_remove_directory(a: i32, b: i32, c: i32);
        path_rename(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32);
        path_symlink(a: i32, b: i32, c: i32, d: i32, e: i32);
        path_unlink_file(a: i32, b: i32, c: i32);
        poll_oneoff(a: i32, b: i32, c: i32, d: i32);
    }
    if !wanted("proc_exit") {
        return Ok(());
    }
    let exit = |mut caller: Caller<'_, GuestState>, code: i32| -> Result<()> {
        let (mut memory, functions) = parts(&mut caller)?;
        abi::proc_exit(functions, &mut memory, code)
    };
    linker.func_wrap(WASI_MODULE, "proc_exit", exit)?;
    Ok(())
}

/// The guest's memory, and what serves the call.
fn parts<'a>(caller: &'a mut Caller<'_, GuestState>) -> Result<(GuestMemory<'a>, &'a mut Preview1)> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        wasmtime::bail!("missing required memory export");
    };
    let (bytes, state) = memory.data_and_store_mut(caller);
    let functions = state.wasi_for_a_call().expect("linked only where the module imports WASI");
    Ok((GuestMemory::Unshared(bytes), functions))
}

fn answer(answer: Result<i32>) -> Result<i32> {
    answer.or_else(|error| {
        let is_made_up = error.downcast_ref().is_some_and(is_made_up);
        if is_made_up { Ok(Errno::Inval as i32) } else { Err(error) }
    })
}

/// Is it a number that names no flag, or no kind?
fn is_made_up(error: &GuestError) -> bool {
    match error {
        GuestError::InFunc { err, .. } => is_made_up(err),
        GuestError::InvalidFlagValue(_) | GuestError::InvalidEnumValue(_) | GuestError::TryFromIntError(_) => true,
        _ => false,
    }
}
