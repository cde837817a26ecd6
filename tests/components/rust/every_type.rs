//! The world in Rust.

use std::cell::Cell;
use std::fmt::{Display, Write};

wit_bindgen::generate!({ path: "../world.wit", world: "every-type" });

use demo::all::host::{self, Store};
use demo::all::types::*;
use exports::demo::all::api::{Counter, CounterBorrow, Guest as Api, GuestCounter};

struct Component;
export!(Component);

impl Guest for Component {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// The resource that this exports.
struct Count(Cell<i32>);

impl Count {
    fn handle(start: i32) -> Counter {
        Counter::new(Self::new(start))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl GuestCounter for Count {
    fn new(start: i32) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(Cell::new(start))
    }
    fn value(&self) -> i32 {
        self.0.get()
    }
    fn add(&self, by: i32) -> i32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }
    fn try_new(start: i32) -> Result<Counter, String> {
        if start < 0 { Err(format!("{start} is negative")) } else { Ok(Self::handle(start)) }
    }
    fn merge(first: Counter, second: Counter) -> Counter {
        Self::handle(first.get::<Self>().value().wrapping_add(second.get::<Self>().value()))
    }
    fn up_to(count: u32) -> Vec<Counter> {
        (0..count).map(|start| Self::handle(start as i32)).collect()
    }
}

/// Functions that give back what they get.
macro_rules! echo {
    ($($name:ident: $type:ty,)*) => { $(fn $name(v: $type) -> $type { v })* };
}
macro_rules! echo_in_tuple {
    ($($name:ident: $type:ty,)*) => { $(fn $name(v: $type) -> ($type,) { (v,) })* };
}

impl Api for Component {
    type Counter = Count;

    echo! {
        echo_bool: bool,
        echo_u8: u8,
        echo_s8: i8,
        echo_u16: u16,
        echo_s16: i16,
        echo_u32: u32,
        echo_s32: i32,
        echo_u64: u64,
        echo_s64: i64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
        echo_list_bool: Vec<bool>,
        echo_list_u8: Vec<u8>,
        echo_list_s8: Vec<i8>,
        echo_list_u16: Vec<u16>,
        echo_list_s16: Vec<i16>,
        echo_list_u32: Vec<u32>,
        echo_list_s32: Vec<i32>,
        echo_list_u64: Vec<u64>,
        echo_list_s64: Vec<i64>,
        echo_list_f32: Vec<f32>,
        echo_list_f64: Vec<f64>,
        echo_list_char: Vec<char>,
        echo_list_string: Vec<String>,
        echo_list_list: Vec<Vec<u32>>,
        echo_list_record: Vec<Point>,
        echo_list_variant: Vec<Shape>,
        echo_list_option: Vec<Option<String>>,
        echo_tuple: (u8, String, f64),
        echo_record: Point,
        echo_nested_record: Line,
        echo_wide_record: Wide,
        echo_variant: Shape,
        echo_enum: Level,
        echo_flags: Permissions,
        echo_many_flags: ManyFlags,
        echo_option: Option<u32>,
        echo_option_string: Option<String>,
        echo_option_option: Option<Option<u32>>,
        echo_option_record: Option<Point>,
        return_result: Result<u32, String>,
        return_result_err_only: Result<(), String>,
        return_result_ok_only: Result<u32, ()>,
        return_result_empty: Result<(), ()>,
        return_result_variant: Result<f64, Problem>,
        return_option_result: Option<Result<u32, String>>,
        echo_counter: Counter,
        pass_store: Store,
    }
    echo_in_tuple! {
        echo_result: Result<u32, String>,
        echo_result_err_only: Result<(), String>,
        echo_result_ok_only: Result<u32, ()>,
        echo_result_empty: Result<(), ()>,
    }

    fn many_parameters(
        a: u8,
        b: i8,
        c: u16,
        d: i16,
        e: u32,
        f: i32,
        g: u64,
        h: i64,
        i: f32,
        j: f64,
        k: bool,
        l: char,
        m: String,
        n: Option<u32>,
        o: Level,
        p: u32,
    ) -> String {
        let n = or_none(n);
        let o = match o {
            Level::Low => "low",
            Level::MidHigh => "mid-high",
            Level::High => "high",
        };
        format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p}")
    }
    fn many_results() -> (u32, u64, f32, f64, String, bool) {
        (1, 1 << 63, 1.5, -2.25, "four".into(), true)
    }
    fn nothing() {}
    fn delete(new: u32) -> u32 {
        new.wrapping_add(1)
    }

    fn read_counter(of: CounterBorrow<'_>) -> i32 {
        of.get::<Count>().value()
    }
    fn take_counter(it: Counter) -> i32 {
        it.get::<Count>().value()
    }
    fn sum_counters(all: Vec<CounterBorrow<'_>>) -> i32 {
        all.iter().fold(0, |sum, it| sum.wrapping_add(it.get::<Count>().value()))
    }
    fn take_counters(all: Vec<Counter>) -> i32 {
        all.iter().fold(0, |sum, it| sum.wrapping_add(it.get::<Count>().value()))
    }
    fn maybe_counter(start: Option<i32>) -> Option<Counter> {
        start.map(Count::handle)
    }
    fn live_counters() -> u32 {
        LIVE.get()
    }

    fn open_store(name: String) -> Store {
        Store::new(&name)
    }
    fn fill_store(it: &Store, key: String, value: String) -> u32 {
        it.set(&key, &value);
        host::store_size(it)
    }
    fn drop_store(_: Store) {}

    fn call_host(name: String) -> String {
        call_host(&name).unwrap()
    }
    fn ask_host_then_return(text: String) -> Result<String, String> {
        host::check(&text)?;
        Ok(host::greet(&text))
    }
    fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }
    fn trap() {
        panic!("a trap");
    }
}

fn call_host(name: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    host::log(&format!("a call of {name}"));
    writeln!(text, "{}", host::greet(name))?;
    writeln!(text, "id {}", host::next_id())?;
    writeln!(text, "roll {}", roll(6))?;
    let moved = host::move_point(&Point { x: 1.0, y: -2.0, label_text: Some(name.into()) }, 2.0);
    writeln!(text, "moved {} {} {}", moved.x, moved.y, or_none(moved.label_text))?;
    for shape in [Shape::Rect((3.0, 4.0)), Shape::Nowhere, Shape::Sides(5), Shape::Titled("a circle".into())] {
        match host::area(&shape) {
            Ok(area) => writeln!(text, "area ok {area}")?,
            Err(Problem::NotFound(what)) => writeln!(text, "area error not-found {what}")?,
            Err(Problem::ErrorCode(code)) => writeln!(text, "area error error-code {code}")?,
            Err(Problem::Refused) => writeln!(text, "area error refused")?,
        }
    }
    for what in ["fine", name] {
        match host::check(what) {
            Ok(()) => writeln!(text, "check ok")?,
            Err(why) => writeln!(text, "check error {why}")?,
        }
    }
    write!(text, "reversed")?;
    for byte in host::reverse(&[1, 2, 255]) {
        write!(text, " {byte}")?;
    }
    let granted = host::grant(Level::MidHigh, Permissions::CAN_READ | Permissions::CAN_RUN);
    let bits = [Permissions::CAN_READ, Permissions::CAN_WRITE, Permissions::CAN_RUN].map(|each| granted.contains(each) as u8);
    writeln!(text, "\ngranted {}{}{}", bits[0], bits[1], bits[2])?;
    let store = Store::new(name);
    store.set("a", "1");
    store.set("b", "2");
    writeln!(text, "store {} {} {}", or_none(store.get("a")), or_none(store.get("z")), host::store_size(&store))?;
    writeln!(text, "closed {}", host::close_store(store))?;
    if let Err(why) = Store::open("") {
        writeln!(text, "open error {why}")?;
    }
    if let Ok(other) = Store::open("other") {
        write!(text, "open ok {}", or_none(other.get("name")))?;
    }
    Ok(text)
}

fn or_none(value: Option<impl Display>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}
