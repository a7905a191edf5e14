"""The judge finds an answer wherever it ended up, and says why there is none."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import students
from nbformat.v4 import new_code_cell

from autograder.judging import submission
from autograder.judging.host import LAYERS, Budget, Limits, NotSafe, Sandbox, Worker, insist, probe
from autograder.judging.judge import judge, secret_seeds
from autograder.sandbox import audit, wire
from rnnkit.exercises import EXERCISES

pytestmark = pytest.mark.usefixtures("safe")

SEED = 7
LESSON = students.lessons()["02_the_recurrent_cell"]
FULL = LESSON.exercises
SOLVED = students.solved(LESSON)
FOREVER = "while True:\n    pass"


def at(notebook, name):
    return next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == name)


def add(notebook, source, position=None, **more):
    cell = {**new_code_cell(source), **more}
    notebook["cells"].insert(len(notebook["cells"]) if position is None else position, cell)


def reorder(notebook):
    notebook["cells"].reverse()


def keep_answers_only(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in SOLVED]


def strip_metadata_and_ids(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id")


def delete_imports(notebook):
    del notebook["cells"][next(n for n, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code")]


def delete_checks(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("check-")]


def split_an_answer(notebook):
    place = at(notebook, "rnn_step")
    source = notebook["cells"][place]["source"]
    notebook["cells"][place]["source"] = source.replace("np.tanh(", "squash(")
    add(notebook, "def squash(a):\n    return np.tanh(a)", place)


def help_from_the_last_cell(notebook):
    split_an_answer(notebook)
    notebook["cells"].append(notebook["cells"].pop(at(notebook, "rnn_step") - 1))


def hide_an_answer_in_another_cell(notebook):
    answer = notebook["cells"][at(notebook, "readout")]["source"]
    notebook["cells"][at(notebook, "rnn_forward")]["source"] += f"\n\n\n{answer}"
    notebook["cells"][at(notebook, "readout")]["source"] = ""


def move_an_answer_into_a_new_cell(notebook):
    cell = notebook["cells"].pop(at(notebook, "rnn_step"))
    add(notebook, cell["source"], 1)


def define_first_wrong_then_right(notebook):
    place = at(notebook, "rnn_step")
    add(notebook, "def rnn_step(x, h, W_x, W_h, b):\n    return x, None", place, id="rnn_step",
        metadata=notebook["cells"][place]["metadata"])


def duplicate_every_cell(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] for _ in range(2)]


def write_magics(notebook):
    for name in SOLVED:
        cell = notebook["cells"][at(notebook, name)]
        cell["source"] = f"%matplotlib inline\n!pip install numpy\n{cell['source']}\n{name}?"
    add(notebook, "%%bash\nrm -rf ~", 1)


def fail_before_the_answer(notebook):
    add(notebook, "1 / 0\nimport numpy as np", at(notebook, "rnn_step"))
    add(notebook, "This is no Python.", at(notebook, "rnn_step"))


def import_what_is_not_there(notebook):
    add(notebook, "import torch, tensorflow as tf\nfrom jax import grad\nimport numpy as np", 1)


def import_everything(notebook):
    add(notebook, "from numpy import *\nfrom rnnkit import *", at(notebook, "rnn_step"))


def never_end_where_no_answer_needs_it(notebook):
    add(notebook, FOREVER, 1)


def train_for_hours(notebook):
    add(notebook, "import time\nhistory = [time.sleep(60) for _ in range(60)]", 1)


def use_windows_line_ends(notebook):
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")


def rename_the_arguments(notebook):
    cell = notebook["cells"][at(notebook, "readout")]
    cell["source"] = "def readout(état, Wy, by):\n    return état @ Wy + by"


def wrap_an_answer_in_a_class(notebook):
    notebook["cells"][at(notebook, "readout")]["source"] = """
class Readout:
    def __call__(self, h, W_y, b_y):
        return h @ W_y + b_y

readout = Readout()
"""


def edit_checks_and_points(notebook):
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["source"] = "1000"
            cell["metadata"]["nbgrader"]["points"] = 1000


HARMLESS = [reorder, keep_answers_only, strip_metadata_and_ids, delete_imports, delete_checks, split_an_answer,
            help_from_the_last_cell, hide_an_answer_in_another_cell, move_an_answer_into_a_new_cell,
            define_first_wrong_then_right, duplicate_every_cell, write_magics, fail_before_the_answer,
            import_what_is_not_there, import_everything, never_end_where_no_answer_needs_it, train_for_hours,
            use_windows_line_ends, rename_the_arguments, wrap_an_answer_in_a_class, edit_checks_and_points]


@pytest.fixture(scope="module")
def sandboxes():
    """A lesson and limits -> the sandbox, started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started = {}

        def sandbox(lesson, limits):
            if (lesson.name, limits) not in started:
                started[lesson.name, limits] = stack.enter_context(Sandbox(lesson.name, limits=limits))
            return started[lesson.name, limits]

        yield sandbox


@pytest.fixture
def judged(sandboxes, tmp_path):
    """The Judgement on a notebook."""
    def run(notebook, lesson=LESSON, **limits):
        read = submission.read(students.submit(tmp_path, "somebody", lesson, notebook), lesson)
        return judge("somebody", lesson, read, sandboxes(lesson, Limits(**limits)), SEED)

    return run


def earned(judgement):
    return {name: verdict.earned for name, verdict in judgement.verdicts.items()}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_people_do_to_a_notebook_costs_nothing(change, judged):
    notebook = students.notebook(LESSON, SOLVED)
    change(notebook)
    judgement = judged(notebook)
    assert earned(judgement) == FULL, judgement
    assert (judgement.status, judgement.flags) == ("judged", [])
    assert list(judgement.verdicts) == list(FULL)


@pytest.mark.parametrize(("answer", "why"), [
    ("from rnnkit import rnn_step", "rnnkit.rnn_step solves what this lesson asks for"),
    ("import rnnkit\nrnn_step = rnnkit.rnn_step", "rnnkit.rnn_step solves what this lesson asks for"),
    ("def rnn_step(*given):\n    from rnnkit.rnn import rnn_step\n    return rnn_step(*given)",
     "rnnkit.rnn_step solves what this lesson asks for"),
    ("import torch\ndef rnn_step(x, h, W_x, W_h, b):\n    return torch.tanh(x @ W_x + h @ W_h + b), None",
     "torch is not there while your answer is judged"),
    ("def rnn_step(x, h, W_x, W_h, b)\n    return x", "SyntaxError: expected ':'"),
    ("1 / 0\ndef rnn_step(x, h, W_x, W_h, b):\n    return x", "ZeroDivisionError: division by zero"),
    ("def my_step(x, h, W_x, W_h, b):\n    return x", "No cell of the notebook defines rnn_step"),
    ("def rnn_step(x, h, W_x, W_h, b):\n    while True:\n        pass", "did not come back within 0.5 seconds"),
    (f"def rnn_step(x, h, W_x, W_h, b):\n    return x\n{FOREVER}", "did not come back within 0.5 seconds"),
    ("import os\ndef rnn_step(x, h, W_x, W_h, b):\n    os._exit(0)", "It ended the process that it ran in."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return np.zeros((10 ** 6, 10 ** 6))", "MemoryError"),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return rnn_step(x, h, W_x, W_h, b)", "RecursionError"),
])
def test_what_is_no_answer_earns_nothing_and_the_verdict_says_why(answer, why, judged):
    judgement = judged(students.notebook(LESSON, {**SOLVED, "rnn_step": answer}), answer=0.5, cell=0.5)
    assert judgement.verdicts["rnn_step"].earned == 0
    assert any(why in text for _, text in judgement.verdicts["rnn_step"].lines), judgement.verdicts["rnn_step"].lines
    assert judgement.verdicts["readout"].earned == FULL["readout"]


@pytest.mark.parametrize(("helper", "why"), [
    ("def squash(a)\n    return np.tanh(a)", "The cell that defines squash stopped: SyntaxError: expected ':'"),
    ("scale = 1 / 0\ndef squash(a):\n    return np.tanh(scale * a)", "stopped: ZeroDivisionError: division by zero"),
    ("def squash(a):\n    return np.tanh(a)", ""),
])
def test_cell_of_a_helper_that_stopped_is_named_where_its_name_is_missed(helper, why, judged):
    notebook = students.notebook(LESSON, SOLVED)
    split_an_answer(notebook)
    notebook["cells"][at(notebook, "rnn_step") - 1]["source"] = helper
    verdict = judged(notebook).verdicts["rnn_step"]
    hints = [text for mark, text in verdict.lines if mark == "hint"]
    assert (verdict.earned == 0 and why in " ".join(hints)) if why else (verdict.passed and hints == [])


def test_time_that_runs_out_ends_in_unfinished_and_what_was_judged_before_counts(judged):
    slow = "def rnn_forward(x, h0, W_x, W_h, b):\n    while True:\n        pass"
    judgement = judged(students.notebook(LESSON, {**SOLVED, "rnn_forward": slow}), total=3, answer=60)
    assert judgement.status == "unfinished" and "3 seconds" in judgement.detail
    assert earned(judgement) == {**FULL, "rnn_forward": 0, "readout": 0}
    assert 3 <= judgement.seconds < 10


def test_a_busy_machine_costs_nobody_a_point(judged):
    slow = SOLVED["readout"].replace("(h, W_y, b_y):", """(h, W_y, b_y):
    until = time.process_time() + 0.5
    while time.process_time() < until: pass""")
    notebook = students.notebook(LESSON, {**SOLVED, "readout": f"import time\n{slow}"})
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * os.cpu_count())]
    try:
        judgement = judged(notebook, answer=1, cell=1)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    assert earned(judgement) == FULL
    assert judgement.seconds > 0.5


@pytest.mark.parametrize(("wait", "patience"), [
    ("time.sleep(600)", 3), ("[threading.Thread(target=spin).start() for _ in range(4)]; time.sleep(600)", 600)])
def test_what_waits_ends_by_the_clock_and_what_its_threads_compute_counts(wait, patience, judged):
    answer = f"import threading, time\ndef spin():\n    while True: pass\ndef readout(*given):\n    {wait}"
    judgement = judged(students.notebook(LESSON, {**SOLVED, "readout": answer}), answer=1, patience=patience)
    assert earned(judgement) == {**FULL, "readout": 0}
    assert "It did not come back within 1 seconds." in judgement.verdicts["readout"].trouble


def test_whoever_tells_and_tells_and_never_replies_is_late():
    ours, theirs = socket.socketpair()
    telling = threading.Thread(target=tell_on_and_on, args=(theirs,))
    telling.start()
    worker, left = Worker(None), iter([5.0] * 10)
    worker.pipe = ours.fileno()
    with pytest.raises(wire.Late):
        worker.do("ask", lambda: next(left, -0.1))
    assert len(worker.seen) < 50
    ours.close()
    telling.join()
    theirs.close()


def tell_on_and_on(end):
    with contextlib.suppress(wire.Closed):
        while True:
            wire.send(end.fileno(), {"seen": "something"})


@pytest.mark.parametrize(("clock", "used", "waited", "left"), [
    (0, 0, 0, 5), (3, 3, 0, 2), (5, 0, 0, 5), (6, 4, 0, 1), (6, 5, 0, 0), (6, 7, 0, -2), (23, 1, 0, 2), (25, 0, 0, 0),
    (26, 0, 0, -1), (100, 4, 96, 1), (1000, 1, 980, 4), (1000, 0, 974, -1)])
def test_a_budget_is_of_processor_time_and_by_the_clock_five_times_as_long(clock, used, waited, left, monkeypatch):
    now, spent = [100.0], [1.0, 2.0]
    monkeypatch.setattr("autograder.judging.host.time.monotonic", lambda: now[0])
    sandbox = SimpleNamespace(spent=lambda: tuple(spent), limits=Limits())
    budget, total = Budget(sandbox, 5), Budget(sandbox, 2)
    now[0] += clock
    spent[:] = 1 + used, 2 + waited
    assert budget.left() == pytest.approx(left)
    assert total.part(100).left() == pytest.approx(total.left())


def test_expected_values_are_not_sent_to_the_process_that_runs_the_students_code(judged, monkeypatch):
    lesson, sent, do = students.lessons()["03_backpropagation_through_time"], [], Worker.do

    def listening(self, what, seconds, **arguments):
        sent.extend(arrays_in(list(arguments.get("values", {}).values())))
        return do(self, what, seconds, **arguments)

    monkeypatch.setattr(Worker, "do", listening)
    wrong = {name: students.mistaken(name, EXERCISES[name].misconceptions[0]) for name in lesson.exercises}
    judged(students.notebook(lesson, wrong), lesson)
    exercise = EXERCISES["rnn_backward"]
    expected = [array for seed in secret_seeds(SEED, lesson.name)
                for array in exercise.answer(exercise.case(seed)).outputs.values()]
    assert len(sent) > 100
    assert not any(a.shape == e.shape and np.allclose(a, e) for a in sent for e in expected)


def arrays_in(value):
    return [array for item in value for array in arrays_in(item)] if isinstance(value, list | tuple) else [value]


def test_the_sandbox_holds_where_packages_lie_behind_a_link(tmp_path):
    (tmp_path / "link").symlink_to(Path(np.__file__).parents[1])
    code = "from autograder.judging.host import insist, np, probe; insist(*probe()); print(np.__file__)"
    paths = os.pathsep.join([str(tmp_path / "link"), str(students.ROOT)])
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, text=True,
                          capture_output=True)
    assert str(tmp_path / "link") in done.stdout, done.stderr


def test_a_probe_without_namespaces_is_told_to_see_files_and_that_keeps_nobody_from_grading():
    layers, escapes = probe(LAYERS[1:])
    assert escapes == [audit.SEE_A_FILE]
    insist(layers, escapes)
    assert "namespaces" not in probe()[0] or probe()[1] == []
    with pytest.raises(NotSafe, match=r"a probe could open a socket\."):
        insist(layers, [audit.SEE_A_FILE, "open a socket"])


MEASURED = """
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, [x, h, c, W_x, W_h, b]


def lstm_step_backward(dh_next, dc_next, cache):
    def loss(k, value):
        h_next, c_next, _ = lstm_step(*cache[:k], value, *cache[k + 1:])
        return np.sum(dh_next * h_next) + np.sum(dc_next * c_next)
    return [numerical_gradient(lambda value, k=k: loss(k, value), array) for k, array in enumerate(cache)]
"""
SCALARS = """
def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    (N, D), H = x.shape, h.shape[1]
    dx, dh, dc = np.zeros((N, D)), np.zeros((N, H)), np.zeros((N, H))
    dW_x, dW_h, db = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    for n in range(N):
        for j in range(4 * H):
            k = j % H
            t = np.tanh(c_next[n, k])
            total = dc_next[n, k] + dh_next[n, k] * o[n, k] * (1 - t * t)
            dc[n, k] = total * f[n, k]
            da = [total * g[n, k] * i[n, k] * (1 - i[n, k]), total * c[n, k] * f[n, k] * (1 - f[n, k]),
                  total * i[n, k] * (1 - g[n, k] ** 2), dh_next[n, k] * t * o[n, k] * (1 - o[n, k])][j // H]
            db[j] += da
            for m in range(D):
                dx[n, m] += da * W_x[m, j]
                dW_x[m, j] += da * x[n, m]
            for m in range(H):
                dh[n, m] += da * W_h[m, j]
                dW_h[m, j] += da * h[n, m]
    return dx, dh, dc, dW_x, dW_h, db
"""


def test_a_backward_pass_is_asked_for_arrays_too_large_to_measure_and_a_slow_loop_gets_there(judged):
    lesson = students.lessons()["07_backpropagation_through_the_lstm"]
    loops = judged(students.notebook(lesson, {**students.solved(lesson), "lstm_step_backward": SCALARS}), lesson)
    assert earned(loops) == lesson.exercises, loops.verdicts
    assert any("the judge alone" in text for _, text in loops.verdicts["lstm_step_backward"].lines)
    answers = {**students.solved(lesson), "lstm_step_backward": f"from rnnkit import lstm_gates\n{MEASURED}"}
    measured = judged(students.notebook(lesson, answers), lesson, answer=2.5)
    assert earned(measured) == {**lesson.exercises, "lstm_step_backward": 0, "lstm_backward": 0}  # which calls it
    said = measured.verdicts["lstm_step_backward"].trouble
    sizes = ", ".join(f"{axis} = {EXERCISES['lstm_step_backward'].large_sizes[axis]}" for axis in "NDH")
    assert f"right so far, but not for large arrays, which the judge alone asks for ({sizes})" in said
    assert "did not come back within 2.5 seconds" in said


def test_what_one_answer_leaves_running_costs_no_other(judged):
    spinning = """
import threading

all_there = threading.Event()

def spin():
    all_there.wait()
    while True:
        pass

for _ in range(28):
    threading.Thread(target=spin).start()
all_there.set()


def rnn_step(x, h, W_x, W_h, b):
    return None
"""
    judgement = judged(students.notebook(LESSON, {**SOLVED, "rnn_step": spinning}), answer=0.3, cell=3, total=20)
    assert earned(judgement) == {**FULL, "rnn_step": 0, "rnn_forward": 0}, judgement


def test_seeds_of_a_lesson_are_its_own_and_of_both_kinds():
    drawn = {name: secret_seeds(SEED, name) for name in students.lessons()}
    assert len(set(drawn.values())) == len(drawn) and drawn != {name: secret_seeds(8, name) for name in drawn}
    assert all({seed % 2 for seed in seeds} == {0, 1} and min(seeds) > 10_000 for seeds in drawn.values())
