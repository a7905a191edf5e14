"""A small lesson, in a repository of its own."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `import students`

ROOT = Path(__file__).resolve().parents[2]
LESSON = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Put a lesson into a repository of its own; gives the repository's root."""
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)

    def write_lesson(text=LESSON, name="02_doubling", folder="02_doubling"):
        path = tmp_path / "solutions" / folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return write_lesson
