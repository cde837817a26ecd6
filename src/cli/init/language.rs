//! What a new app's plugin may be written in.

use clap::ValueEnum;

/// What there is a plugin in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    C,
    Rust,
    #[value(name = "assemblyscript")]
    AssemblyScript,
    Zig,
    #[value(name = "js")]
    JavaScript,
}

impl Language {
    /// How it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Language::C => "C",
            Language::Rust => "Rust",
            Language::AssemblyScript => "AssemblyScript",
            Language::Zig => "Zig",
            Language::JavaScript => "JavaScript",
        }
    }
}
