"""Submissions graded per minute, ours against stock `nbgrader autograde`: one lesson, one mix, one run.

    make bench        (the comparison)
    make class        (a class of 1,000 on all cores)

The mix is a third each of solved, half solved and blank notebooks. Stock nbgrader starts a kernel for each and runs
the whole lesson in it, so it gets few of them; and, in a second row that favors it, notebooks whose authors deleted
everything but the imports and the cells that earn points. Ours gets the whole notebooks. A command's time is all of
it, from the start of the process to the last commit.
"""

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import students
from rich.console import Console
from rich.table import Table

LESSON = students.lessons()["03_backpropagation_through_time"]
MARKS = {"solved": 13, "half": 8, "blank": 0}
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
OURS = (sys.executable, "-m", "autograder")
STOCK = (sys.executable, "-m", "nbgrader")


def mix():
    right = {**students.solved(LESSON), "why-gradients-add": students.WORDS}
    half = {name: text for name, text in right.items() if name not in ("rnn_backward", "why-gradients-add")}
    return {kind: students.notebook(LESSON, answers)
            for kind, answers in (("solved", right), ("half", half), ("blank", {}))}


def short(notebook):
    """The notebook without what earns nothing, except the imports. It runs in a second."""
    cells = notebook["cells"]
    imports = next(cell for cell in cells if cell["cell_type"] == "code")
    return {**notebook, "cells": [cell for cell in cells if cell is imports or "nbgrader" in cell["metadata"]]}


def hand_in(folder, count, change=lambda notebook: notebook):
    """A course in which so many notebooks of the mix were handed in, each kind equally often."""
    shutil.copytree(folder.parent / "empty", folder)
    notebooks = {kind: change(notebook) for kind, notebook in mix().items()}
    for number in range(count):
        kind = list(notebooks)[number % len(notebooks)]
        students.submit(folder, f"{kind}{number:04}", LESSON, notebooks[kind])
    return folder


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of processor time in all processes of a command; its roles' largest memory in MB."""

    clock: float
    processor: float
    peaks: dict = field(default_factory=dict)

    def __sub__(self, other):
        return Spent(self.clock - other.clock, self.processor - other.processor)


def timed(command, folder):
    """What a command spent."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader starts alembic by name
    with tempfile.TemporaryFile("w+") as said:
        start = time.monotonic()
        running = subprocess.Popen(command, cwd=folder, env={**os.environ, **ONE_THREAD, "PATH": path},
                                   stdout=subprocess.DEVNULL, stderr=said)
        peaks, done = {}, 0
        while not done:
            for role, megabytes in resident(running.pid):
                peaks[role] = max(megabytes, peaks.get(role, 0))
            time.sleep(0.05)
            done, status, usage = os.wait4(running.pid, os.WNOHANG)
        clock = time.monotonic() - start
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))}: {said.read()[-2000:]}")
    return Spent(clock, usage.ru_utime + usage.ru_stime, peaks)


def resident(pid, role="coordinator"):
    """The most memory that a process and its descendants have held so far, as pairs of a role and megabytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    if found := re.search(r"VmHWM:\s+(\d+) kB", status):
        yield role, int(found[1]) / 1024
    for child in children:
        yield from resident(int(child), {"coordinator": "judge", "judge": "sandbox"}.get(role, "sandbox"))


def grade(folder, *options):
    return timed([*OURS, "--course", str(folder), "grade", LESSON.name, *options], students.ROOT)


def autograde(folder):
    """What stock nbgrader spends on the submissions in a course, of which it is the first grader."""
    timed([*STOCK, "generate_assignment", LESSON.name], folder)
    return timed([*STOCK, "autograde", LESSON.name], folder)


def check(folder, count):
    """Whoever was fast has to have been right."""
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        found = gradebook.execute(
            "select student_id, sum(auto_score) from grade join submitted_notebook on grade.notebook_id ="
            " submitted_notebook.id join submitted_assignment on submitted_notebook.assignment_id ="
            " submitted_assignment.id group by 1").fetchall()
    assert len(found) == count, f"{len(found)} of {count} are in the gradebook"
    for student, points in found:
        assert points == MARKS[student.rstrip("0123456789")], f"{student}: {points}"


def workers_memory(folder):
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        return max(json.loads(text)["megabytes"] for text, in gradebook.execute("select json from judgements"))


def compare(place):
    """Print the table of the comparison."""
    few, many = 6, 120
    folders = {name: hand_in(place / name, count, *change) for name, count, *change in (
        ("few", few), ("many", many), ("alone", many), ("whole", 3), ("cut", few, short))}
    start = grade(folders["few"])
    ours = grade(folders["many"])
    rows = [
        ("ours", many, ours),
        ("ours, without the start of the command", many - few, ours - start),
        ("ours, one worker", many, grade(folders["alone"], "--workers", "1")),
        ("ours, as few as stock gets", few, start),
        ("stock nbgrader autograde", 3, autograde(folders["whole"])),
        ("stock, notebooks cut down to what earns points", few, autograde(folders["cut"])),
    ]
    table = Table("who", "submissions", "seconds", "per minute", "ours: faster by", "processor seconds each",
                  "ours: less by", title=f"{LESSON.name} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for column in table.columns[1:]:
        column.justify = "right"
    for who, count, spent in rows:
        clock, processor = spent.clock / count, spent.processor / count
        stock = who.startswith("stock")
        table.add_row(who, str(count), f"{spent.clock:.1f}", f"{60 / clock:.0f}",
                      f"{clock / (ours.clock / many):.0f} times" if stock else "", f"{processor:.3f}",
                      f"{processor / (ours.processor / many):.0f} times" if stock else "")
    for name, folder in folders.items():
        check(folder, {"many": many, "alone": many, "whole": 3}.get(name, few))
    Console(width=120).print(table)
    Console().print(f"Most memory in one process: coordinator {ours.peaks['coordinator']:.0f} MB, judge "
                    f"{ours.peaks['judge']:.0f} MB, worker {workers_memory(folders['many']):.0f} MB.")


def grade_class(place, size=1000):
    """Print how long a class takes that is as mixed as classes are."""
    folder = place / "class"
    students.make_class(folder, size, random.Random(1), [LESSON.name])
    spent = grade(folder)
    Console().print(f"A class of {size} submissions of {LESSON.name}: {spent.clock:.1f} s on {os.cpu_count()} cores at "
                    f"a load of {os.getloadavg()[0]:.1f}, {spent.processor:.1f} s of processor time. Most memory: "
                    f"coordinator {spent.peaks['coordinator']:.0f} MB, judge {spent.peaks['judge']:.0f} MB.")


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if "class" in sys.argv[1:]:
            grade_class(place)
        else:
            students.make_course(place / "empty", [LESSON.name])
            compare(place)


if __name__ == "__main__":
    main()
