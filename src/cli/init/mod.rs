//! `runtime-wasm init`: writes an app that runs as it is.

mod language;
mod templates;
mod write;

use super::output::{print, shell_word, shown};
use clap::Args;
use language::Language;
use std::error::Error;
use std::path::PathBuf;

/// Write an app with a plugin, which run as they are
#[derive(Args)]
#[command(after_help = "\
Examples:
  runtime-wasm init app && runtime-wasm run app/main.ts
  runtime-wasm init app --plugin c

The app comes with its plugin as source, with a script that builds it, and built: no compiler is needed to begin with. Files that exist are never
written over: a README.md and a .gitignore stay as they are, and where another of these names is taken, nothing is written.")]
pub(super) struct Init {
    /// What the plugin is written in
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Language::Rust)]
    plugin: Language,
    /// The folder for the app; it is made where there is none
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Init {
    /// Writes the app, and says what to do with it.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let left = write::files(&self.folder, &templates::files(self.plugin))?;
        let word = |file: &str| shell_word(&shown(&self.folder.join(file)));
        print(&format!(
            "{}: an app, and a plugin in {}

  runtime-wasm run {}       runs the app
  sh {}             builds the plugin anew; its first lines say what that takes
",
            shown(&self.folder),
            self.plugin.name(),
            word("main.ts"),
            word("plugin/build.sh"),
        ))?;
        if !left.is_empty() {
            print(&format!("\nWhat was there is left as it is: {}\n", left.join(", ")))?;
        }
        if self.plugin == Language::JavaScript {
            print(
                "\nUntil it is built, plugins/plugin.wasm is a small stand-in with the same functions: a plugin in JavaScript has an engine in it, of 1.6 MB.\n",
            )?;
        }
        Ok(0)
    }
}
