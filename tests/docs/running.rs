//! Programs that run, in a pipe or on a terminal: what they print and show is waited for.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// What takes longer is a finding.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A script that runs, and the lines that it prints. It is ended with this.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn new(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // Whoever waits for a line waits for so long and no longer.
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Running { child, lines }
    }

    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it prints another line")
    }

    /// All that it prints from here on, and its exit code.
    pub fn finish(mut self) -> (Vec<String>, Option<i32>) {
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            lines.push(line);
        }
        let ended = self.child.wait().unwrap();
        (lines, ended.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A script that runs on a terminal, and what that shows. It is ended with this.
pub struct OnTerminal {
    pub child: Child,
    keyboard: File,
    pieces: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl OnTerminal {
    pub fn new(mut command: Command, columns: u16) -> OnTerminal {
        let (mut outer, mut inner) = (-1, -1);
        let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: both descriptors are valid for writes, the size is one, and the other arguments may be null.
        let failed = unsafe {
            libc::openpty(&raw mut outer, &raw mut inner, std::ptr::null_mut(), std::ptr::null(), &raw const size)
        };
        assert_eq!(failed, 0, "openpty: {}", std::io::Error::last_os_error());
        // SAFETY: they are open, and nobody else's.
        let (keyboard, inner) = unsafe { (File::from_raw_fd(outer), OwnedFd::from_raw_fd(inner)) };
        command.stdin(inner.try_clone().unwrap()).stdout(inner.try_clone().unwrap()).stderr(inner);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, pieces) = channel();
        let mut screen = keyboard.try_clone().unwrap();
        // It ends with an error, once the last program has closed the terminal: the command above holds it open as well.
        drop(command);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        OnTerminal { child, keyboard, pieces, shown: Vec::new() }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Waits until it shows this, after what was waited for before, and gives all up to its end.
    pub fn until(&mut self, end: &str) -> String {
        loop {
            let text = self.text();
            if let Some(at) = text.find(end) {
                self.shown = text[at + end.len()..].into();
                return text[..at + end.len()].into();
            }
            let piece = self.pieces.recv_timeout(PATIENCE);
            self.shown.extend(piece.unwrap_or_else(|error| panic!("{error}: no {end:?} in {text:?}")));
        }
    }

    /// Presses keys.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: it sends a signal to a child that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// What it still shows, and its exit code.
    pub fn finish(mut self) -> (String, Option<i32>) {
        while let Ok(piece) = self.pieces.recv_timeout(PATIENCE) {
            self.shown.extend(piece);
        }
        (self.text(), self.child.wait().unwrap().code())
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
