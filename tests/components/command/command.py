"""A program for a shell, in Python, with Python's own library: arguments, environment, standard input, files."""

import os
import sys

from wit_world import exports


class Run(exports.Run):
    def run(self):
        print("arguments:", sys.argv)
        print("environment:", sorted(os.environ.items()))
        print("input:", sys.stdin.read())
        print("to the other stream", file=sys.stderr)
        folder = sys.argv[1] if len(sys.argv) > 1 else "/"
        print("entries:", sorted(os.listdir(folder)))
        with open(os.path.join(folder, "by-python.txt"), "w") as file:
            file.write("by Python\n")
