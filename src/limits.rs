//! Fixed bounds, by name, and how they relate. What a manifest can set is in [`crate::actor::config::Limits`] and
//! [`crate::registry::RuntimeOptions`].

use std::time::Duration;

/// Stack for a guest's own frames; beyond it a call traps with "stack overflow".
pub const WASM_STACK_BYTES: usize = 512 * 1024;
/// The fiber's whole stack: the guest's frames, and above them the host functions it calls.
pub const FIBER_STACK_BYTES: usize = WASM_STACK_BYTES + 1024 * 1024;
/// Where an actor's thread handles its signals: what wasmtime asks for, or else it maps one of its own.
pub const SIGNAL_STACK_BYTES: usize = 256 * 1024;
/// The stack of an actor's thread, which holds its loop, the polling of a guest's future, the frames of a guest that needs no fiber, and
/// the stack for its signals.
pub const THREAD_STACK_BYTES: usize = WASM_STACK_BYTES + 512 * 1024 + SIGNAL_STACK_BYTES;
/// How many threads without an instance wait for the next one, each with its stack.
pub const IDLE_THREADS_MAX: usize = 32;
/// The stack of a thread that compiles: Cranelift recurses over a function's control flow.
pub const COMPILE_STACK_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of one module, where neither the manifest nor a flag sets another bound.
pub const MODULE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of one module as text. What a parser makes of it is up to a hundred times that in memory.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// Functions of one module.
pub const FUNCTIONS_MAX: u32 = 200_000;
/// Bytes of one function's body. The time that compiling takes grows faster than a function.
pub const FUNCTION_BYTES_MAX: usize = 1024 * 1024;
/// Locals of one function, of which few bytes can declare many.
pub const LOCALS_MAX: u32 = 20_000;
/// Imports of one module, and exports: each is an object to whoever lists them.
pub const IMPORTS_MAX: u32 = 10_000;
/// Types that a component declares, with those of all components in it. Whoever reads them goes down into each from within another one.
pub const COMPONENT_TYPES_MAX: u32 = 20_000;
/// Modules and components within a component. One of Python's has some forty.
pub const COMPONENT_PARTS_MAX: u32 = 1_000;
/// Components within each other.
pub const COMPONENT_DEPTH_MAX: u32 = 50;
/// Functions that a component lifts, lowers and makes for its resources, each of which is compiled.
pub const COMPONENT_FUNCTIONS_MAX: u32 = 20_000;
/// Core instances that a component makes, all together.
pub const CORE_INSTANCES_MAX: u32 = 2_000;
/// Functions, imports, exports and globals in all of these: each takes some ten bytes of the host's in each instance.
pub const CORE_PARTS_MAX: u32 = 1_000_000;
/// Handles of resources that an instance may hold at once, its own and those that the host holds for it.
pub const RESOURCE_HANDLES_MAX: usize = 100_000;
/// Bytes that the host copies out of a component for one call at most, as they lie there: no more than the component's memory may have, but always
/// [as many as this](COMPONENT_COPY_BYTES_MIN).
pub const COMPONENT_COPY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// See [`COMPONENT_COPY_BYTES_MAX`].
pub const COMPONENT_COPY_BYTES_MIN: usize = 64 * 1024;
/// Values in the lists that a component hands over in one call, numbers in lists of numbers aside, each flag a value: JavaScript makes something of each
/// of them, which takes many times the bytes that they have in the guest, and its event loop does nothing else meanwhile.
pub const COMPONENT_VALUES_MAX: usize = 1_000_000;
/// See [`IMPORTS_MAX`].
pub const EXPORTS_MAX: u32 = 10_000;
/// Bytes of the name of an import, an export or a custom section.
pub const NAME_BYTES_MAX: usize = 10_000;
/// Bytes of all these names together.
pub const NAMES_BYTES_MAX: u64 = 1 << 20;
/// Parameters and results of all imports and exports together: few bytes give thousands of functions a type that has thousands.
pub const LISTED_VALUES_MAX: u64 = 100_000;
/// The same of all functions: one that is stored in a table has an entry that moves all of them, 12 µs each to compile.
pub const SIGNATURE_VALUES_MAX: u64 = 1_000_000;
/// Types of one module.
pub const TYPES_MAX: u32 = 100_000;
/// Those of them that are types of functions: each has an entry compiled, 0.14 ms and 7 KB.
pub const FUNCTION_TYPES_MAX: u32 = 10_000;
/// Globals that one module defines. Where they hold functions, the time grows with their square: 10,000 take a second.
pub const GLOBALS_MAX: u32 = 10_000;
/// Exception tags that one module defines.
pub const TAGS_MAX: u32 = 1_000;
/// Element segments of one module, 50 µs and 5 KB each.
pub const ELEMENT_SEGMENTS_MAX: u32 = 10_000;
/// Elements in all segments. Those whose place is known are data.
pub const ELEMENTS_MAX: u64 = 100_000;
/// Elements for which code is compiled, up to 0.15 ms and 8 KB each.
pub const WRITTEN_ELEMENTS_MAX: u64 = 20_000;
/// Bytes of one constant expression, and of all that have more than one instruction, each of which may be a call.
pub const CONST_EXPR_BYTES_MAX: usize = 10_000;
/// See [`CONST_EXPR_BYTES_MAX`].
pub const CONST_BYTES_MAX: u64 = 256 * 1024;
/// Custom sections of one module.
pub const CUSTOM_SECTIONS_MAX: u32 = 1_000;
/// Values that the instructions of one module make or move without naming each: results of a call beyond the first, what a block
/// takes and gives by its type, fields of a default struct. 15 KB with two million of them took 17 GB.
pub const IMPLIED_VALUES_MAX: u64 = 100_000;
/// Blocks inside each other in one function: the time grows with their square, 20,000 take two seconds. Go's functions have thousands.
pub const NESTING_MAX: u64 = 20_000;
/// Loops of one function: the time grows with their square, 3,000 take a second.
pub const LOOPS_MAX: u64 = 3_000;
/// Loops inside each other.
pub const LOOP_NESTING_MAX: u64 = 100;
/// Loops of a function times its locals, each of which every loop may carry; and branches back to them times locals.
pub const LOOP_LOCALS_MAX: u64 = 1_000_000;
/// Loops inside each other times locals: the time grows with the square of the depth.
pub const NESTED_LOCALS_MAX: u64 = 20_000;
/// Blocks of a function times its locals, each of which may differ at the end of every block.
pub const BLOCK_LOCALS_MAX: u64 = 10_000_000;
/// Indirect calls in one function: the time grows with their square.
pub const INDIRECT_CALLS_MAX: u64 = 10_000;

/// Exception handlers around the calls of one function, summed over its calls, each of which names all that are around it: 16 KB of
/// 2,000 handlers inside each other with a call in each took over a gigabyte.
pub const HANDLED_CALLS_MAX: u64 = 100_000;

/// Bytes of memory of a process that compiles, where the manifest sets no other bound.
pub const COMPILE_MEMORY_MAX: u64 = 2 << 30;
/// How long such a process may take, where the manifest sets no other bound.
pub const COMPILE_TIME_MAX: Duration = Duration::from_secs(60);

/// Modules that may wait to be compiled.
pub const COMPILATIONS_WAITING_MAX: usize = 1024;

/// The most fuel that a guest uses between two looks at how much it has left, and the least where it has little.
pub const FUEL_SLICE_MAX: u64 = 50_000;
/// See [`FUEL_SLICE_MAX`].
pub const FUEL_SLICE_MIN: u64 = 100;
/// Into how many slices its fuel is cut where neither of these bounds is reached.
pub const FUEL_SLICES: u64 = 100;

/// How many memories, and how many tables, one instance may have.
pub const MEMORIES_MAX: usize = 100;
/// See [`MEMORIES_MAX`].
pub const TABLES_MAX: usize = 100;
/// What an element of a table costs the host.
pub const TABLE_ELEMENT_BYTES: u64 = 16;

/// Requests that may wait for one instance: its mailbox has a place for each from the start.
pub const MAILBOX_MAX: usize = 65_536;

/// How many instances that have ended are remembered, for who asks for one of them.
pub const TOMBSTONES_MAX: usize = 10_000;
/// Bytes that this may take.
pub const TOMBSTONES_BYTES_MAX: usize = 2 << 20;

/// Results of all calls of one batch together.
pub const BATCH_RESULTS_MAX: usize = 250_000;
/// Bytes that one call with bytes takes, and gives: they are copied in one go, also on the thread of the app.
pub const CALL_BYTES_MAX: u64 = 64 << 20;

/// Values of the host that one guest holds as externrefs.
pub const EXTERNREFS_MAX: usize = 100_000;
/// What one of them costs the host, its own value not counted: so much of `max_memory` is taken for each.
pub const EXTERNREF_BYTES: u64 = 600;

/// Bytes of the largest memory that is written to a core dump.
pub const CORE_DUMP_MEMORY_MAX: u64 = 256 << 20;
/// How many times as much memory as the guest has it takes to write a core dump.
pub const CORE_DUMP_COPIES: u64 = 4;

/// Descriptors that one guest may have open, its standard streams and directories among them.
pub const OPEN_FILES_MAX: u32 = 256;
/// Places in the folders that one guest lists, for which it has small numbers: some 40 bytes each. Others have large ones.
pub const FOLDER_PLACES_MAX: usize = 65_536;
/// Subscriptions of one `poll_oneoff`, some 100 bytes each.
pub const POLL_SUBSCRIPTIONS_MAX: u32 = 65_536;
/// Buffers of one read or write, as many as Linux takes; and of its list, how many are looked at to find some that are not empty.
pub const IO_VECTORS_MAX: usize = 1024;
/// See [`IO_VECTORS_MAX`].
pub const IO_VECTORS_LOOKED_AT_MAX: u32 = 1 << 20;
/// Bytes of one read or write, which a stop has to wait for; the rest of a longer one is another.
pub const IO_BYTES_MAX: u32 = 64 << 20;
/// What a component holds of WASI's at a time: open files, streams, what it waits for. Some 100 bytes each.
pub const RESOURCES_MAX: usize = 65_536;
/// Bytes that one call of a component reads from a stream or a file, or may write to it.
pub const STREAM_BYTES_MAX: usize = 64 * 1024;
/// Bytes that a component's output keeps for it when several of its streams write there what each was permitted.
pub const OUTPUT_BYTES_MAX: usize = 4 * STREAM_BYTES_MAX;
/// Bytes of one list of random numbers.
pub const RANDOM_BYTES_MAX: u64 = 64 << 20;
/// Requests of one component that are under way at once, each until its response has been read. The others wait for their turn.
pub const HTTP_REQUESTS_MAX: usize = 16;
/// Connections of all components together, each a descriptor.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// Names of hosts that are looked up at once, each on a thread of those that wait for disks, too.
pub const HTTP_LOOKUPS_MAX: usize = 32;
/// Addresses of one host that are tried, one after another.
pub const HTTP_ADDRESSES_MAX: usize = 8;
/// How long a component may wait for its turn, the name, the connection and TLS together; and for the head of the response; and for the next
/// bytes of its body. It may ask for less.
pub const HTTP_CONNECT_MAX: Duration = Duration::from_secs(30);
/// See [`HTTP_CONNECT_MAX`].
pub const HTTP_FIRST_BYTE_MAX: Duration = Duration::from_secs(300);
/// See [`HTTP_CONNECT_MAX`].
pub const HTTP_BETWEEN_BYTES_MAX: Duration = Duration::from_secs(300);
/// Headers of a request or a response.
pub const HTTP_HEADERS_MAX: usize = 100;
/// Bytes of the headers that a component makes, with what each takes in the host: some 70.
pub const HTTP_FIELDS_BYTES_MAX: usize = 32 * 1024;
/// Bytes of the head of a response, and of a piece of its body.
pub const HTTP_RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an authority, of a path with its query, of the name of a method.
pub const HTTP_TEXT_BYTES_MAX: usize = 8 * 1024;
/// Bytes that a component may write at once to the body of a request, and how many such pieces are kept until they are sent.
pub const HTTP_PIECE_BYTES_MAX: usize = 16 * 1024;
/// See [`HTTP_PIECE_BYTES_MAX`].
pub const HTTP_PIECES_MAX: usize = 3;
/// What a component holds of HTTP's at a time: headers, requests, responses, bodies.
pub const HTTP_RESOURCES_MAX: usize = 1024;
/// Bytes that a piped stream holds. A writer that is further ahead of its reader waits.
pub const PIPE_BYTES: usize = 64 * 1024;

/// Lines of a guest's stack that an error carries, and of those that one of its frames can come to by inlining.
pub const STACK_LINES_MAX: usize = 64;
/// Steps that are spent on the debug sections of one module, each of some nanoseconds: headers, attributes, ranges, bytes of line
/// programs. Some tens of megabytes of honest DWARF, of which a stack needs a few units.
pub const SYMBOL_STEPS_MAX: u64 = 32_000_000;
/// Steps after which an error waits no more for its lines: some milliseconds, and enough for a unit of an honest program.
pub const SYMBOL_STEPS_PROMPT: u64 = 2_000_000;
/// Bytes that are kept of what was found out, for one module. A row of a unit that a stack goes through takes 16.
pub const SYMBOL_BYTES_MAX: u64 = 16 << 20;
/// Bytes of one unit's abbreviations: compilers make some thousand; each can come to 50 times that in memory.
pub const ABBREVIATION_BYTES_MAX: usize = 64 << 10;
/// Bytes of the header of one unit's line program, which lists its files: thousands of them; each can come to 100 times that in memory.
pub const LINE_HEADER_BYTES_MAX: usize = 256 << 10;
/// Bytes of one name or path of a folder in the debug sections; Rust's longest names have some hundreds.
pub const SYMBOL_TEXT_BYTES_MAX: usize = 4096;
/// The stack of the thread that reads debug sections. It does not recurse.
pub const SYMBOL_STACK_BYTES: usize = 512 * 1024;

/// Memory maps that an instance takes at most, beside those of its memories and tables: its thread's stack with the guard.
pub const MAPS_PER_INSTANCE: u64 = 2;
/// What is added with its first call: the fiber's stack with its guard.
pub const MAPS_OF_FIRST_CALL: u64 = 2;
/// Memory maps of one linear memory: what its data is copied from on write, what is used, and what lies around it.
pub const MAPS_PER_MEMORY: u64 = 4;
/// Memory maps of a thread that compiles: its stack and that for its signals, each with a guard.
pub const MAPS_PER_COMPILE_THREAD: u64 = 4;
/// Memory maps that stay free for everything else. The start of a thread aborts the process when there are none.
pub const MAPS_HEAD_ROOM: u64 = 2048;
/// Threads that stay free for everything else.
pub const THREADS_HEAD_ROOM: u64 = 64;
/// Open files that stay free for everything else.
pub const FILES_HEAD_ROOM: u64 = 128;

/// What an instance may have of the memory of all guests even where others have taken all they can get.
pub const SMALL_INSTANCE_BYTES: u64 = 4 << 20;
/// One part in so many of the memory of all guests is kept for that...
pub const RESERVE_PART: u64 = 8;
/// ...and no more than this.
pub const RESERVE_BYTES_MAX: u64 = 1 << 30;

const _: () = assert!(FIBER_STACK_BYTES > WASM_STACK_BYTES);
const _: () = assert!(SYMBOL_STEPS_PROMPT < SYMBOL_STEPS_MAX);
const _: () = assert!(LOCALS_MAX < 50_000, "the format's own bound, which is checked later");
// The last instance that is let in must not reach what others need.
const _: () = assert!(MAPS_HEAD_ROOM > MAPS_PER_INSTANCE + MAPS_PER_MEMORY * MEMORIES_MAX as u64 + TABLES_MAX as u64);
const _: () = assert!(RESERVE_BYTES_MAX >= SMALL_INSTANCE_BYTES);
