//! What a shell and `man` are told of the command line: `completions` prints the one, `man` writes the other.

use super::output::{print, shown};
use clap::{Args, Command, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// The section of programs.
const SECTION: &str = "1";

/// Print what completes this command line in a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  runtime-wasm completions bash > ~/.local/share/bash-completion/completions/runtime-wasm
  runtime-wasm completions zsh > ~/.zfunc/_runtime-wasm          with ~/.zfunc in $fpath
  runtime-wasm completions fish > ~/.config/fish/completions/runtime-wasm.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Write the manual pages, one for each command
#[derive(Args)]
#[command(after_help = "\
Examples:
  runtime-wasm man ~/.local/share/man/man1")]
pub(super) struct Manual {
    /// The folder that they are written into; it is made if there is none
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

impl Completions {
    /// Prints them.
    pub(super) fn execute(self, mut cli: Command) -> Result<i32, Box<dyn Error>> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli, "runtime-wasm", &mut script);
        // For bash a name with a dash is spelled in two ways, so that commands would have no options.
        let script = String::from_utf8(script)?.replace("runtime__subcmd__wasm", "runtime__wasm");
        print(&script)?;
        Ok(0)
    }
}

impl Manual {
    /// Writes them.
    pub(super) fn execute(self, cli: Command) -> Result<i32, Box<dyn Error>> {
        let failed = |error: std::io::Error| format!("{} cannot be written: {error}", shown(&self.folder));
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut cli = cli.version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
        cli.build();
        let source = format!("runtime-wasm {}", env!("CARGO_PKG_VERSION"));
        for command in std::iter::once(&cli).chain(cli.get_subcommands()) {
            // Without a date: the same version has the same pages.
            let mut page = Vec::new();
            let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let command = command.clone().after_help(None::<&str>);
            let man = Man::new(command).title(&name).section(SECTION).source(&source).manual("runtime-wasm");
            man.render(&mut page)?;
            sections(&after).to_writer(&mut page)?;
            fs::write(self.folder.join(format!("{name}.{SECTION}")), page).map_err(failed)?;
        }
        Ok(0)
    }
}

/// What a command's help ends with: a section for each list with a heading, such as "Examples:", whose lines stay as they are. clap_mangen would
/// make one paragraph of all.
fn sections(after: &str) -> Roff {
    let mut page = Roff::new();
    let (lists, notes): (Vec<&str>, Vec<&str>) =
        after.split("\n\n").filter(|part| !part.is_empty()).partition(|part| part.contains("\n  "));
    if !notes.is_empty() {
        page.control("SH", ["NOTES"]);
    }
    for note in notes {
        page.control("PP", []).text([roman(note)]);
    }
    for list in lists {
        let (heading, lines) = list.split_once('\n').unwrap_or(("", list));
        page.control("SH", [heading.trim_end_matches(':').to_uppercase().as_str()]);
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line.trim_start())]);
        }
        page.control("fi", []);
    }
    page
}
