"""The peer Extism, by its SDK for Python, on wasmtime inside the caller's thread: a call holds up its caller.

Plug-ins take bytes and give bytes. Prints figures under the names of bench/work.
    peer_extism_python.py calls|spawn|messages|idle WASM ARGS... SCALE
"""

import json
import sys
import time

import extism
from extism.extism import CompiledPlugin

what, path, *rest = sys.argv[1:]
scale = float(rest[-1])
manifest = {"wasm": [{"path": path}], "timeout_ms": 60_000}
# Compiled once; each plug-in is an instance of it.
compiled = CompiledPlugin(manifest)
ADD = (1).to_bytes(4, "little") + (2).to_bytes(4, "little")


def times(count):
    return max(3, round(count * scale))


def add(plugin):
    total = int.from_bytes(plugin.call("add", ADD)[:4], "little")
    assert total == 3, f"1 + 2 is {total}"


def sample(count, work):
    found = []
    for _ in range(count):
        begin = time.perf_counter()
        work()
        found.append((time.perf_counter() - begin) * 1e6)
    return sorted(found)[len(found) // 2]


made = []


def first_call():
    made.append(extism.Plugin(compiled))
    add(made[-1])


if what == "calls":
    first_call()
    sample(times(200), lambda: add(made[0]))
    print(json.dumps({"one": sample(times(3000), lambda: add(made[0]))}))
elif what == "spawn":
    print(json.dumps({"spawn": sample(times(100), first_call)}))
elif what == "messages":
    first_call()
    for size in json.loads(rest[0]):
        data = b"\7" * size
        count = times(max(5, min(200, 50_000_000 // (size + 4096))))
        print(json.dumps({"bytes": size, "both": sample(count, lambda: made[0].call("echo", data))}))
elif what == "idle":
    made = [extism.Plugin(compiled) for _ in range(int(rest[0]))]
    print("ready", flush=True)
    time.sleep(600)
