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
from nbgrader.nbgraderformat import MetadataValidator

from autograder.building.editions import build_lessons

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("solutions/*/*.py"))
LESSON = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")


def editions(root, name="02_doubling"):
    folders = root / "lessons", root / "course" / "source"
    return [nbformat.read(folder / name / f"{name}.ipynb", as_version=4) for folder in folders]


def test_students_get_stubs_and_instructors_get_everything(write):
    root = write()
    assert build_lessons(root) == [("02_doubling", 7, True)]
    student, instructor = ({cell.id: cell.source for cell in nb.cells} for nb in editions(root))
    assert student["double"].endswith('run the cell again.")') and "twice =" not in student["double"]
    assert student["check-double"] == "check(double, points=4)"
    assert student["why"].startswith("*Your turn") and "once more" not in student["why"]
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
    assert build_lessons(root) == [("02_doubling", 7, False)]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_named_lesson_is_built_and_the_others_keep_what_a_student_wrote(write):
    write(name="03_more", folder="03_more")
    root = write()
    build_lessons(root)
    mine = root / "lessons/03_more/03_more.ipynb"
    mine.write_text("my work")
    (root / "lessons/02_doubling/02_doubling.ipynb").unlink()
    assert build_lessons(root, ["02_doubling"]) == [("02_doubling", 7, True)]
    assert mine.read_text() == "my work"


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
