//! Signals, and how an app ends.

use super::app::{App, line};
use std::io::Read;
use std::process::{Child, ChildStdout, Stdio};

/// A child that has said "ready".
fn ready(app: &App, script: &str) -> (Child, ChildStdout) {
    let mut child = app.command(script).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    assert_eq!(line(&mut stdout), "ready\n");
    (child, stdout)
}

fn send(child: &Child, signal: i32) {
    // SAFETY: it sends a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

/// What the child still prints, and its exit code.
fn rest(mut child: Child, mut stdout: ChildStdout) -> (String, Option<i32>) {
    let (mut text, mut errors) = (String::new(), String::new());
    stdout.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (text + &errors, child.wait().unwrap().code())
}

#[test]
fn listeners_are_done_before_a_signal_ends_the_app() {
    let app = App::new("");
    for (signal, name, code) in [(libc::SIGTERM, "SIGTERM", 143), (libc::SIGINT, "SIGINT", 130)] {
        let script = format!(
            r#"
            const timer = setInterval(() => {{}}, 1000);
            app.onSignal("{name}", async (event) => {{
              console.log("first", event.signal);
              await new Promise((resolve) => setTimeout(resolve, 20));
              console.log("saved");
            }});
            const stop = app.onSignal("{name}", () => console.log("never"));
            app.onSignal("{name}", () => console.log("second"));
            stop();
            console.log("ready");
            "#
        );
        let (child, stdout) = ready(&app, &script);
        send(&child, signal);
        assert_eq!(rest(child, stdout), (format!("first {name}\nsecond\nsaved\n"), Some(code)));
    }
}

#[test]
fn an_app_goes_on_after_a_signal_if_it_says_so_and_others_end_nothing() {
    let app = App::new("");
    let script = r#"
        let left = 2;
        app.onSignal("SIGINT", (event) => {
          event.preventDefault();
          console.log("interrupted");
        });
        app.onSignal("SIGUSR1", () => console.log("one"));
        const stop = app.onSignal("SIGTERM", () => console.log("not any more"));
        stop();
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, script);
    for _ in 0..2 {
        send(&child, libc::SIGINT);
        assert_eq!(line(&mut stdout), "interrupted\n");
        send(&child, libc::SIGUSR1);
        assert_eq!(line(&mut stdout), "one\n");
    }
    send(&child, libc::SIGTERM);
    assert_eq!(rest(child, stdout), (String::new(), Some(143)));
}

#[test]
fn a_listener_that_listens_again_hears_of_the_next_signal() {
    let app = App::new("");
    let script = r#"
        let heard = 0;
        const listen = () => {
          console.log(`heard ${heard += 1}`);
          if (heard === 1) setTimeout(() => console.log("and that was all"), 0);
          if (heard === 3) app.exit(0);
          app.onSignal("SIGUSR1", listen);
        };
        app.onSignal("SIGUSR1", listen);
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, script);
    send(&child, libc::SIGUSR1);
    assert_eq!([line(&mut stdout), line(&mut stdout)], ["heard 1\n", "and that was all\n"]);
    // Both listen now.
    send(&child, libc::SIGUSR1);
    assert_eq!(rest(child, stdout), ("heard 2\nheard 3\n".to_owned(), Some(0)));
}

#[test]
fn listeners_that_take_too_long_end_with_another_signal_or_with_their_time() {
    let app = App::new("");
    let waits = r#"
        app.onSignal("SIGTERM", () => {
          console.log("waiting");
          return new Promise((resolve) => setTimeout(resolve, 1e6));
        });
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, waits);
    send(&child, libc::SIGTERM);
    assert_eq!(line(&mut stdout), "waiting\n");
    send(&child, libc::SIGINT);
    assert_eq!(rest(child, stdout), (String::new(), Some(130)));

    // One that never comes back is ended after its time, and so is an app that never takes notice.
    let spins = "app.onSignal(\"SIGTERM\", () => { console.log(\"spins\"); while (true); }); setInterval(() => {}, 1000); console.log(\"ready\");";
    let busy = "app.onSignal(\"SIGTERM\", () => console.log(\"never\")); console.log(\"ready\"); while (true);";
    let children = [waits, spins, busy].map(|script| ready(&app, script));
    children.iter().for_each(|(child, _)| send(child, libc::SIGTERM));
    let ends = children.map(|(child, stdout)| rest(child, stdout));
    assert_eq!(ends, ["waiting\n", "spins\n", ""].map(|said| (said.to_owned(), Some(143))));
}

#[test]
fn a_listener_may_exit_or_fail_and_an_app_that_has_nothing_else_to_do_ends() {
    let app = App::new("");
    for (listener, said, code) in [
        ("() => app.exit(7)", "", 7),
        ("() => { throw new Error('on purpose'); }", "on purpose", 1),
        // One that listens once.
        (
            "async () => { stop(); await new Promise((done) => setTimeout(done, 20)); console.log('saved'); }",
            "saved",
            143,
        ),
        ("() => { clearInterval(timer); return new Promise(() => {}); }", "", 143),
    ] {
        let script = format!(
            "const timer = setInterval(() => {{}}, 1000); const stop = app.onSignal(\"SIGTERM\", {listener}); console.log(\"ready\");"
        );
        let (child, stdout) = ready(&app, &script);
        send(&child, libc::SIGTERM);
        let (found, ended) = rest(child, stdout);
        assert!(ended == Some(code) && found.contains(said), "{listener}: {found} {ended:?}");
    }
    // To listen is no reason to go on.
    assert_eq!(app.run("app.onSignal(\"SIGINT\", () => {}); app.onSignal(\"SIGHUP\", () => {});"), "");
    let found = app
        .run("try { app.onSignal(\"SIGKILL\", () => {}); } catch (error) { console.log(error.name, error.message); }");
    assert!(found.starts_with("TypeError \"SIGKILL\" is no signal to listen to; there are SIGINT, "), "{found}");
}
