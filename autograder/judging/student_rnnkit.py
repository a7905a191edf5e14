"""The `rnnkit` that a submission finds while it is judged: everything but what its lesson asks for.

A lesson's exercises, and those of later lessons, are withheld, and so is whatever in rnnkit is built on them. What is
withheld is not in the file: its place is taken by a function that says so. Lessons before it are there as they are.
Checks, figures and other packages, which no answer needs, are stand-ins that do nothing.
"""

import ast
import re
import shutil
from pathlib import Path

import rnnkit
from autograder import sandbox
from rnnkit.exercises import LESSONS

SANDBOX = Path(sandbox.__file__).parent
STAND_INS = {
    "checking.py": "def check(function=None, points=1):\n    return 0.0\n\n\ndef yours(f):\n    return f\n",
    "figures.py": "def __getattr__(name):\n    return lambda *arguments, **settings: None\n",
    "optional.py": "def available(package):\n    return None\n",
    "withheld.py": '''class Withheld(Exception):
    """Names what solves an exercise and is not there while it is judged."""


def withheld(name):
    def stand_in(*arguments, **settings):
        raise Withheld(f"rnnkit.{name} solves what this lesson asks for, so it is not there while your answer is "
                       f"judged. The answer has to be your own.")
    stand_in.__name__ = name
    return stand_in
''',
}


def write(folder, lesson):
    """Write rnnkit as a submission of this lesson finds it, and what runs a submission, into a folder."""
    package = Path(folder) / "rnnkit"
    package.mkdir(parents=True)
    sources = {path.name: path.read_text(encoding="utf-8") for path in Path(rnnkit.__file__).parent.glob("*.py")}
    names = withheld(lesson, sources.values())
    for name, text in sources.items():
        (package / name).write_text(without(text, names), encoding="utf-8")
    for name, text in STAND_INS.items():
        (package / name).write_text(text, encoding="utf-8")
    shutil.copytree(SANDBOX, Path(folder) / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))


def withheld(lesson, sources):
    """The names of the functions and classes of rnnkit that a submission of this lesson must not find."""
    number = int(re.match(r"\d+", lesson)[0])
    names = {exercise.name for n, module in LESSONS.items() if n >= number for exercise in module.EXERCISES}
    asked = LESSONS[number].EXERCISES if number in LESSONS else ()
    names |= {name for exercise in asked for name in exercise.solved_by}
    statements = [node for text in sources for node in ast.parse(text).body]
    uses = [(node.name, {part.id for part in ast.walk(node) if isinstance(part, ast.Name)})
            for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    while built_on := {name for name, used in uses if used & names} - names:
        names |= built_on
    return names


def without(text, names):
    """A module's text with a stand-in for each function and class of these names."""
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [f'{node.name} = __import__("rnnkit.withheld").withheld.withheld('
                                                  f'"{node.name}")']
    return "\n".join(lines) + "\n"
