"""Which cells of a notebook run, and how."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.judging import student_rnnkit
from autograder.sandbox import cells
from autograder.sandbox.cells import CodeCell


def plan(*sources, wanted=("f",), own=(), stubs=()):
    """The cells that run, and by each wanted name those that give it a value."""
    notebook = [CodeCell(n, source, n in stubs) for n, source in enumerate(sources)]
    every = [*(CodeCell(n - len(own), source) for n, source in enumerate(own)), *notebook]
    places, givers, _ = cells.needed(every, wanted)
    return sorted({*itertools.chain(*places.values())}), givers


DEFINES_F = "def f(x):\n    return helper(x) * np.pi"


def test_each_answer_needs_its_own_cells_and_those_that_give_any_name():
    sources = ["import numpy as np", "from numpy import *", "def f(): return np.e", "def g(): return h()", "h = int"]
    places, _, _ = cells.needed([CodeCell(n, source) for n, source in enumerate(sources)], ["f", "g"])
    assert places == {"f": [0, 1, 2], "g": [1, 3, 4]}


@pytest.mark.parametrize(("sources", "needed"), [
    (["import numpy as np", "def helper(x): return x", DEFINES_F, "print(f(1))"], [0, 1, 2]),
    (["import numpy as np", DEFINES_F, "def helper(x): return x"], [0, 1, 2]),
    (["from numpy import *", "y = 1", DEFINES_F], [0, 2]),
    (["np = __import__('numpy')", "helper = lambda x: scale * x", "scale = 3", DEFINES_F], [0, 1, 2, 3]),
    (["a = {}", "a['b'] = 2", "a.c = 3", "a.append(4)", "b = a", "def f(): return a"], [0, 1, 2, 3, 5]),
    (["def f(x):\n    y = x\n    return y", "y = 10 ** 9", "x = y"], [0]),
    (["def f():\n    global count\n    count = 1", "def g():\n    global f\n    f = 3"], [0, 1]),
    (["class f:\n    y = z", "z = 3", "w = z"], [0, 1]),
    (["f = [z for z in zs]", "zs = [1]", "z = 1"], [0, 1]),
    (["if True:\n    def f(): pass", "for f in []: pass", "with open('x') as f: pass"], [0, 1, 2]),
    (["%matplotlib inline\nimport numpy as np", "!ls\ndef f(): return np\nf?"], [0, 1]),
    (["%%bash\nf=3", "%%time\ndef f(): pass"], [1]),
    (["def f(:", "g = 1"], [0]),
])
def test_cells_that_the_answer_needs_run_and_no_other(sources, needed):
    assert plan(*sources)[0] == needed


def test_an_untouched_stub_does_not_count_where_the_answer_stands_elsewhere():
    assert plan("def f(): raise NotImplementedError", "def f(): return 1", stubs=(0,)) == ([1], {"f": [1]})
    assert plan("def f(): return 1", "def f(): raise NotImplementedError", stubs=(1,)) == ([0], {"f": [0]})
    assert plan("def f(): raise NotImplementedError", stubs=(0,)) == ([0], {"f": [0]})


def test_what_the_notebook_lost_is_taken_from_the_lesson():
    own = ("import numpy as np", "def helper(x): return x", "y = helper(3)")
    assert plan(DEFINES_F, own=own)[0] == [-3, -2, 0]
    assert plan("def helper(x): return -x", DEFINES_F, own=own)[0] == [-3, 0, 1]


def ran(source, **namespace):
    return cells.run(CodeCell(7, source), namespace), namespace


def test_a_cell_runs_until_a_statement_stops_it_and_says_where():
    error, namespace = ran("a = 1\nb = a / 0\nc = 3")
    assert error == "ZeroDivisionError: division by zero\nIn line 2 of the cell: b = a / 0"
    assert namespace["a"] == 1 and "c" not in namespace


def test_what_is_not_python_is_said():
    assert ran("a = 1\ndef f(:\n    pass")[0] == "SyntaxError: invalid syntax\nIn line 2 of the cell: def f(:"


@pytest.mark.parametrize("raises", ["raise SystemExit", "raise KeyboardInterrupt", "raise BaseException('x')",
                                    "class E(Exception):\n    def __str__(self): return 1 / 0\nraise E"])
def test_nothing_that_a_cell_raises_gets_out(raises):
    assert ran(raises)[0]


def test_a_missing_package_is_no_trouble_until_it_is_used():
    error, namespace = ran("import notthere.sub as n, notthere2\nfrom notthere3 import tensor as t\nok = 1")
    assert error == "" and namespace["ok"] == 1
    for use in (lambda: namespace["n"].array([1]), lambda: namespace["notthere2"].a, lambda: namespace["t"](1)):
        with pytest.raises(ModuleNotFoundError, match="is not there while your answer is judged"):
            use()


def test_a_package_that_the_cell_itself_can_do_without_is_no_trouble():
    error, namespace = ran("try:\n    import notthere as n\nexcept ImportError:\n    n = None")
    assert (error, namespace["n"]) == ("", None)


def test_future_annotations_hold_for_the_whole_cell():
    assert ran("from __future__ import annotations\ndef f(x: undefined): pass")[0] == ""


def test_the_modules_of_the_sandbox_import_nothing_of_the_autograder(tmp_path):
    code = ("import sys; sys.path[:0] = [sys.argv[1]]; import rnnkit; import sandbox.forkserver; "
            "print({name.split('.')[0] for name in sys.modules} & {'autograder', 'nbgrader', 'IPython'})")
    student_rnnkit.write(tmp_path, "03_backpropagation_through_time")
    done = subprocess.run([sys.executable, "-S", "-s", "-P", "-c", code, tmp_path], text=True, capture_output=True,
                          env={"PYTHONPATH": str(Path(np.__file__).parents[1])}, check=True)
    assert done.stdout.strip() == "set()"


def test_what_the_lesson_shows_under_an_answers_name_is_no_answer():
    notebook = [CodeCell(0, "def f(): return 'shown'", shown=True), CodeCell(1, "def f(): raise Exception", stub=True)]
    assert cells.needed(notebook, ["f"], ["f"])[1] == {"f": [1]}
    assert cells.needed([*notebook, CodeCell(2, "def f(): return 1")], ["f"], ["f"])[1] == {"f": [2]}
    assert cells.needed(notebook, ["f"])[1] == {"f": [0]}
