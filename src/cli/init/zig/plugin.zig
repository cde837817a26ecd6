//! The plugin, in Zig. It has no main: the app calls what it exports. How text crosses is in bytes.zig.
const bytes = @import("bytes.zig");
const std = @import("std");

comptime {
    bytes.exportAs("shout", shout);
}

/// A panic traps, and the app's error says where. Zig's own would print a trace, and takes a megabyte.
pub const panic = std.debug.no_panic;

/// Makes ASCII letters large and adds a mark.
fn shout(text: []u8) ![]u8 {
    const loud = try bytes.allocator.alloc(u8, text.len + 1);
    _ = std.ascii.upperString(loud, text);
    loud[text.len] = '!';
    return loud;
}

/// What a plugin should not do.
export fn spin() void {
    while (true) {}
}
