"""What the interface `api` exports beside functions: componentize-py looks for its resource in a module of that name."""

from componentize_py_types import Err
from wit_world import exports

live = 0


class Counter(exports.api.Counter):
    def __init__(self, start):
        global live
        self.held = start
        live += 1

    def __exit__(self, *_):
        global live
        live -= 1

    def value(self):
        return self.held

    def add(self, by):
        self.held = wrapped(self.held + by)
        return self.held

    @classmethod
    def try_new(cls, start):
        if start < 0:
            raise Err(f"{start} is negative")
        return cls(start)

    @classmethod
    def merge(cls, first, second):
        return cls(wrapped(taken(first) + taken(second)))

    @classmethod
    def up_to(cls, count):
        return [cls(start) for start in range(count)]


def wrapped(number):
    return (number + 2**31) % 2**32 - 2**31


def taken(counter):
    """What an owned counter holds, which is then gone: of itself nothing runs when one is dropped."""
    counter.__exit__(None, None, None)
    return counter.held
