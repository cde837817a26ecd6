//! `runtime-wasm types`: the TypeScript declarations of this very version, or those of a module.

mod component;
pub(super) mod declarations;
mod functions;
mod module;
pub(super) mod names;
mod text;
mod values;
mod world;

use super::module_file::Bound;
use super::output::{print, shown};
use crate::engine::{Kind, read_component, validate_and_inspect};
use clap::Args;
use std::error::Error;
use std::path::{Path, PathBuf};
use text::{Text, comment, quoted};

/// Print the TypeScript declarations of runtime:wasm, runtime:app and the globals, or those of a module or a component
#[derive(Args)]
#[command(after_help = "Examples:
  runtime-wasm types > runtime-wasm.d.ts                                 what tsconfig.json includes, in place of \"lib\": [\"DOM\"]
  runtime-wasm types plugin.wasm --out plugin.d.ts                       import type { Plugin } from \"./plugin.d.ts\"
  runtime-wasm types plugin.wasm --from runtime-wasm --out plugin.d.ts   for the npm package

With the latter, `instantiate<Plugin>(module, { imports })` knows what the module imports and exports.")]
pub(super) struct Types {
    /// Write to this file, not to stdout
    #[arg(long, value_name = "FILE.d.ts")]
    out: Option<PathBuf>,
    /// Leave out the globals, for a program that embeds runtime:wasm and has globals of its own
    #[arg(long, conflicts_with = "file")]
    no_globals: bool,
    /// How the type is called; else after the file
    #[arg(long, value_name = "NAME", requires = "file", value_parser = names::parse)]
    name: Option<String>,
    /// Where the declarations of this runtime come from: runtime-wasm for the npm package
    #[arg(long, value_name = "MODULE", requires = "file", default_value = "runtime:wasm")]
    from: String,
    #[command(flatten)]
    module: Bound,
    /// The module or component to declare; without one, the runtime itself
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Types {
    /// Writes them.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let text = match &self.file {
            None if self.no_globals => declarations::MODULES.to_owned(),
            None => declarations::ALL.to_owned(),
            Some(file) => self.of(file)?,
        };
        match &self.out {
            None => print(&text)?,
            Some(out) => {
                std::fs::write(out, text).map_err(|error| format!("{} cannot be written: {error}", shown(out)))?;
            }
        }
        Ok(0)
    }

    /// The declarations of a module or a component.
    fn of(&self, file: &Path) -> Result<String, Box<dyn Error>> {
        let path = shown(file);
        let bytes = self.module.read(file)?;
        let file_name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let name = self.name.clone().unwrap_or_else(|| names::after_file(file));
        let mut text = Text::default();
        text.line(&format!("// Made by `runtime-wasm types {}`.", comment(&file_name)));
        text.gap();
        let from = quoted(&self.from);
        if Kind::of(&bytes) == Kind::Component {
            return Ok(read_component(&path, &bytes, move |decoded| component::write(text, &name, &from, decoded))?);
        }
        let info = validate_and_inspect(&path, &bytes)?;
        module::write(&mut text, &name, &from, &info);
        Ok(text.finish().map_err(|what| format!("{path} has types that cannot be written: {what}"))?)
    }
}
