"""Every lesson runs from top to bottom: unsolved, solved, and in a kernel that lacks what is not NumPy."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.building.editions import instructor_edition, read_sources

ROOT = Path(__file__).parents[2]
LESSONS = sorted(path.name for path in ROOT.glob("solutions/*"))
PACKAGES = ("torch", "keras", "matplotlib", "ipywidgets")
WITHOUT = "import sys\nsys.modules |= dict.fromkeys({missing!r})"


def run(notebook, folder, missing=()):
    """Execute a copy of the notebook in its folder, and return its code cells' outputs as (source, output) pairs."""
    notebook = nbformat.from_dict(notebook)
    if missing:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(WITHOUT.format(missing=list(missing))))
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(folder)}}).execute()
    return [(cell.source, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def troubles(outputs):
    """Every error, and everything on stderr: nbgrader gives no points to a cell that wrote there."""
    return [(source[:60], output.get("evalue") or output.get("text")) for source, output in outputs
            if output.output_type == "error" or output.get("name") == "stderr"]


def points(outputs):
    """What the checks returned, and what they are worth, as two lists."""
    checks = [(float(output.data["text/plain"]), float(source.split("points=")[1].rstrip(")")))
              for source, output in outputs
              if output.output_type == "execute_result" and source.startswith("check(")]
    return [list(column) for column in zip(*checks, strict=True)]


def text(outputs):
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for _, output in outputs)


@pytest.fixture(params=LESSONS)
def folder(request):
    return ROOT / "lessons" / request.param


@pytest.fixture
def student(folder):
    return nbformat.read(folder / f"{folder.name}.ipynb", as_version=4)


@pytest.fixture
def instructor(folder):
    return instructor_edition(read_sources(ROOT, [folder.name])[folder.name])


@pytest.mark.thorough
def test_unsolved_lesson_runs_without_trouble_and_earns_nothing(student, folder):
    outputs = run(student, folder)
    assert troubles(outputs) == []
    earned, worth = points(outputs)
    assert set(earned) == {0.0} and len(worth) > 0


def test_solved_lesson_runs_without_trouble_and_earns_every_point(instructor, folder):
    outputs = run(instructor, folder)
    assert troubles(outputs) == []
    earned, worth = points(outputs)
    assert earned == worth


@pytest.mark.thorough
def test_lesson_without_torch_matplotlib_and_ipywidgets_says_so_and_goes_on(instructor, folder):
    outputs = run(instructor, folder, PACKAGES)
    assert troubles(outputs) == []
    earned, worth = points(outputs)
    assert earned == worth
    code = "\n".join(cell.source for cell in instructor.cells if cell.cell_type == "code")
    named = [package for package in PACKAGES if f'"{package}"' in code] + ["matplotlib"] * ("figures." in code)
    assert all(f"needs {package}" in text(outputs) for package in named)
