//! What wasmtime-wasi knows of the world: arguments, environment, clocks and random numbers. It is made when a guest first asks for one
//! of them: seeds for random numbers and all that is there for files, which are ours, would cost as much as the rest of an instance.

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::WasiP1Ctx;

/// See above.
#[derive(Default)]
pub(super) struct World {
    args: Vec<String>,
    env: Vec<(String, String)>,
    made: Option<Box<WasiP1Ctx>>,
}

impl World {
    /// With these arguments and variables.
    pub(super) fn new(args: Vec<String>, env: Vec<(String, String)>) -> Self {
        World { args, env, made: None }
    }

    #[cfg(test)]
    pub(super) fn is_made(&self) -> bool {
        self.made.is_some()
    }

    /// What serves the calls.
    pub(super) fn get(&mut self) -> &mut WasiP1Ctx {
        let World { args, env, made } = self;
        made.get_or_insert_with(|| {
            Box::new(WasiCtxBuilder::new().args(&std::mem::take(args)).envs(&std::mem::take(env)).build_p1())
        })
    }
}
