"""The build: one source, two editions, always the same bytes, and nothing let out."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.nbgraderformat import MetadataValidator

from autograder.__main__ import main
from autograder.building.editions import LANGUAGE, build_lessons
from autograder.building.updating import as_built
from autograder.course import Course
from autograder.judging.judge import not_judged
from autograder.judging.notebook import autograded
from autograder.marks.record import Records

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("solutions/*/*.py"))
LESSON = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")


def editions(root, name="02_doubling"):
    folders = root / "lessons", root / "course" / "source"
    return [nbformat.read(folder / name / f"{name}.ipynb", as_version=4) for folder in folders]


def test_students_get_stubs_and_instructors_get_everything(write):
    root = write()
    assert build_lessons(root) == [("02_doubling", 7, True, ())]
    student, instructor = ({cell.id: cell.source for cell in nb.cells} for nb in editions(root))
    assert student["double"].endswith('run the cell again.")') and "twice =" not in student["double"]
    assert student["check-double"] == "check(double, points=4)"
    assert "\n*Your turn." in student["why"] and "once more" not in student["why"]
    assert "twice =" in instructor["double"]
    assert "== 42" in instructor["check-double"]
    assert "once more" in instructor["why"]
    assert "1 point" in student["rubric-why"]


def test_marks_become_nbgrader_metadata(write):
    root = write()
    build_lessons(root)
    student, instructor = editions(root)
    kinds = {}
    for cell in student.cells:
        if meta := cell.metadata.get("nbgrader"):
            kinds[meta.grade_id] = meta.grade, meta.solution, meta.locked, meta.get("points")
    assert kinds == {
        "title": (False, False, True, None),
        "double": (False, True, False, None),
        "check-double": (True, False, True, 4),
        "rubric-why": (False, False, True, None),
        "why": (True, True, False, 3),
    }
    assert {cell.id: cell.metadata.get("editable", True) for cell in student.cells if cell.id in kinds} == {
        "title": False, "double": True, "check-double": False, "rubric-why": False, "why": True
    }  # fmt: skip
    for notebook in student, instructor:
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        assert set(notebook.metadata) == {"kernelspec", "language_info"}
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.kernelspec.name == "python3"
        assert all(cell.get("outputs", []) == [] for cell in notebook.cells)


def test_a_lesson_says_of_its_language_what_the_kernel_says_so_that_opening_it_changes_nothing():
    from ipykernel.ipkernel import IPythonKernel
    assert {**IPythonKernel.language_info, "version": LANGUAGE["version"]} == LANGUAGE


def test_cell_ids_are_the_same_in_both_editions_and_survive_an_insertion(write):
    root = write()
    build_lessons(root)
    student, instructor = editions(root)
    before = [cell.id for cell in student.cells]
    assert before == [cell.id for cell in instructor.cells]
    assert len(set(before)) == len(before)
    build_lessons(write("# %%\nx = 1\n\n" + LESSON))
    assert [cell.id for cell in editions(root)[0].cells][1:] == before


def test_comments_that_look_like_shell_commands_stay_comments(write):
    root = write()
    build_lessons(root)
    for notebook in editions(root):
        assert "    # copy nothing\n" in "".join(cell.source for cell in notebook.cells)


def test_a_build_with_nothing_new_touches_no_file(write):
    root = write()
    build_lessons(root)
    path = root / "lessons/02_doubling/02_doubling.ipynb"
    before = path.stat()
    assert build_lessons(root) == [("02_doubling", 7, False, ())]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_named_lesson_is_built_and_the_others_keep_what_a_student_wrote(write):
    write(name="03_more", folder="03_more")
    root = write()
    build_lessons(root)
    mine = root / "lessons/03_more/03_more.ipynb"
    mine.write_text("my work")
    (root / "lessons/02_doubling/02_doubling.ipynb").unlink()
    assert build_lessons(root, ["02_doubling"]) == [("02_doubling", 7, True, ())]
    assert mine.read_text() == "my work"


# What a build leaves alone


def lesson_of(root, name="02_doubling"):
    return root / "lessons" / name / f"{name}.ipynb"


def change(path, change_cell):
    """What a person does in JupyterLab: change a cell, and save."""
    notebook = nbformat.read(path, as_version=4)
    change_cell({cell.id: cell for cell in notebook.cells}, notebook.cells)
    nbformat.write(notebook, path)


def answered(cells, _):
    cells["double"].source = "def double(x):\n    return 2 * x"


WRITTEN = {
    "an answer": answered,
    "a line below the stub, which is still there": lambda cells, _: cells["double"].update(
        source=cells["double"].source + "\n    # tomorrow: x + x"),
    "an essay": lambda cells, _: cells["why"].update(source="Because."),
    "a cell of one's own": lambda _, all_cells: all_cells.append(nbformat.v4.new_markdown_cell("My notes.")),
    "a cell without a mark": lambda _, all_cells: all_cells[1].update(source="from rnnkit import check, figures"),
    "an answer in a cell without metadata": lambda cells, _: cells["double"].update(metadata={}, source="double = 1"),
}
NEW_WORDS = LESSON.replace("Twice x.", "Two times x.").replace("# # Doubling", "# # Doubling, again")


@pytest.mark.parametrize("what", WRITTEN)
def test_a_lesson_that_somebody_wrote_in_is_never_replaced_without_being_named(write, monkeypatch, what):
    root = write()
    monkeypatch.chdir(root)
    build_lessons(root)
    change(lesson_of(root), WRITTEN[what])
    mine = lesson_of(root).read_bytes()
    write(NEW_WORDS)
    told = CliRunner().invoke(main, ["build"])
    assert told.exit_code == 0 and "lessons/02_doubling/02_doubling.ipynb stays as it is" in told.stdout
    assert lesson_of(root).read_bytes() == mine
    assert "Doubling, again" in editions(root)[1].cells[0].source

    named = CliRunner().invoke(main, ["build", "02_doubling"])
    assert "is kept in lessons/02_doubling/saved.ipynb" in named.stdout
    assert (lesson_of(root).with_name("saved.ipynb")).read_bytes() == mine
    assert "Doubling, again" in editions(root)[0].cells[0].source
    lesson_of(root).write_text("no notebook at all")
    assert CliRunner().invoke(main, ["build", "02_doubling"]).exit_code == 0
    assert lesson_of(root).with_name("saved.ipynb").read_bytes() == mine
    assert lesson_of(root).with_name("saved-2.ipynb").read_text() == "no notebook at all"


def run_only(cells, all_cells):
    all_cells[1].update(outputs=[nbformat.v4.new_output("stream", text="hello\n")], execution_count=3)
    all_cells.append(nbformat.v4.new_code_cell(""))
    cells["double"].source = ""


def test_a_lesson_that_was_only_run_or_only_emptied_is_replaced(write):
    root = write()
    build_lessons(root)
    change(lesson_of(root), run_only)
    write(NEW_WORDS)
    assert build_lessons(root) == [("02_doubling", 7, True, ())]
    assert "Doubling, again" in editions(root)[0].cells[0].source
    assert [path.name for path in lesson_of(root).parent.iterdir()] == ["02_doubling.ipynb"]


def test_only_what_is_missing_is_written_when_asked_for_that(write):
    root = write()
    write(name="03_more", folder="03_more")
    build_lessons(root)
    lesson_of(root).unlink()
    (root / "course/source/03_more/03_more.ipynb").unlink()
    there = lesson_of(root, "03_more").stat().st_mtime_ns
    write(NEW_WORDS)
    write(NEW_WORDS, name="03_more", folder="03_more")
    assert [lesson.name for lesson in build_lessons(root, missing=True)] == ["02_doubling", "03_more"]
    assert lesson_of(root, "03_more").stat().st_mtime_ns == there
    student, instructor = editions(root)
    assert student.cells[0].source == "# Doubling, again" and instructor.cells[0].source == "# Doubling"
    assert build_lessons(root, missing=True) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_cell_of_a_lesson_is_known_as_it_was_built(rebuilt, path):
    notebook = nbformat.read(rebuilt[0] / "lessons" / path.stem / f"{path.stem}.ipynb", as_version=4)
    assert all(map(as_built, notebook.cells))
    for cell in notebook.cells:
        cell.source += "\n# mine"
    assert not any(map(as_built, notebook.cells))


def with_marks(root):
    """Two students' submissions of the lesson are in the gradebook."""
    course = Course(root / "nbgrader_config.py")
    lesson = course.lesson("02_doubling")
    with Records(course) as book:
        book.register(lesson)
        for student in ("ada", "ben"):
            judgement = not_judged(student, lesson, "unreadable", "It is a picture.")
            book.record(judgement, autograded(judgement, None, lesson), lesson, "1")
    return course


MORE = """
# %% answer="triple"
def triple(x):
    ### BEGIN SOLUTION
    return x + x + x
    ### END SOLUTION

# %% check="triple" points=2
check(triple, points=2)
"""
LOCKED = '\n# %% [markdown] locked="more-words"\n# More words.\n'


def test_a_lesson_with_marks_takes_up_new_words_points_and_locked_cells(write):
    root = write()
    build_lessons(root)
    course = with_marks(root)
    write(NEW_WORDS.replace("points=4", "points=6") + LOCKED)
    [built] = build_lessons(root)
    assert built.changed and not built.kept
    with Records(course) as book:
        book.register(course.lesson("02_doubling"))


def test_a_lesson_with_marks_asks_for_more_only_when_forced(write, monkeypatch):
    root = write()
    monkeypatch.chdir(root)
    build_lessons(root)
    course = with_marks(root)
    before = (root / "course/source/02_doubling/02_doubling.ipynb").read_bytes()
    write(LESSON + MORE)
    told = CliRunner().invoke(main, ["build"])
    assert told.exit_code == 0
    assert "it has 2 submissions. The new edition asks for triple as well" in told.stdout
    assert "build --force 02_doubling" in told.stdout
    assert (root / "course/source/02_doubling/02_doubling.ipynb").read_bytes() == before
    assert CliRunner().invoke(main, ["build", "--force", "02_doubling"]).exit_code == 0
    lesson = course.lesson("02_doubling")
    assert list(lesson.exercises) == ["double", "triple"]
    with Records(course) as book:
        book.register(lesson)


def test_a_lesson_with_marks_never_loses_what_they_hang_on(write, monkeypatch):
    root = write(LESSON + MORE)
    monkeypatch.chdir(root)
    build_lessons(root)
    with_marks(root)
    before = (root / "course/source/02_doubling/02_doubling.ipynb").read_bytes()
    write()
    for command in (["build"], ["build", "--force", "02_doubling"]):
        told = CliRunner().invoke(main, command)
        assert told.exit_code == 0 and "no longer asks for triple, whose marks would be lost" in told.stdout
        assert (root / "course/source/02_doubling/02_doubling.ipynb").read_bytes() == before


def test_without_marks_any_new_edition_is_taken_up(write):
    build_lessons(write(LESSON + MORE))
    assert build_lessons(write()) == [("02_doubling", 7, True, ())]


def test_a_lesson_without_a_source_is_named_and_stays(write, monkeypatch):
    root = write()
    monkeypatch.chdir(root)
    write(name="03_more", folder="03_more")
    build_lessons(root)
    with_marks(root)
    shutil.rmtree(root / "solutions" / "03_more")
    told = CliRunner().invoke(main, ["build"]).stdout.replace("\n", " ")
    assert "course/source/03_more has no source in solutions/ any more" in told and "Delete it if" in told
    shutil.move(root / "solutions" / "02_doubling", root / "solutions" / "04_doubling")
    (root / "solutions/04_doubling/02_doubling.py").rename(root / "solutions/04_doubling/04_doubling.py")
    told = CliRunner().invoke(main, ["build"]).stdout
    assert "It has 2 submissions in the gradebook: keep it." in told
    assert (root / "course/source/02_doubling/02_doubling.ipynb").exists()


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """The repository's own lessons, built anew into two folders: by a command and by a call."""
    roots = [tmp_path_factory.mktemp(name) for name in ("command", "call")]
    for root in roots:
        shutil.copytree(ROOT / "solutions", root / "solutions")
        shutil.copy(ROOT / "nbgrader_config.py", root)
    command = [sys.executable, "-m", "autograder", "build"]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        patch.setenv("PYTHONPATH", str(ROOT))
        subprocess.run(command, cwd=roots[0], check=True, capture_output=True)
        build_lessons(roots[1])
    return roots


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.ipynb")}


def test_building_twice_gives_identical_bytes(rebuilt):
    command, call = rebuilt
    assert contents(command) == contents(call)
    assert len(contents(call)) == 2 * len(SOURCES) > 0


def git(*command):
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True)


def committed():
    """The lessons as git has them: a student's answers are no stale build. Without git, as they lie there."""
    if not shutil.which("git") or git("rev-parse").returncode != 0:
        return {Path("lessons") / name: text for name, text in contents(ROOT / "lessons").items()}
    names = git("ls-files", "lessons/*.ipynb").stdout.decode().split()
    return {Path(name): git("show", f":{name}").stdout for name in names}


def test_committed_lessons_are_what_the_build_makes(rebuilt):
    made = {Path("lessons") / name: text for name, text in contents(rebuilt[0] / "lessons").items()}
    there = committed()
    assert set(there) == set(made), "lessons/ and solutions/ hold different lessons: git add or git rm"
    assert [name for name in made if there[name] != made[name]] == [], "make build, then git add lessons"


def leaks(source, notebook):
    """Lines of the source's hidden parts that a notebook holds more often than the source shows them."""
    lines = [line.removeprefix("#").strip() for line in source.splitlines()]
    hidden, shown = Counter(), Counter()
    inside = False
    for line in lines:
        if re.search("(BEGIN|END) (SOLUTION|HIDDEN TESTS)", line):
            inside = "BEGIN" in line
        else:
            (hidden if inside else shown)[line] += 1
    released = Counter(
        line.strip().removeprefix("#").strip() for cell in notebook.cells for line in cell.source.splitlines()
    )
    return [line for line in hidden if line and released[line] > shown[line]]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_released_lesson_holds_no_solution_no_model_answer_and_no_hidden_test(rebuilt, path):
    released = rebuilt[0] / "lessons" / path.stem / f"{path.stem}.ipynb"
    text = released.read_text(encoding="utf-8")
    assert not re.search("(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    assert "jupytext" not in json.dumps(json.loads(text)["metadata"])
    assert leaks(path.read_text(encoding="utf-8"), nbformat.reads(text, as_version=4)) == []


def test_the_search_for_leaks_finds_them(write):
    root = write()
    build_lessons(root)
    student, instructor = editions(root)
    assert leaks(LESSON, student) == []
    assert leaks(LESSON, instructor) == [
        "twice = x + x",
        "return twice",
        "assert double(21) == 42",
        "Twice is once, and once more.",
    ]
    once = LESSON.replace("# # Doubling", "# # Doubling\n# assert double(21) == 42")
    assert leaks(once, instructor) == ["twice = x + x", "return twice", "Twice is once, and once more."]
