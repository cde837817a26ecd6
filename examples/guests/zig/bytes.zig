//! The plugin's half of callBytes and callText, to be copied beside a plugin. docs/plugins.md says what the app does with it.
const std = @import("std");

/// Results are made with it.
pub const allocator = std.heap.wasm_allocator;

/// Room for an input. Where there is none it gives 0: the app's call fails with 5006, and no function has been called.
export fn alloc(length: usize) ?[*]u8 {
    if (length == 0) return null;
    const room = allocator.alloc(u8, length) catch return null;
    return room.ptr;
}

/// Takes back an input or a result.
export fn release(at: [*]u8, length: usize) void {
    allocator.free(at[0..length]);
}

/// Exports a function of bytes or text: `fn (input: []u8) ![]u8`. Its result is the app's from then on: either all of what `allocator` has
/// given, or the input, changed where it is. An error, such as that there is no room, traps: the app's call fails with 5002.
pub fn exportAs(comptime name: []const u8, comptime function: anytype) void {
    const exported = struct {
        fn call(at: ?[*]u8, length: usize) callconv(.c) u64 {
            const input: []u8 = if (at) |place| place[0..length] else &.{};
            const result: []u8 = function(input) catch |problem| @panic(@errorName(problem));
            if (result.len == 0) return 0;
            // Where it begins, in the upper half, and how long it is, in the lower.
            return @as(u64, @intFromPtr(result.ptr)) << 32 | result.len;
        }
    };
    @export(&exported.call, .{ .name = name });
}
