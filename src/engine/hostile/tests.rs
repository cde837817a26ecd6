//! Each bound is kept, and named when it is crossed. What is at a bound passes.

use super::check;
use crate::limits::*;
use std::fmt::Write;

/// `count` times what `item` says of the index.
fn each(count: impl TryInto<u64>, item: impl Fn(u64) -> String) -> String {
    let count = count.try_into().ok().unwrap();
    (0..count).fold(String::new(), |mut text, index| {
        text.push_str(&item(index));
        text
    })
}

fn same(count: impl TryInto<u64>, item: &str) -> String {
    each(count, |_| item.to_owned())
}

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {text})")).unwrap()
}

/// `of(count)` is within the bounds where `count` is the limit, and refused with its name one beyond.
#[track_caller]
fn bounded(limit: impl TryInto<u64>, what: &str, of: impl Fn(u64) -> String) {
    let limit = limit.try_into().ok().unwrap();
    assert_eq!(check(&module(&of(limit))), Ok(()), "{limit} {what}");
    let refused = check(&module(&of(limit + 1))).unwrap_err();
    let expected = format!("{} {what}, more than the limit of {limit}", limit + 1);
    assert!(refused.ends_with(&expected), "{refused}, not {expected}");
}

fn function(body: &str) -> String {
    format!("(func) (func {body})")
}

#[test]
fn functions() {
    bounded(LOCALS_MAX, "locals", |count| function(&format!("(local {})", same(count, "i64 "))));
    let large = check(&module(&function(&"nop ".repeat(FUNCTION_BYTES_MAX)))).unwrap_err();
    assert!(large.contains("its function 1 has") && large.contains("more than the limit of 1048576"), "{large}");
    bounded(NESTING_MAX, "blocks inside each other", |count| {
        // The body is itself no block.
        function(&(same(count, "block ") + &same(count, "end ")))
    });
    bounded(LOOPS_MAX, "loops", |count| function(&same(count, "loop end ")));
    bounded(LOOP_NESTING_MAX, "loops inside each other", |count| {
        function(&(same(count, "loop ") + &same(count, "end ")))
    });
    bounded(HANDLED_CALLS_MAX, "exception handlers around calls", |count| {
        // A thousand handlers around each of the first calls, and one around each of the rest.
        let (many, few) = (count / 1000, count % 1000);
        let deep = same(1000_u32, "try_table (catch_all 0) ") + &same(many, "call 0 ") + &same(1000_u32, "end ");
        function(&(deep + "try_table (catch_all 0) " + &same(few, "call 0 ") + "end "))
    });
    bounded(INDIRECT_CALLS_MAX, "indirect calls", |count| {
        format!("(table 1 funcref) {}", function(&same(count, "(call_indirect (i32.const 0))")))
    });
}

#[test]
fn what_loops_and_blocks_do_with_locals_is_bounded_together() {
    let refused = |body: String| check(&module(&function(&body))).unwrap_err();
    let locals = |count| format!("(local {})", same(count, "i32 "));
    let loops = locals(1000) + &same(1001_u32, "loop end ");
    assert!(refused(loops).contains("1001000 loops times locals, more than the limit of 1000000"));
    let back = locals(1000) + "loop " + &same(1001_u32, "(br_if 0 (i32.const 0)) ") + "end";
    assert!(refused(back).contains("1001000 branches back to loops times locals"));
    let table = locals(1000) + "block loop (br_table " + &same(1001_u32, "0 ") + "1 (i32.const 0)) end end";
    assert!(refused(table).contains("1001000 branches back to loops times locals"));
    let nested = locals(1000) + &same(21_u32, "loop ") + &same(21_u32, "end ");
    assert!(refused(nested).contains("21000 loops inside each other times locals"));
    let blocks = locals(1000) + &same(10_001_u32, "block end ");
    assert!(refused(blocks).contains("10001000 blocks times locals"));
    // Parameters are locals, too.
    let params = format!("(param {})", same(1000_u32, "i32 ")) + &same(1001_u32, "loop end ");
    assert!(refused(params).contains("loops times locals"));
}

#[test]
fn values_that_no_instruction_names() {
    let values = same(100_u32, "i32 ");
    let block = format!("(type $t (func (param {values}) (result {values})))");
    let wide =
        |count: u64| same(100_u32, "(i32.const 0) ") + &same(count, "block (type $t) end ") + &same(100_u32, "drop ");
    let at = IMPLIED_VALUES_MAX / 200;
    // In one function, or in several.
    assert_eq!(check(&module(&format!("{block} {}", function(&wide(at))))), Ok(()));
    for several in [function(&wide(at + 1)), function(&wide(at)) + &function(&wide(1))] {
        assert!(check(&module(&format!("{block} {several}"))).unwrap_err().contains("100200 values"));
    }
    let results = format!("(func $f (result {values}) unreachable)");
    let calls = same(1011_u32, &format!("(call $f) {}", same(100_u32, "drop ")));
    assert!(check(&module(&format!("{results} {}", function(&calls)))).unwrap_err().contains("values"));
    let fields = same(1000_u32, "(field i32) ");
    let news = same(101_u32, "(drop (struct.new_default $s)) ");
    let globals = same(101_u32, "(global (ref $s) (struct.new_default $s)) ");
    for user in [function(&news), globals] {
        let refused = check(&module(&format!("(type $s (struct {fields})) {user}"))).unwrap_err();
        assert!(refused.contains("values"), "{refused}");
    }
}

#[test]
fn imports_exports_and_their_names() {
    bounded(IMPORTS_MAX, "imports", |count| same(count, r#"(import "" "" (func))"#));
    let exports = |count| each(count, |index| format!(r#"(export "{index}" (func 0))"#));
    bounded(EXPORTS_MAX, "exports", |count| format!("(func) {}", exports(count)));
    let named = |bytes: usize| {
        let name = "n".repeat(bytes);
        [
            format!(r#"(memory (export "{name}") 1)"#),
            format!(r#"(import "m" "{name}" (func))"#),
            format!(r#"(import "{name}" "m" (func))"#),
        ]
    };
    for text in named(NAME_BYTES_MAX) {
        assert_eq!(check(&module(&text)), Ok(()));
    }
    for text in named(NAME_BYTES_MAX + 1) {
        assert!(check(&module(&text)).unwrap_err().contains("a name of 10001 bytes"));
    }
    let long = "n".repeat(9_000);
    let many = each(120_u32, |index| format!(r#"(export "{long}{index}" (memory 0))"#));
    assert!(check(&module(&format!("(memory 1) {many}"))).unwrap_err().contains("bytes of names"));
}

#[test]
fn signatures() {
    let ty = format!("(type $t (func (param {})))", same(1000_u32, "i32 "));
    let exports =
        |count| ty.clone() + "(func $f (type $t))" + &each(count, |index| format!(r#"(export "{index}" (func $f))"#));
    assert_eq!(check(&module(&exports(100))), Ok(()));
    assert!(
        check(&module(&exports(101))).unwrap_err().contains("101000 parameters and results of imports and exports")
    );
    let imports = ty.clone() + &same(101_u32, r#"(import "" "" (func (type $t)))"#);
    assert!(check(&module(&imports)).unwrap_err().contains("of imports and exports"));
    let functions = |count: u32| ty.clone() + &same(count, "(func (type $t))");
    assert_eq!(check(&module(&functions(1000))), Ok(()));
    assert!(check(&module(&functions(1001))).unwrap_err().contains("1001000 parameters and results of functions"));
}

#[test]
fn types_tags_and_globals() {
    bounded(TYPES_MAX, "types", |count| format!("(rec {})", same(count, "(type (struct))")));
    bounded(FUNCTION_TYPES_MAX, "types of functions", |count| same(count, "(type (func))"));
    bounded(TAGS_MAX, "tags", |count| same(count, "(tag)"));
    bounded(GLOBALS_MAX, "globals of its own", |count| same(count, "(global i32 (i32.const 0))"));
    bounded(CUSTOM_SECTIONS_MAX, "custom sections", |count| same(count, r#"(@custom "a" "")"#));
}

#[test]
fn segments_and_what_is_in_them() {
    bounded(ELEMENT_SEGMENTS_MAX, "element segments", |count| "(func $f)".to_owned() + &same(count, "(elem func $f)"));
    let functions = |count| same(count, "$f ");
    let active = |count| format!("(func $f) (table 1 funcref) (elem (i32.const 0) func {})", functions(count));
    bounded(ELEMENTS_MAX, "elements in segments", active);
    let what = "elements that are passive, given by expressions or put at an offset that is no constant";
    bounded(WRITTEN_ELEMENTS_MAX, what, |count| format!("(func $f) (elem func {})", functions(count)));
    bounded(WRITTEN_ELEMENTS_MAX, what, |count| {
        format!("(func $f) (table 1 funcref) (elem (i32.const 0) funcref {})", same(count, "(ref.func $f) "))
    });
    bounded(WRITTEN_ELEMENTS_MAX, what, |count| {
        let offset = r#"(import "" "" (global i32)) (func $f) (table 1 funcref) (elem (global.get 0) func "#;
        format!("{offset} {})", functions(count))
    });
    bounded(WRITTEN_ELEMENTS_MAX, what, |count| {
        format!("(func $f) (table 1 funcref) (elem (i32.add (i32.const 0) (i32.const 0)) func {})", functions(count))
    });
    assert_eq!(check(&module(&format!("(func $f) (elem declare func {})", functions(ELEMENTS_MAX)))), Ok(()));
}

#[test]
fn constant_expressions() {
    let sum = |terms: u64| {
        let mut text = String::from("i32.const 0 ");
        for _ in 1..terms {
            write!(text, "i32.const 0 i32.add ").unwrap();
        }
        text
    };
    // Two bytes for the first, three for each other, and one for the end.
    let (longest, longer) = (sum(3_333), sum(3_334));
    let places = |expression: &str| {
        [
            format!("(global i32 {expression})"),
            format!("(memory 1) (data (offset {expression}) \"\")"),
            format!("(table 1 funcref) (elem (offset {expression}) func)"),
            format!("(elem i31ref (item {expression} ref.i31))"),
            format!("(table 1 (ref i31) {expression} ref.i31)"),
        ]
    };
    for place in places(&longer) {
        let refused = check(&module(&place)).unwrap_err();
        assert!(
            refused.contains("a constant expression of 100") && refused.ends_with("the limit of 10000"),
            "{refused}"
        );
    }
    assert_eq!(check(&module(&places(&longest)[0])), Ok(()));
    let all = same(27_u32, &format!("(global i32 {longest})"));
    assert!(check(&module(&all)).unwrap_err().contains("bytes of constant expressions that compute something"));
    // Constants of one instruction are no bomb, and real modules have many.
    let data = "(memory 1)".to_owned() + &same(100_000_u32, "(data (i32.const 0) \"\")");
    assert_eq!(check(&module(&data)), Ok(()));
}

#[test]
fn what_is_malformed_passes_and_what_comes_before_it_is_counted() {
    assert_eq!(check(b"not a module"), Ok(()));
    let mut half = module(&(same(LOOPS_MAX + 1, "(func) ")));
    half.truncate(half.len() - 1);
    assert_eq!(check(&half), Ok(()));
    // A body that cannot be read does not hide the next.
    let bodies: [&[u8]; 2] = [&[2, 0, 0xff], &[1, 0xd1, 0x9c, 1, 0x7f, 0x0b]];
    let mut code = vec![2];
    for body in bodies {
        code.push(u8::try_from(body.len()).unwrap());
        code.extend(body);
    }
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0a".to_vec();
    bytes.push(u8::try_from(code.len()).unwrap());
    bytes.extend(code);
    let refused = check(&bytes);
    assert!(refused.as_ref().is_err_and(|text| text.contains("its function 1 has 20049 locals")), "{refused:?}");
}

#[test]
fn a_shared_memory_is_none_that_a_guest_can_have() {
    let refused = |text: &str| check(&module(text)).unwrap_err();
    for (text, does) in [
        ("(memory 1 2 shared)", "it declares a shared memory"),
        ("(memory 1 2) (memory i64 1 2 shared)", "it declares a shared memory"),
        ("(import \"env\" \"memory\" (memory 1 2 shared))", "it imports a shared memory"),
        ("(import \"a\" \"a\" (func)) (import \"b\" \"b\" (memory 0 1 shared)) (func)", "it imports a shared memory"),
    ] {
        let refused = refused(text);
        assert!(refused.starts_with(does) && refused.contains("build it without threads"), "{refused}");
    }
    let atomics =
        "(func (drop (i32.atomic.load (i32.const 0))) (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))";
    assert_eq!(check(&module(&format!("(import \"env\" \"memory\" (memory 1 2)) {atomics}"))), Ok(()));
}
