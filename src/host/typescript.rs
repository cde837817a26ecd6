//! TypeScript, by taking the types away: each becomes blanks, so that every line and column stays where it was.

use deno_error::JsErrorBox;
use std::sync::{Arc, Mutex};
use swc_common::errors::{DiagnosticBuilder, Emitter, Handler};
use swc_common::{SourceMap, sync::Lrc};
use swc_ts_fast_strip::{Mode, Options, operate};

/// The first problem of a file: what it is, and its line and column.
type FirstProblem = Arc<Mutex<Option<(String, Option<(usize, usize)>)>>>;

/// Takes the types out of the module at `url`. Syntax that only a transformation could remove (an `enum`, a `namespace` with
/// code in it, parameter properties) is an error, as are syntax errors; the message says where.
pub(super) fn strip(url: &str, source: String) -> Result<String, JsErrorBox> {
    let map = Lrc::new(SourceMap::default());
    let problem = FirstProblem::default();
    let handler =
        Handler::with_emitter(true, false, Box::new(Collector { map: map.clone(), problem: problem.clone() }));
    let options = Options { module: Some(true), mode: Mode::StripOnly, ..Options::default() };
    let output = swc_common::GLOBALS
        .set(&swc_common::Globals::new(), || operate(&map, &handler, source, options))
        .map_err(|error| {
            let found = problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            let (message, position) = found.unwrap_or((error.message, None));
            let position = position.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            JsErrorBox::new("SyntaxError", format!("{message}\n    at {url}{position}"))
        })?;
    Ok(output.code)
}

/// Keeps the first problem that swc reports.
struct Collector {
    map: Lrc<SourceMap>,
    problem: FirstProblem,
}

impl Emitter for Collector {
    fn emit(&mut self, diagnostic: &mut DiagnosticBuilder<'_>) {
        let position = diagnostic.span.primary_span().map(|span| {
            let position = self.map.lookup_char_pos(span.lo);
            (position.line, position.col.0 + 1)
        });
        let mut problem = self.problem.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        problem.get_or_insert_with(|| (diagnostic.message(), position));
    }
}
