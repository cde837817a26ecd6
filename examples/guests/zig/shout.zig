//! A plugin in Zig: it has no main; the app calls what it exports.
const bytes = @import("bytes.zig");
const std = @import("std");

comptime {
    bytes.exportAs("shout", shout);
    bytes.exportAs("reverse", reverse);
}

/// Says what is wrong and traps, without a trace: the app's error has one.
pub const panic = std.debug.no_panic;

/// A function of the app's.
extern "env" fn log(text: [*]const u8, length: usize) void;

/// Text in, text out: makes ASCII letters large and adds a mark.
fn shout(text: []u8) ![]u8 {
    const loud = try bytes.allocator.alloc(u8, text.len + 1);
    _ = std.ascii.upperString(loud, text);
    loud[text.len] = '!';
    print("shouting {d} bytes\n", .{loud.len});
    log(text.ptr, text.len);
    return loud;
}

/// Bytes in, bytes out: turns them round, where they are.
fn reverse(input: []u8) ![]u8 {
    std.mem.reverse(u8, input);
    return input;
}

/// Panics where b is 0, which traps. The error names this file and the line.
export fn divide(a: i32, b: i32) i32 {
    return @divTrunc(a, b);
}

/// Prints through WASI.
fn print(comptime format: []const u8, values: anytype) void {
    var buffer: [100]u8 = undefined;
    const line = std.fmt.bufPrint(&buffer, format, values) catch unreachable;
    var written: usize = 0;
    _ = std.os.wasi.fd_write(1, &.{.{ .base = line.ptr, .len = line.len }}, 1, &written);
}
