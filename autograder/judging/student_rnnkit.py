"""The `rnnkit` that a submission finds while it is judged: everything but what its lesson asks for.

What crosses into the sandbox is on a list, so that a new module stays back until somebody decides. Of what crosses, a
lesson's exercises and those of later lessons are withheld, and so is whatever is built on them. What is withheld is not
in the file: its place is taken by a function that says so. Checks, figures and other packages, which no answer needs,
are stand-ins that do nothing.
"""

import ast
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import rnnkit
from autograder import sandbox
from rnnkit.exercises import LESSONS
from rnnkit.exercises.exercise import Exercise

SANDBOX = Path(sandbox.__file__).parent
CROSSES = ("__init__.py", "activations.py", "calls.py", "failures.py", "flow.py", "gradcheck.py", "gru.py", "init.py",
           "lstm.py", "rnn.py", "shapes.py", "variants.py", "weights.py")
KEPT_BACK = ("checking", "exercises", "fast", "figures", "guess.py", "layers.py", "libraries.py", "losses.py",
             "model.py", "optim.py", "optional.py", "passes.py", "pencil.py", "tasks", "training.py")
# no answer needs what is kept back, and some of it holds answers
STAND_INS = {
    "checking.py": "def check(function=None, points=1):\n    return 0.0\n\n\ndef yours(f):\n    return f\n",
    **dict.fromkeys(("figures.py", "guess.py", "libraries.py", "passes.py", "tasks.py", "training.py"),
                    "def __getattr__(name):\n    return lambda *arguments, **settings: None\n"),
    "pencil.py": "def pencil(*arguments, **settings):\n    return None\n",
    "optional.py": "def available(package):\n    return None\n",
    **dict.fromkeys(("layers.py", "losses.py", "model.py", "optim.py"),
                    "from rnnkit.withheld import for_training as __getattr__\n"),
    "withheld.py": '''class Withheld(Exception):
    """Names what solves an exercise, or would help to, and is not there while it is judged."""


SOLVED = ("solves what this lesson asks for, so it is not there while your answer is judged. The answer has to be your "
          "own.")
TRAINING = ("is for training, and is not there while an answer is judged. Write the answer with NumPy and with the "
            "functions of the cells.")


def withheld(name, reason=SOLVED):
    def stand_in(*arguments, **settings):
        raise Withheld(f"rnnkit.{name} {reason}")
    stand_in.__name__ = name
    return stand_in


def for_training(name):
    return withheld(name, TRAINING)
''',
}


def write(folder: Path, lesson: str, lent: Collection[str] = ()) -> None:
    """Write rnnkit as a submission of this lesson finds it, and what runs a submission, into a folder.

    lent: functions that are there although the lesson withholds them.
    """
    package = Path(folder) / "rnnkit"
    package.mkdir(parents=True)
    sources = {name: (Path(rnnkit.__file__).parent / name).read_text(encoding="utf-8") for name in CROSSES}
    names = withheld(lesson, sources.values(), lent)
    for name, text in sources.items():
        (package / name).write_text(without(text, names), encoding="utf-8")
    for name, text in STAND_INS.items():
        (package / name).write_text(text, encoding="utf-8")
    shutil.copytree(SANDBOX, Path(folder) / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))


def withheld(lesson: str, sources: Iterable[str], lent: Collection[str] = ()) -> set[str]:
    """The names in rnnkit that a submission of this lesson must not find: functions, classes, and other names of them.

    A lesson without a number, which no lesson comes before, finds no exercise at all.
    """
    number = int(re.match(r"\d*", lesson)[0] or 0)
    names = {exercise.name for n, module in LESSONS.items() if n >= number for exercise in module.EXERCISES}
    names |= {name for exercise in _asked(number) for name in exercise.solved_by}
    names -= {*lent}
    uses = [(given, used) for text in sources for _, given, used in _definitions(ast.parse(text))]
    while built_on := {name for given, used in uses if used & names for name in given} - names - {*lent}:
        names |= built_on
    return names


def without(text: str, names: set[str]) -> str:
    """A module's text with stand-ins for what it defines under these names, or makes of them."""
    lines = text.splitlines()
    for statement, given, _ in reversed(list(_definitions(ast.parse(text)))):
        if given & names:
            first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
            lines[first - 1 : statement.end_lineno] = [
                f'{name} = __import__("rnnkit.withheld").withheld.withheld("{name}")' for name in sorted(given)]
    return "\n".join(lines) + "\n"


def _asked(number: int) -> Sequence[Exercise]:
    return LESSONS[number].EXERCISES if number in LESSONS else ()


def _definitions(module: ast.Module) -> Iterator[tuple[ast.stmt, set[str], set[str]]]:
    """A module's statements that give names a value, but for imports: (statement, the names, what it makes use of).

    Used is a name that is read, also under the name that an import gave it, and an attribute: `lstm_forward`, `forward`
    after `from rnnkit.lstm import lstm_forward as forward`, and `lstm.lstm_forward`.
    """
    imports = [alias for node in ast.walk(module) if isinstance(node, ast.ImportFrom) for alias in node.names]
    known_as = {alias.asname: alias.name for alias in imports if alias.asname}
    for statement in module.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        used = {known_as.get(node.id, node.id) for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        used |= {node.attr for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
        if given := set(_given(statement)):
            yield statement, given, used


def _given(statement: ast.AST) -> Iterator[str]:
    """The names that a statement gives a value at the top of its module, also inside an `if` or a `try`."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    if isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
        yield statement.id
    for inner in ast.iter_child_nodes(statement):
        yield from _given(inner)
