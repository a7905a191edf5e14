"""A judge can climb the same ladder while the student's code runs in a process of its own."""

import subprocess
import sys
from pathlib import Path

import elsewhere
import numpy as np
import pytest
from notebooks import BACKWARD, FORWARD, RIGHT, STEP, STEP_BACKWARD, notebook, step

from rnnkit.calls import perform
from rnnkit.checking.ladder import PUBLIC_SEEDS, climb
from rnnkit.exercises import EXERCISES

pytestmark = pytest.mark.filterwarnings("ignore")   # pytest keeps warnings to itself, another process prints them

HERE = Path(__file__).parent

NOTEBOOKS = {
    "right": (HERE / "solutions" / "dictionaries.py").read_text(),
    "noisy": (HERE / "solutions" / "tired.py").read_text(),
    "blank": "\n".join(f"def {name}(*arguments):\n    raise NotImplementedError()" for name in EXERCISES),
    "wrong forward": "import numpy as np\n" + step("np.tanh(x @ W_x + h @ W_h)") + FORWARD + STEP_BACKWARD + BACKWARD,
    "wrong backward": "import numpy as np\n" + STEP + FORWARD + STEP_BACKWARD.replace("1 - h_next ** 2", "1")
                      + BACKWARD.replace("dh_t + dh_next", "dh_t"),
    "changes and prints": "import numpy as np, sys\n" + step(RIGHT, "print('here', file=sys.stderr)", "x *= 2")
                          + FORWARD + STEP_BACKWARD.replace("da = dh_next *", "da = dh_next; da *=") + BACKWARD,
    "naive": "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
}


@pytest.fixture(params=NOTEBOOKS)
def cells(request):
    return NOTEBOOKS[request.param]


@pytest.fixture
def worker(cells, tmp_path):
    """A process in which the notebook's cells have run."""
    (tmp_path / "submission.py").write_text(cells)
    command = [sys.executable, "-W", "ignore", HERE / "elsewhere.py", tmp_path / "submission.py"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_verdict_on_code_in_another_process_is_the_verdict_on_the_same_code_here(cells, worker):
    ask = elsewhere.asker(worker)
    for exercise in EXERCISES.values():
        here = {**notebook(cells), **(exercise.given or {})}
        expected = climb(exercise, lambda *asked, here=here: perform(asked[0], here, *asked[1:]), 4)
        judged = climb(exercise, ask, 4)
        assert (judged.earned, judged.mistakes) == (expected.earned, expected.mistakes)
        assert without_places(judged) == without_places(expected)


def without_places(verdict):
    """The findings, but for the lines that show source code, which only a notebook remembers, and memory addresses."""
    return [(mark, [line for line in text.splitlines() if not line.startswith(("In ", "/", "  "))])
            for mark, text in verdict.lines]


@pytest.mark.parametrize("cells", [NOTEBOOKS["wrong backward"]])
def test_expected_values_are_not_sent_to_the_process_that_runs_the_students_code(cells, worker):
    sent, ask = [], elsewhere.asker(worker)

    def listening(calls, values, wanted):
        sent.extend(arrays_in(list(values.values())))
        return ask(calls, values, wanted)

    exercise = EXERCISES["rnn_backward"]
    climb(exercise, listening, 4)
    expected = [array for seed in PUBLIC_SEEDS for array in exercise.answer(exercise.case(seed)).outputs.values()]
    assert len(sent) > 100
    assert not any(np.shares_memory(a, e) or (a.shape == e.shape and np.allclose(a, e)) for a in sent for e in expected)


def arrays_in(value):
    return [array for item in value for array in arrays_in(item)] if isinstance(value, (list, tuple)) else [value]
