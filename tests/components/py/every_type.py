"""The world in Python."""

import api
import wit_world
from api import Counter, taken
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import host, types


def settle(result):
    """As a parameter a result is an object; one that is returned is raised or returned."""
    if isinstance(result, Err):
        raise result
    return result.value


def attempt(work):
    """What a function of the app's that can fail says."""
    try:
        value = work()
    except Err as error:
        return f"error {words(error.value)}"
    return "ok" if value is None else f"ok {shown(value)}"


def words(value):
    match value:
        case types.Problem_NotFound(what):
            return f"not-found {what}"
        case types.Problem_ErrorCode(code):
            return f"error-code {code}"
        case types.Problem_Refused():
            return "refused"
    return value


def shown(value):
    """As JavaScript writes it."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


class Api(exports.Api):
    def many_parameters(self, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p):
        n = "none" if n is None else n
        o = o.name.lower().replace("_", "-")
        return " ".join(shown(each) for each in [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])

    def many_results(self):
        return (1, 2**63, 1.5, -2.25, "four", True)

    def nothing(self):
        pass

    def delete(self, new):
        return new + 1

    def read_counter(self, of):
        return of.held

    def take_counter(self, it):
        return taken(it)

    def sum_counters(self, all):
        return sum(each.held for each in all)

    def take_counters(self, all):
        return sum(taken(each) for each in all)

    def maybe_counter(self, start):
        return None if start is None else Counter(start)

    def live_counters(self):
        return api.live

    def open_store(self, name):
        return host.Store(name)

    def fill_store(self, it, key, value):
        it.set(key, value)
        return host.store_size(it)

    def drop_store(self, it):
        it.__exit__(None, None, None)

    def call_host(self, name):
        lines = []
        host.log(f"a call of {name}")
        lines.append(host.greet(name))
        lines.append(f"id {host.next_id()}")
        lines.append(f"roll {wit_world.roll(6)}")
        moved = host.move_point(types.Point(1, -2, name), 2)
        lines.append(f"moved {shown(moved.x)} {shown(moved.y)} {moved.label_text or 'none'}")
        for shape in (types.Shape_Rect((3.0, 4.0)), types.Shape_Nowhere(), types.Shape_Sides(5), types.Shape_Titled("a circle")):
            lines.append(f"area {attempt(lambda: host.area(shape))}")
        lines.append(f"check {attempt(lambda: host.check('fine'))}")
        lines.append(f"check {attempt(lambda: host.check(name))}")
        lines.append("reversed " + " ".join(str(byte) for byte in host.reverse(bytes([1, 2, 255]))))
        granted = host.grant(types.Level.MID_HIGH, types.Permissions.CAN_READ | types.Permissions.CAN_RUN)
        lines.append("granted " + "".join(str(int(each in granted)) for each in types.Permissions))
        store = host.Store(name)
        store.set("a", "1")
        store.set("b", "2")
        lines.append(f"store {store.get('a') or 'none'} {store.get('z') or 'none'} {host.store_size(store)}")
        lines.append(f"closed {host.close_store(store)}")
        lines.append(f"open {attempt(lambda: host.Store.open(''))}")
        with host.Store.open("other") as opened:
            lines.append(f"open ok {opened.get('name') or 'none'}")
        return "\n".join(lines)

    def ask_host_then_return(self, text):
        host.check(text)
        return host.greet(text)

    def spin(self):
        while True:
            pass

    def trap(self):
        raise RuntimeError("a trap")


def echo(self, v):
    return v


def echo_in_tuple(self, v):
    return (v,)


for name in [name for name in dir(exports.Api) if name.startswith(("echo_", "return_", "pass_"))]:
    how = echo
    if name.startswith("echo_result"):
        how = echo_in_tuple
    elif name.startswith("return_result"):
        how = lambda self, v: settle(v)
    setattr(Api, name, how)
Api.__abstractmethods__ = frozenset()


class WitWorld(wit_world.WitWorld):
    def add(self, a, b):
        return (a + b) % 2**32
