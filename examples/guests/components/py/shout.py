"""A plugin in Python. What the app gives is in `wit_world`; what the plugin gives is a class of that name."""

import wit_world
from componentize_py_types import Err


class WitWorld(wit_world.WitWorld):
    def shout(self, text: str) -> str:
        wit_world.log(text)
        return text.upper() + "!"

    # Where the world says `result`, an `Err` that is raised is its error.
    def divide(self, a: int, b: int) -> int:
        if b == 0:
            raise Err("division by zero")
        return int(a / b)
