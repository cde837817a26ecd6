//! Ctrl-C and SIGTERM end the app, whatever its event loop is doing.

use super::ending::Ending;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code of a process that SIGINT ended, as shells report it.
const INTERRUPTED: i32 = 128 + 2;
/// The same for SIGTERM.
const TERMINATED: i32 = 128 + 15;

/// Starts the thread that waits for signals. It has an event loop of its own: the app's may be busy.
pub(super) fn watch(ending: Ending) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        loop {
            let code = runtime.block_on(next_code(&mut interrupt, &mut terminate));
            if ending.is_over() {
                // The signal is for another app of this process, or came as the process ends.
                continue;
            }
            if !ending.ask(code) {
                // The app is ending already, and that takes too long for somebody.
                ending.force(code);
            }
        }
    })?;
    Ok(())
}

async fn next_code(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}
