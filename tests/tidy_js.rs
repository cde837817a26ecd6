//! A rule that JavaScript does not check: what an app does to prototypes and globals changes nothing in `js/`. Built-in functions
//! are taken from deno_core's `primordials`, and nothing is written that looks a method up on a prototype by itself.
//! `tests/js/prototypes.js` shows the same from outside.

use std::fs;
use std::path::{Path, PathBuf};

/// Names that every script finds on the global object.
const GLOBALS: &[&str] = &[
    "AbortController",
    "AbortSignal",
    "Array",
    "ArrayBuffer",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "DOMException",
    "DataView",
    "Date",
    "Error",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "Function",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "JSON",
    "Map",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReadableStream",
    "Reflect",
    "RegExp",
    "Set",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "TextDecoder",
    "TextEncoder",
    "TypeError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "WritableStream",
    "globalThis",
    "parseInt",
    "queueMicrotask",
    "setTimeout",
    "structuredClone",
];

/// Methods that are looked up on a prototype of an app's. (Those of the `Safe` classes of deno_core are frozen: `get`, `set`,
/// `has`, `add`, `delete`, `deref`, `register`.)
const METHODS: &[&str] = &[
    "addEventListener",
    "apply",
    "at",
    "bind",
    "catch",
    "charCodeAt",
    "concat",
    "endsWith",
    "entries",
    "every",
    "exec",
    "fill",
    "filter",
    "finally",
    "find",
    "findIndex",
    "flat",
    "flatMap",
    "forEach",
    "getReader",
    "hasOwnProperty",
    "includes",
    "indexOf",
    "isPrototypeOf",
    "join",
    "keys",
    "map",
    "match",
    "pop",
    "push",
    "reduce",
    "releaseLock",
    "removeEventListener",
    "repeat",
    "replace",
    "reverse",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "split",
    "startsWith",
    "subarray",
    "test",
    "then",
    "throwIfAborted",
    "toLowerCase",
    "toString",
    "trim",
    "unshift",
    "values",
];

/// The files of the layer. What hands it over, and the host's own, run before the app and never again.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
    let files = [folder.clone(), folder.join("component")]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let spared = ["entry.js", "handover.js", "module.js"];
    files
        .filter(|path| path.extension().is_some_and(|e| e == "js") && !spared.iter().any(|name| path.ends_with(name)))
        .collect()
}

/// The code without comments and without what stands in quotes; what is in a template's `${}` stays. Lines stay lines.
fn code(text: &str) -> String {
    let mut code = String::new();
    // The quotes that are open, and for each template the depth of braces where its `${` was.
    let (mut chars, mut quotes, mut depth) = (text.chars().peekable(), Vec::<(char, usize)>::new(), 0_usize);
    let mut in_template = false;
    while let Some(c) = chars.next() {
        if in_template {
            match c {
                '\\' => drop(chars.next()),
                '`' => {
                    quotes.pop();
                    in_template = false;
                }
                '$' if chars.peek() == Some(&'{') => {
                    chars.next();
                    code.push_str("`${(");
                    quotes.last_mut().unwrap().1 = depth;
                    in_template = false;
                }
                '\n' => code.push('\n'),
                _ => {}
            }
            continue;
        }
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                for c in chars.by_ref() {
                    if c == '\n' {
                        code.push('\n');
                    }
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '"' | '\'' => {
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => drop(chars.next()),
                        _ if inner == c => break,
                        _ => {}
                    }
                }
                code.push('_');
            }
            '`' => {
                quotes.push(('`', usize::MAX));
                in_template = true;
            }
            '{' => {
                depth += 1;
                code.push(c);
            }
            '}' if quotes.last().is_some_and(|(_, at)| *at == depth) => {
                code.push(')');
                in_template = true;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                code.push(c);
            }
            _ => code.push(c),
        }
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || c == '#'
}

/// The places of a whole word.
fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !code[..*at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word))
}

/// Is the name defined in this file: taken out of `primordials`, imported, or a constant or parameter of the file's own?
fn is_defined(code: &str, name: &str) -> bool {
    let from_primordials = code.match_indices("} = primordials;").any(|(end, _)| {
        let start = code[..end].rfind('{').unwrap();
        places(&code[start..end], name).next().is_some()
    });
    from_primordials || code.contains(&format!("const {name} = "))
}

/// What breaks the rule, each as line and words.
fn broken_rules(text: &str) -> Vec<(usize, String)> {
    let code = code(text);
    let mut wrong: Vec<(usize, String)> = Vec::new();
    for name in GLOBALS.iter().filter(|name| !is_defined(&code, name)) {
        // A property of that name, or a key of an object, is none of the global object's.
        let used =
            places(&code, name).filter(|at| !code[..*at].ends_with('.') && !code[at + name.len()..].starts_with(':'));
        wrong.extend(used.map(|at| (at, format!("the global {name}"))));
    }
    for method in METHODS {
        let call = format!(".{method}(");
        wrong.extend(code.match_indices(&call).map(|(at, _)| (at, format!("the method {method}()"))));
    }
    for (pattern, what) in [
        ("instanceof", "instanceof, which an app can define"),
        (" of ", "a for-of loop, which asks for an iterator"),
        ("const [", "an array pattern, which asks for an iterator"),
        ("let [", "an array pattern, which asks for an iterator"),
        ("[...", "a spread, which asks for an iterator"),
        ("async ([", "an array pattern, which asks for an iterator"),
        ("`${", "a template with values, which QuickJS makes a call of String.prototype.concat"),
    ] {
        wrong.extend(code.match_indices(pattern).map(|(at, _)| (at, what.to_owned())));
    }
    // A rest parameter stands last in a list that `=>` or a body follows; a spread argument does not.
    for (at, _) in code.match_indices("...") {
        let rest = code[at + 3..].trim_start_matches(is_word);
        let is_parameter = rest.strip_prefix(')').is_some_and(|rest| rest.starts_with(" =>") || rest.starts_with(" {"));
        // Of an object, what a call gives or an element, too.
        let end = rest.strip_prefix(['(', '[']).map_or(rest, |inner| inner.trim_start_matches(is_word));
        let in_object = rest.starts_with(" }") || end.starts_with(") }") || end.starts_with("] }");
        let in_literal = code[..at].trim_end().ends_with(['{', ',']) && (in_object || rest.starts_with(','));
        if !is_parameter && !in_literal {
            wrong.push((at, "a spread, which asks for an iterator".into()));
        }
    }
    wrong.into_iter().map(|(at, what)| (code[..at].matches('\n').count() + 1, what)).collect()
}

#[test]
fn nothing_depends_on_what_an_app_does_to_prototypes_and_globals() {
    let mut wrong = Vec::new();
    for file in scripts() {
        for (line, what) in broken_rules(&fs::read_to_string(&file).unwrap()) {
            wrong.push(format!("{}:{line}: {what}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_port_knows_which_program_this_runs_in() {
    let mut naming = Vec::new();
    for file in scripts() {
        if fs::read_to_string(&file).unwrap().contains("\"ext:core") {
            naming.push(file.file_name().unwrap().to_owned());
        }
    }
    assert_eq!(naming, ["port.js"]);
}

#[test]
fn what_breaks_the_rule_is_found_and_what_keeps_it_is_not() {
    let kept = r#"
        const { Array, ObjectKeys } = primordials; // Object.keys(x), "in a comment"
        /* new Map().then() */
        const made = (...items) => `of "Object" [...x]`;
        function f(first, ...rest) { return { __proto__: null, ...rest }; }
        const o = { ...made(x) }, p = { a: 1, ...made[x] };
        const x = new Array(3), y = "a.then(b)", z = safe.get(1), w = { Map: 1 };
    "#;
    assert_eq!(broken_rules(kept), []);
    for broken in [
        "Object.keys(x)",
        "new Map()",
        "x.then(y)",
        "`${a.map(b)}`",
        "for (const a of b) c();",
        "const [a] = b;",
        "f(...a)",
        "[...a]",
        "a instanceof b",
        "globalThis.x",
        "const a = { b: String(c) };",
        "f(a, ...b);",
        "f(a, ...b(c));",
        "new Float64Array(3)",
    ] {
        assert!(!broken_rules(broken).is_empty(), "{broken}");
    }
}
