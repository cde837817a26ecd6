//! The declarations of this version, as an app includes them: one file.

/// Those of `runtime:wasm` and `runtime:app`.
pub(in crate::cli) const MODULES: &str = include_str!("../../../js/runtime-wasm.d.ts");

/// The same with those of the globals that an app has under `run`. It takes the place of TypeScript's `dom`, much of which is not there.
pub(in crate::cli) const ALL: &str = concat!(
    include_str!("../../../js/runtime-wasm.d.ts"),
    "\n",
    include_str!("../../../js/globals/core.d.ts"),
    "\n",
    include_str!("../../../js/globals/console.d.ts"),
    "\n",
    include_str!("../../../js/globals/events.d.ts"),
    "\n",
    include_str!("../../../js/globals/messages.d.ts"),
    "\n",
    include_str!("../../../js/globals/url.d.ts"),
    "\n",
    include_str!("../../../js/globals/encoding.d.ts"),
    "\n",
    include_str!("../../../js/globals/streams.d.ts"),
    "\n",
    include_str!("../../../js/globals/files.d.ts"),
    "\n",
    include_str!("../../../js/globals/fetch.d.ts"),
    "\n",
    include_str!("../../../js/globals/performance.d.ts"),
    "\n",
    include_str!("../../../js/globals/crypto.d.ts"),
);
