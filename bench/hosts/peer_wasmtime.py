"""The peer wasmtime, by its Python binding: the same engine inside the caller's thread, so nothing is sent and nobody is woken.

With epochs, without which a guest could not be stopped. Prints figures under the names of bench/work.
    peer_wasmtime.py calls|spawn|messages|idle|kernels WASM ARGS... SCALE
"""

import json
import sys
import time

from wasmtime import Config, Engine, Instance, Module, Store

what, path, *rest = sys.argv[1:]
scale = float(rest[-1])
epochs = "without-epochs" not in rest
config = Config()
config.epoch_interruption = epochs
engine = Engine(config)
module = Module.from_file(engine, path)


def times(count):
    return max(3, round(count * scale))


class Guest:
    def __init__(self):
        self.store = Store(engine)
        if epochs:
            self.store.set_epoch_deadline(1)
        self.exports = Instance(self.store, module, []).exports(self.store)

    def call(self, name, *values):
        return self.exports[name](self.store, *values)


def sample(count, each, work):
    found = []
    for _ in range(count):
        begin = time.perf_counter()
        for _ in range(each):
            work()
        found.append((time.perf_counter() - begin) * 1e6 / each)
    return sorted(found)[len(found) // 2]


made = []


def first_call():
    made.append(Guest())
    assert made[-1].call("add", 1, 2) == 3


if what == "calls":
    guest = Guest()
    memory = guest.exports["memory"]
    add = guest.exports["add"]
    one = sample(times(100), 100, lambda: add(guest.store, 1, 2))
    read16 = sample(times(100), 100, lambda: memory.read(guest.store, 0, 16))
    print(json.dumps({"one": one, "read16": read16}))
elif what == "spawn":
    print(json.dumps({"spawn": sample(times(300), 1, first_call)}))
elif what == "messages":
    guest = Guest()
    memory = guest.exports["memory"]
    for size in json.loads(rest[0]):
        data = bytearray(b"\7" * size)
        count = times(max(7, min(400, 200_000_000 // (size + 4096))))

        def write():
            memory.write(guest.store, data, 0)

        def read():
            memory.read(guest.store, 0, size)

        def both():
            write()
            read()

        figures = {"bytes": size, "write": sample(count, 1, write), "read": sample(count, 1, read), "both": sample(count, 1, both)}
        print(json.dumps(figures))
elif what == "idle":
    made = [Guest() for _ in range(int(rest[0]))]
    print("ready", flush=True)
    time.sleep(600)
elif what == "kernels":
    guest = Guest()
    figures = {}
    for name, argument in json.loads(rest[0]):
        guest.call(name, argument)
        figures[name] = sample(times(5), 1, lambda: guest.call(name, argument))
    print(json.dumps(figures))
