//! The examples by the npm package, on Node.

use super::blocks::{Test, blocks, root};
use super::examples::{Example, the_batch_ends, the_batch_is_stopped, the_repl_answers, the_repl_asks_on_a_terminal};
use super::running::PATIENCE;
use super::story::fits;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What the page says that its commands print, the first time.
fn printed_on(page: &str) -> String {
    blocks(page).into_iter().find(|block| block.test == Test::Prints).expect(page).text
}

#[test]
fn the_zoo_on_node() {
    let (lines, code) = Example::new("zoo").start("node.js", &[]).finish();
    let (expected, printed) = (printed_on("examples/zoo/README.md"), lines.join("\n"));
    assert!(fits(&expected, &printed) && code == Some(0), "{expected}\n{printed}");
}

#[test]
fn the_batch_on_node() {
    the_batch_ends("node.js");
}

#[test]
fn the_batch_is_stopped_on_node() {
    the_batch_is_stopped("node.js");
}

/// With a terminal the line is written over, and never wraps.
#[test]
fn the_batch_shows_its_progress_on_a_terminal() {
    let script = "const { Progress } = await import(process.argv[1]);
        const progress = new Progress({ write: (text) => process.stdout.write(text), columns: 40 }, 2);
        progress.begin('a'.repeat(60)); progress.begin('b');
        progress.end('b', 'its \\x1b[2J code', true); progress.end('a', 'done', false); progress.over();";
    let module = root().join("examples/batch/progress.js");
    let output = Command::new("node").args(["--input-type=module", "-e", script]).arg(module).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let drawn: Vec<&str> = printed.split("\r\u{1b}[K").skip(1).collect();
    assert!(drawn.iter().all(|line| line.trim_end().len() < 40), "{drawn:#?}");
    assert_eq!(drawn[2], "1/2  b: its \\u{1b}[2J code\n", "{drawn:#?}");
    assert!(drawn[3].starts_with("[##########..........] 1/2, 1 failed: a"), "{drawn:#?}");
    assert_eq!(drawn.last(), Some(&"1 done, 1 failed\n"), "{drawn:#?}");
}

#[test]
fn the_repl_on_node() {
    the_repl_answers("node.js");
}

#[test]
fn the_repl_on_a_terminal_on_node() {
    the_repl_asks_on_a_terminal("node.js");
}

/// Status and body.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn a_server_on_node_replaces_its_plugin_under_load() {
    let example = Example::new("hot-reload");
    let server = example.start("server.js", &[]);
    let url = server.line();
    let address = url.strip_prefix("http://").unwrap();
    let over = AtomicBool::new(false);
    // Asks one after another until it is over, and gives back which versions have answered, in that order.
    let client = |first: usize| {
        let mut versions = Vec::new();
        for number in (first..).step_by(4) {
            // The last one begins when all has been replaced.
            let last = over.load(Ordering::SeqCst);
            let (status, body) = get(address, &format!("/{number}"));
            assert_eq!(status, 200, "{number}: {body}");
            versions.push(body.trim_end().parse::<usize>().unwrap() - 10 * number);
            if last {
                break;
            }
        }
        versions
    };
    thread::scope(|scope| {
        // None of them is the 13 that is never answered.
        let client = &client;
        let clients: Vec<_> = [14, 15, 16].map(|first| scope.spawn(move || client(first * 1000))).into();
        let spins = get(address, "/13");
        assert!(spins.0 == 504 && spins.1.starts_with("[5011] "), "{spins:?}");
        for number in [2, 3] {
            example.replace(&example.version(number));
            assert_eq!(server.line(), "replaced");
        }
        over.store(true, Ordering::SeqCst);
        for client in clients {
            let versions = client.join().unwrap();
            assert!(versions.is_sorted() && versions.last() == Some(&3), "{versions:?}");
        }
    });
}
