//! The standard streams, and the terminal.

use super::app::{App, printed};
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;

#[test]
fn bytes_come_in_and_go_out_as_they_are() {
    let app = App::new("");
    let script = r#"
        for await (const bytes of app.stdin.readable) await app.stdout.write(bytes);
        await app.stderr.write("over");
        console.log(app.stdin.isTerminal, app.stdout.isTerminal, app.stdin.readable === app.stdin.readable);
    "#;
    let mut child =
        app.command(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // More than pipes hold, and no text.
    let bytes: Vec<u8> = (0..400_000_u32).map(|number| (number * 7) as u8).collect();
    let mut stdin = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let sender = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    sender.join().unwrap();
    assert!(output.stdout == [&bytes[..], b"false false true\n"].concat(), "{} bytes", output.stdout.len());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "over");
}

#[test]
fn an_input_that_stays_open_keeps_no_app_that_has_let_go_of_it() {
    let app = App::new("");
    let script = r#"
        const reader = app.stdin.readable.getReader();
        console.log(new TextDecoder().decode((await reader.read()).value));
        const waiting = reader.read();
        await reader.cancel();
        console.log((await waiting).done);
    "#;
    let mut child = app.command(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one").unwrap();
    assert!(child.wait().unwrap().success());
    let mut found = String::new();
    child.stdout.take().unwrap().read_to_string(&mut found).unwrap();
    assert_eq!(found, "one\ntrue\n");
    drop(stdin);
}

#[test]
fn an_output_that_nobody_reads_holds_up_nothing_and_one_that_is_gone_is_an_error() {
    let app = App::new("");
    let script = r#"
        const written = [app.stdout.write(new Uint8Array(1_000_000)), app.stdout.write("x")].map((promise) => short(promise));
        await new Promise((resolve) => setTimeout(resolve, 1));
        console.error("goes on");
        console.error((await Promise.all(written)).join());
    "#;
    let mut child = app.command(script).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut said = [0; 8];
    stderr.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"goes on\n");
    drop(child.stdout.take());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "IoError EPIPE,IoError EPIPE\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_terminal_is_known_with_its_size() {
    let (mut outer, mut inner) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: both descriptors are valid for writes, the size is one, and the other arguments may be null.
    let failed = unsafe {
        libc::openpty(&raw mut outer, &raw mut inner, std::ptr::null_mut(), std::ptr::null(), &raw const size)
    };
    assert_eq!(failed, 0, "openpty: {}", std::io::Error::last_os_error());
    // SAFETY: they are open, and nobody else's.
    let (_outer, inner) = unsafe { (OwnedFd::from_raw_fd(outer), OwnedFd::from_raw_fd(inner)) };
    let app = App::new("");
    let script = r#"console.log(JSON.stringify([app.terminalSize(), app.stdin.isTerminal, app.stdout.isTerminal]));"#;
    assert_eq!(app.run(script), "[null,false,false]\n");
    let output = app.command(script).stdin(inner).output().unwrap();
    assert_eq!(printed(&output), "[{\"columns\":100,\"rows\":24},true,false]\n");
}
