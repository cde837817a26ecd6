//! Ctrl-C and SIGTERM end the app, whatever its event loop is doing.

use super::ending::Ending;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code of a process that SIGINT ended, as shells report it.
const INTERRUPTED: i32 = 128 + 2;
/// The same for SIGTERM.
const TERMINATED: i32 = 128 + 15;

/// Starts the thread that waits for signals. It has an event loop of its own: the app's may be busy.
pub(super) fn watch(ending: Ending) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            let mut next = || runtime.block_on(next_code(&mut interrupt, &mut terminate));
            ending.ask(next());
            // A second signal means that the end takes too long for somebody.
            ending.force(next());
        })?;
    Ok(())
}

async fn next_code(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}
