//! How the command line says how guests are to be stopped.

use crate::registry::Interruption;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// How guests that run on are stopped.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct InterruptionFlag {
    /// How guests that run on are stopped: `epoch`, or `protection`, which slows them down less
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(super) interruption: Option<Interruption>,
}

fn kinds() -> impl TypedValueParser<Value = Interruption> {
    let names = PossibleValuesParser::new(Interruption::ALL.map(Interruption::name));
    names.map(|name| Interruption::named(&name).unwrap_or_default())
}
