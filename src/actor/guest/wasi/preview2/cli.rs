//! `wasi:cli`: arguments, environment, standard streams and the end.

use super::guest::Preview2;
use super::input::SourceStream;
use super::sink::{Sink, SinkStream};
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime::{Error, Result};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::cli::terminal_input::TerminalInput;
use wasmtime_wasi::p2::bindings::cli::terminal_output::TerminalOutput;
use wasmtime_wasi::p2::bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

impl environment::Host for Preview2 {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        Ok(self.env.clone())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(self.args.clone())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(None)
    }
}

impl exit::Host for Preview2 {
    fn exit(&mut self, status: std::result::Result<(), ()>) -> Result<()> {
        Err(Error::new(I32Exit(status.is_err().into())))
    }

    fn exit_with_code(&mut self, code: u8) -> Result<()> {
        Err(Error::new(I32Exit(code.into())))
    }
}

impl Preview2 {
    fn output(&mut self, sink: Arc<Sink>) -> Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(SinkStream::new(sink));
        Ok(self.table.push(stream)?)
    }

    /// A mark that this is a terminal, which nothing can be done with.
    fn terminal_output(&mut self, is_terminal: bool) -> Result<Option<Resource<TerminalOutput>>> {
        Ok(is_terminal.then(|| self.table.push(TerminalOutput)).transpose()?)
    }
}

impl stdin::Host for Preview2 {
    fn get_stdin(&mut self) -> Result<Resource<DynInputStream>> {
        let stream: DynInputStream = Box::new(SourceStream::new(self.input.clone()));
        Ok(self.table.push(stream)?)
    }
}

impl stdout::Host for Preview2 {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>> {
        self.output(self.stdout.clone())
    }
}

impl stderr::Host for Preview2 {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>> {
        self.output(self.stderr.clone())
    }
}

impl terminal_stdin::Host for Preview2 {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<TerminalInput>>> {
        let is_terminal = self.input.is_terminal();
        Ok(is_terminal.then(|| self.table.push(TerminalInput)).transpose()?)
    }
}

impl terminal_stdout::Host for Preview2 {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        self.terminal_output(self.stdout.is_terminal())
    }
}

impl terminal_stderr::Host for Preview2 {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        self.terminal_output(self.stderr.is_terminal())
    }
}

impl terminal_input::Host for Preview2 {}

impl terminal_input::HostTerminalInput for Preview2 {
    fn drop(&mut self, terminal: Resource<TerminalInput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for Preview2 {}

impl terminal_output::HostTerminalOutput for Preview2 {
    fn drop(&mut self, terminal: Resource<TerminalOutput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}
