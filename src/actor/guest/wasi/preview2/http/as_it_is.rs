//! Functions of an interface as wasmtime-wasi-http has them.

/// Those that hand out nothing new that is kept.
macro_rules! as_it_is {
    ($interface:ident: $(fn $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty;)*) => {$(
        fn $name(&mut self, $($arg: $ty),*) -> $answer {
            <wasmtime_wasi_http::WasiHttpCtxView<'_> as $interface>::$name(&mut self.http(), $($arg),*)
        }
    )*};
}

/// Those that do, for which there has to be room.
macro_rules! kept {
    ($interface:ident: $(fn $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty;)*) => {$(
        fn $name(&mut self, $($arg: $ty),*) -> $answer {
            self.http.held.room(&self.table)?;
            let made = <wasmtime_wasi_http::WasiHttpCtxView<'_> as $interface>::$name(&mut self.http(), $($arg),*);
            self.http.held.keep(&made);
            made
        }
    )*};
}

pub(super) use {as_it_is, kept};
