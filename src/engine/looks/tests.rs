//! Where modules look, and that they are the same otherwise.

use super::bounds::STRETCH;
use super::*;
use wasmparser::{Operator, Parser, Payload};

fn engine() -> wasmtime::Engine {
    let mut config = wasmtime::Config::new();
    config.wasm_custom_page_sizes(true).wasm_threads(true).wasm_memory64(true).wasm_multi_memory(true);
    wasmtime::Engine::new(&config).unwrap()
}

fn assembled(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// All instructions of all functions, with their offsets.
fn instructions(bytes: &[u8]) -> Vec<(usize, Operator<'_>)> {
    let bodies = Parser::new(0).parse_all(bytes).filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    let mut found = Vec::new();
    for body in bodies {
        for read in body.get_operators_reader().unwrap().into_iter_with_offsets() {
            let (operator, offset) = read.unwrap();
            found.push((offset, operator));
        }
    }
    found
}

/// How often a valid module looks, after it was held against the original.
fn looks_of(original: &[u8]) -> usize {
    wasmtime::Module::validate(&engine(), original).unwrap();
    let Some(Rewritten { bytes, offsets }) = rewrite(original).unwrap() else { return 0 };
    wasmtime::Module::validate(&engine(), &bytes).unwrap();
    assert_eq!(Offsets::decode(&offsets.encode()).unwrap(), offsets);
    let (was, is) = (instructions(original), instructions(&bytes));
    let (mut was, mut is) = (was.iter().peekable(), is.iter());
    let mut looks = 0;
    while let Some((offset, operator)) = is.next() {
        let Some((original_offset, original_operator)) = was.peek() else { panic!("more than there was") };
        assert_eq!(offsets.original(*offset), *original_offset, "of {operator:?}");
        if operator == original_operator && !is_look(operator, is.clone().next()) {
            was.next();
            continue;
        }
        let look = [&is.next().unwrap().1, &is.next().unwrap().1];
        assert!(matches!(operator, Operator::I32Const { value: 0 }));
        assert!(matches!(look, [Operator::I32AtomicLoad8U { .. }, Operator::Drop]), "{look:?}");
        looks += 1;
    }
    assert!(was.next().is_none());
    looks
}

/// No module of these tests loads by atomic loads of its own.
fn is_look(operator: &Operator<'_>, next: Option<&(usize, Operator<'_>)>) -> bool {
    matches!(operator, Operator::I32Const { value: 0 }) && matches!(next, Some((_, Operator::I32AtomicLoad8U { .. })))
}

fn looks(text: &str) -> usize {
    looks_of(&assembled(text))
}

#[test]
fn what_ends_does_not_look() {
    for module in [
        "(module)",
        "(module (func nop))",
        "(module (func (loop nop)) (func (loop (loop))))",
        "(module (func $f (call $g)) (func $g (call $h) (call $h)) (func $h))",
        // No way leads there.
        "(module (func unreachable (loop br 0)))",
        "(module (func (block br 0 (loop br 0))))",
    ] {
        assert_eq!(looks(module), 0, "{module}");
    }
}

#[test]
fn loops_that_turn_look_and_so_do_calls_that_may_come_back() {
    for (module, expected) in [
        ("(module (func (loop br 0)))", 1),
        ("(module (memory 1) (func (loop br 0)))", 1),
        ("(module (func (param i32) (loop (br_if 0 (local.get 0)) (br_if 0 (local.get 0)))))", 1),
        ("(module (func (loop (loop br 1))))", 1),
        ("(module (func (loop (loop br 0))))", 1),
        ("(module (func (param i32) (loop (loop (br_table 0 1 1 (local.get 0))))))", 2),
        ("(module (func $f call $f))", 1),
        ("(module (func $f return_call $f))", 1),
        ("(module (func $f call $g) (func $g call $f))", 2),
        ("(module (func $f return_call $g) (func $g return_call $f))", 2),
        ("(module (table 1 funcref) (func (call_indirect (i32.const 0))))", 1),
        ("(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))", 1),
        ("(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))", 1),
        ("(module (type $t (func)) (func (param (ref $t)) (return_call_ref $t (local.get 0))))", 1),
        // A look before the first call does for a few.
        ("(module (func $f call $f call $f call $f))", 1),
        ("(module (func $f call $f call $f call $f call $f call $f))", 2),
        // Each way needs one.
        (
            "(module (func $f (param i32) (if (local.get 0) (then (call $f (local.get 0))) (else (call $f (local.get 0))))))",
            2,
        ),
        ("(module (func $f (param i32) (if (local.get 0) (then (call $f (local.get 0)))) (call $f (local.get 0))))", 2),
        // A loop that looks by its call looks once, and one that calls the host looks by that.
        ("(module (func $f (loop call $f br 0)))", 1),
        ("(module (func $f (param i32) (loop (br_if 0 (local.get 0)) call $g br 0)) (func $g call $g))", 2),
        ("(module (import \"a\" \"b\" (func $h)) (func (loop call $h br 0)))", 0),
        ("(module (import \"a\" \"b\" (func $h)) (func (param i32) (loop (br_if 0 (local.get 0)) call $h br 0)))", 1),
        // A handler may be reached before anything has looked, so the loop looks first.
        ("(module (tag $t) (func $f (loop $l (try_table (catch_all $l) call $f))))", 1),
    ] {
        assert_eq!(looks(module), expected, "{module}");
    }
}

#[test]
fn fib_looks_only_where_it_goes_on() {
    let fib = "(module (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2))))))))";
    assert_eq!(looks(fib), 1);
}

#[test]
fn a_tree_of_calls_that_ends_in_a_thousand_years_looks() {
    let functions: String = (0..64).map(|n| format!("(func $f{n} (call $f{0}) (call $f{0}))", n + 1)).collect();
    let module = format!("(module {functions} (func $f64))");
    let found = looks(&module);
    // The lowest few end soon.
    assert!((50..64).contains(&found), "{found}");
}

#[test]
fn straight_code_looks_now_and_then() {
    let nops = "nop ".repeat(10 * STRETCH as usize);
    let found = looks(&format!("(module (func {nops}))"));
    assert!((9..=10).contains(&found), "{found}");
    let fills = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) ".repeat(40);
    assert!(looks(&format!("(module (memory 1) (func {fills}))")) >= 10);
    // Each of many calls may cost something, and the callers of what is called often cost all of it.
    let calls = "call $short ".repeat(1000);
    assert!(looks(&format!("(module (func $short {}) (func {calls}))", "nop ".repeat(500))) > 100);
}

#[test]
fn branches_to_a_thousand_places_cost_no_more_than_one() {
    let targets = "0 ".repeat(10_000);
    assert_eq!(looks(&format!("(module (func (param i32) (block (br_table {targets} (local.get 0)))))")), 0);
    let blocks = ("block ".repeat(1000), "end ".repeat(1000));
    let targets: String = (0..1000).map(|n| format!("{n} ")).collect();
    let module =
        format!("(module (func (param i32) (loop {} (br_table {targets} 1000 (local.get 0)) {})))", blocks.0, blocks.1);
    assert_eq!(looks(&module), 1);
}

#[test]
fn the_module_is_the_same_otherwise() {
    let modules = [
        // Sections of all kinds, before which the memory comes.
        "(module (type (func)) (import \"m\" \"f\" (func)) (import \"m\" \"mem\" (memory 1)) (table 1 funcref) (memory 2) (memory i64 3 9)
          (tag) (global i32 (i32.const 1)) (export \"mem\" (memory 1)) (start 1) (elem (i32.const 0) 1) (data \"x\")
          (func (loop br 0) (memory.init 2 0 (i64.const 0) (i32.const 0) (i32.const 0))))",
        "(module (tag) (func (loop br 0)))",
        "(module (global i32 (i32.const 1)) (func (loop br 0)))",
        "(module (func $named (param $p i32) (local $l i64) (loop $inside br 0)) (@custom \"other\" (before first) \"x\") (@custom \"y\" \"z\"))",
    ];
    for module in modules {
        assert_eq!(looks(module), 1, "{module}");
    }
    let original = assembled(modules[3]);
    let rewritten = rewrite(&original).unwrap().unwrap().bytes;
    let customs: Vec<String> = Parser::new(0)
        .parse_all(&rewritten)
        .filter_map(|payload| match payload.unwrap() {
            Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(customs, ["name"], "others are of no use to the compiler");
}

#[test]
fn there_must_be_room_for_the_memory() {
    let module = |memories: usize| format!("(module {} (func (loop br 0)))", "(memory 0)".repeat(memories));
    assert_eq!(looks(&module(99)), 1);
    let refused = rewrite(&assembled(&module(100))).err().unwrap();
    assert!(refused.contains("it has 100 memories") && refused.contains("may have 99"), "{refused}");
    // One that does not look has room for all.
    assert_eq!(looks(&format!("(module {} (func))", "(memory 0)".repeat(100))), 0);
}

#[test]
fn it_grows_by_eight_bytes_for_each_place_and_no_more() {
    // The shortest there is that turns.
    let functions = format!("(func {})", "(loop (br_if 0 (i32.const 0)))".repeat(3000)).repeat(20);
    let original = assembled(&format!("(module {functions})"));
    assert_eq!(looks_of(&original), 60_000);
    let rewritten = rewrite(&original).unwrap().unwrap().bytes;
    assert!(rewritten.len() <= original.len() + 8 * 60_000 + 64 && rewritten.len() < 3 * original.len());
}

#[test]
fn numbers_of_many_bytes_are_kept_as_they_are() {
    // As linkers write them: the number of a type, in five bytes.
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend([1, 0x84, 0x80, 0x80, 0, 1, 0x60, 0, 0]);
    bytes.extend([3, 2, 1, 0]);
    let body = [0, 0x03, 0x40, 0x10, 0x80, 0x80, 0x80, 0x80, 0, 0x0c, 0, 0x0b, 0x0b];
    bytes.extend([10, 0x94, 0x80, 0, 0x81, 0, 0x80 + body.len() as u8, 0x80, 0]);
    bytes.extend(body);
    let section = bytes.len() - body.len() - 5;
    assert_eq!(bytes[section - 4], 10);
    bytes[section - 3] = 0x80 + (body.len() + 5) as u8;
    assert_eq!(looks_of(&bytes), 1);
}

#[test]
fn offsets_that_are_damaged_are_none() {
    assert_eq!(Offsets::decode(&[0x80]), None);
    assert_eq!(Offsets::decode(&[1]), None);
    assert_eq!(Offsets::decode(&[0xff; 12]), None);
    assert_eq!(Offsets::decode(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1, 0]), None);
    assert_eq!(Offsets::decode(&[]), Some(Offsets::default()));
    assert_eq!(Offsets::default().original(7), 7);
}
