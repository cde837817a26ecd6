"""A plugin in Python. What the app gives is a module; what the plugin gives is a class that has the world's name in the bindings."""

import wit_world
from componentize_py_types import Err
from wit_world.imports import app


class WitWorld(wit_world.WitWorld):
    def shout(self, text: str) -> str:
        app.log(text)
        return text.upper() + "!"

    # Where the world says `result`, an `Err` that is raised is its error.
    def divide(self, a: int, b: int) -> int:
        if b == 0:
            raise Err("division by zero")
        return int(a / b)
