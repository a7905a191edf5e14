"""A small lesson, in a repository of its own; and two of them, in a course."""

import shutil
import sys
from pathlib import Path

import pytest

from autograder.building import editions
from autograder.course import Course
from autograder.judging.host import NotSafe, insist, probe

sys.path.insert(0, str(Path(__file__).parent))  # for `import students` and the next line
from handing_in import DOUBLING, TRIPLING, snapshot

ROOT = Path(__file__).resolve().parents[2]
INVENTED = ("double", "triple", "other")  # rnnkit has no such exercises
LESSON = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def safe():
    """Skips where this machine cannot lock a student's code in: grading refuses there."""
    try:
        insist(*probe())
    except NotSafe as why:
        pytest.skip(str(why))


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Put a lesson into a repository of its own; gives the repository's root."""
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    monkeypatch.setattr(editions, "exercises", lambda lesson: INVENTED)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)

    def write_lesson(text=LESSON, name="02_doubling", folder="02_doubling"):
        path = tmp_path / "solutions" / folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return write_lesson


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A repository with two lessons, and its course folder."""
    root = tmp_path_factory.mktemp("built")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    texts = {DOUBLING: LESSON, TRIPLING: LESSON.replace("double", "triple").replace('"why"', '"why-three"')}
    for name, source in texts.items():
        (root / "solutions" / name).mkdir(parents=True)
        (root / "solutions" / name / f"{name}.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        patch.setattr(editions, "exercises", lambda lesson: INVENTED)
        editions.build_lessons(root)
    return root


@pytest.fixture
def course(built, tmp_path, monkeypatch):
    """A course, and beside it something precious. After the test nothing has changed outside submitted/."""
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "root"
    shutil.copytree(built, root)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "marks.csv").write_text("ada,100\n")
    course = Course(root / "nbgrader_config.py")
    course.untouched = lambda: (snapshot(root, course.folder / "submitted"), snapshot(tmp_path / "precious"),
                                sorted(path.name for path in tmp_path.parent.iterdir()))
    before = course.untouched()
    yield course
    assert course.untouched() == before
    assert not [path for path in Path("/").glob("evil*")]
