"""Students' notebooks: a lesson as it was handed out, with somebody's code in it."""

import ast
import json
import os
import re
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell
from traitlets.config import PyFileConfigLoader

import rnnkit
from autograder.building.editions import instructor_edition, read_sources
from autograder.init import init
from autograder.lesson import Lesson
from rnnkit.calls import Call
from rnnkit.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[2]
RIGHT = {path.stem: path for path in sorted((ROOT / "tests" / "rnnkit" / "solutions").glob("*.py"))}
BESIDE = {f"{path.stem}, {cell.splitlines()[0]}": f"# {cell}"
          for path in sorted((ROOT / "tests" / "rnnkit" / "right").glob("*.py"))
          for cell in re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]}
WORDS = "A weight is used at every step, so the loss feels it T times, and what it feels adds up."


@cache
def lessons():
    """Every lesson by its name, made from its source."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    return {name: Lesson(name, instructor_edition(cells), config) for name, cells in read_sources(ROOT).items()}


def lesson_of(exercise):
    return next(lesson for lesson in lessons().values() if exercise in lesson.exercises)


def solved(lesson):
    """Exercise -> the instructor's own answer, as the text of a cell."""
    return {cell.id: cell.source for cell in lesson.instructor.cells if cell.id in lesson.exercises}


def given(lesson):
    """The functions that the lesson's own cells define for its exercises to call, and that nobody asks for: name -> id.

    Lesson 09 gives gru_forward, and gru_backward goes back over its cache.
    """
    called = {Call.parse(text).name for name in lesson.exercises for text in EXERCISES[name].calls}
    return {name: cell.id for name in called - set(lesson.exercises) for cell in lesson.student.cells
            if cell.cell_type == "code" and cell.source.startswith(f"def {name}(")}


def answers_in(text, lesson):
    """The functions in a text that a lesson asks for, by their names; and the text that is left.

    A value that is made of an answer is left out too: a later lesson needs it, and it stands before the answer here.
    """
    lines, answers = text.splitlines(), {}
    for node in reversed(ast.parse(text).body):
        answer = isinstance(node, ast.FunctionDef) and node.name in lesson.exercises
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]) - 1
        if answer:
            answers[node.name] = "\n".join(lines[first : node.end_lineno])
        if answer or (isinstance(node, ast.Assign) and lesson.exercises.keys() & names_in(node)):
            del lines[first : node.end_lineno]
    return answers, "\n".join(lines)


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def wrote_all_of(lesson):
    """Those of the seventeen who answered every exercise of a lesson that any of them answered."""
    answered = {student: answers_in(path.read_text(encoding="utf-8"), lesson)[0].keys()
                for student, path in RIGHT.items()}
    return [student for student, names in answered.items() if names and names == set().union(*answered.values())]


def by(student, lesson):
    """The notebook of one who is right in a way of their own: of a student, or with an answer that lies beside ours.

    What they did not write is ours.
    """
    if student in BESIDE:
        return notebook(lesson, {**solved(lesson), student.split(",")[0]: BESIDE[student]})
    answers, added = answers_in(RIGHT[student].read_text(encoding="utf-8"), lesson)
    return notebook(lesson, {**solved(lesson), **answers}, added)


def mistaken(name, misconception):
    """The text of an answer that makes a known mistake: the reference with the mistake in it, as a student types it."""
    text = EXERCISES[name].text.replace(misconception.right, misconception.wrong)
    assert text != EXERCISES[name].text
    used = names_in(ast.parse(text))
    library = sorted(used & {*rnnkit.__all__} - lesson_of(name).exercises.keys())
    imports = f"from rnnkit import {', '.join(library)}\n" if library else ""
    return f'{imports}CACHE = ""\n\n\n' * bool(imports or "CACHE" in used) + text.removeprefix("@shaped\n")


def notebook(lesson, answers, added=""):
    """What is handed in: the lesson, these answers (or essays) in their cells, and a cell added after the imports.

    What the lesson shows under a name that the added cell defines too is deleted, or it would take its place.
    """
    made, own = json.loads(json.dumps(lesson.student)), defined(added)
    made["cells"] = [cell for cell in made["cells"] if cell["cell_type"] != "code" or cell["metadata"].get("nbgrader")
                     or not own & defined(cell["source"])]
    for cell in made["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    if added:
        first = next(n for n, cell in enumerate(made["cells"]) if cell["cell_type"] == "code")
        made["cells"].insert(first + 1, new_code_cell(added, id="added"))
    return made


def defined(text):
    """The names of a text's functions and classes."""
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def submit(course, student, lesson, content):
    """Put a notebook, or any text, where students hand in; gives its path."""
    path = course / "submitted" / student / lesson.name / f"{lesson.name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def make_course(folder, names):
    """A course folder with these lessons in it."""
    os.environ.pop("RNNKIT_COURSE", None)
    init(folder, ROOT / "nbgrader_config.py")
    for name in names:
        path = folder / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(lessons()[name].instructor, path)
    return folder


def make_class(folder, count, rng, names):
    """A course in which so many submissions were handed in, of one lesson after the other."""
    make_course(folder, names)
    for number in range(count):
        lesson = lessons()[names[number % len(names)]]
        submit(folder, f"student{number:04}", lesson, anybodys(lesson, rng))


def anybodys(lesson, rng):
    """A notebook as a class hands it in: right, mistaken in a known way, half done, blank or no notebook at all."""
    kind = rng.choice(["right", "right", "mistaken", "mistaken", "half", "blank", "unreadable"])
    answers = {**solved(lesson), "why-gradients-add": WORDS}
    name = rng.choice(list(lesson.exercises))
    if kind == "right":
        return by(rng.choice(list(RIGHT)), lesson)
    if kind == "mistaken":
        answers[name] = mistaken(name, rng.choice(EXERCISES[name].misconceptions))
    if kind == "half":
        del answers[name]
    return "{" if kind == "unreadable" else notebook(lesson, {} if kind == "blank" else answers)
