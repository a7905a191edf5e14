"""What things cost on this machine, now: the import, the checks, the build, and every lesson from top to bottom.

    make bench

Everything runs on one core and with one thread. Nothing is judged here: the limits stand beside the figures.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
MEGABYTE = 2 ** 20

IMPORT = """
import time, numpy
start = time.perf_counter()
import rnnkit
print(time.perf_counter() - start)
"""

CHECKS = """
import contextlib, inspect, io, json, statistics, time
from rnnkit import check
from rnnkit.exercises import EXERCISES

def seconds(function):
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        check(function)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)

figures = {}
for name, exercise in EXERCISES.items():
    retyped = dict(inspect.unwrap(exercise.reference).__globals__)
    exec(exercise.text, retyped)
    right = seconds(retyped[name])
    figures[name] = right, max((seconds(wrong), mistake.id) for mistake, wrong in exercise.wrong_versions)
print("figures", json.dumps(figures))
"""


def import_time(runs=11):
    """Seconds that `import rnnkit` takes after numpy: the median of fresh processes."""
    spent = [subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, cwd=ROOT).stdout
             for _ in range(runs)]
    return statistics.median(map(float, spent))


def check_times():
    """Exercise -> (seconds for a right answer, (seconds for the slowest wrong one, which mistake)), in a kernel."""
    notebook = new_notebook(cells=[new_code_cell(CHECKS)])
    run(notebook)
    printed = "".join(output.text for output in notebook.cells[0].outputs if output.output_type == "stream")
    return json.loads(printed.partition("figures")[2])


def built(place):
    """Build both editions of every lesson below `place`. Returns seconds."""
    shutil.copytree(ROOT / "solutions", place / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", place)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "autograder", "build"], cwd=place, check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "RNNKIT_COURSE": str(place / "course")})
    return time.perf_counter() - start


def run(notebook):
    """Run every cell in a fresh kernel. Returns seconds, the kernel's start included, and its peak memory in MB.

    Raises nbclient's CellExecutionError where a cell fails.
    """
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    start = time.perf_counter()
    with client.setup_kernel(stderr=subprocess.DEVNULL):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        spent = time.perf_counter() - start
        memory = peak_memory(client.km.provisioner.pid)
    return spent, memory


def peak_memory(pid):
    """The most memory that a process has held so far, in MB; None where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / MEGABYTE


def main():
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    table = Table("what", "measured", "limit", title="rnnkit on one core")
    for column in table.columns[1:]:
        column.justify = "right"

    table.add_row("import rnnkit, after numpy", f"{import_time():.3f} s", "0.25 s", end_section=True)
    for name, (right, (wrong, mistake)) in check_times().items():
        table.add_row(f"check {name}, right", f"{1000 * right:.0f} ms", "200 ms")
        table.add_row(f"check {name}, {mistake}", f"{1000 * wrong:.0f} ms", "200 ms")
    table.add_section()

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if not any((ROOT / "solutions").glob("*/*.py")):
            table.add_row("no lessons yet: solutions/ is empty", "", "")
        else:
            table.add_row("build every lesson", f"{built(place):.1f} s", "10 s", end_section=True)
        for edition, where in (("unsolved", place / "lessons"), ("solved", place / "course" / "source")):
            for path in sorted(where.glob("*/*.ipynb")):
                spent, memory = run(nbformat.read(path, as_version=4))
                held = "unknown" if memory is None else f"{memory:.0f} MB"
                table.add_row(f"{path.stem}, {edition}", f"{spent:.1f} s  {held}", "60 s  600 MB")
    Console().print(table)


if __name__ == "__main__":
    main()
