"""Nothing that a student's function writes or returns makes a check raise, or write to stderr."""

import os
import subprocess
import sys

import numpy as np
import pytest
from notebooks import RIGHT, STEP, function, step

import rnnkit
from rnnkit import yours

# Students' code warns as it likes.
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}Warning")
              for kind in ("User", "Runtime", "PendingDeprecation")]

# -- stderr, output, the streams

@pytest.mark.parametrize("noise", [
    "print('to stderr', file=sys.stderr)",
    "sys.stderr.write('to stderr')",
    "sys.__stderr__.write('to stderr')",
    "sys.stderr.writelines(['to', 'stderr'])",
    "os.write(2, b'to stderr')",
    "held.write('to stderr')",
    "print('to stderr', file=held, flush=True)",
    "log.warning('to stderr')",
    "logging.warning('to stderr')",
    "warnings.warn('to stderr')",
    "np.log(-1.0)",
    "np.float32(1e38) * 10",
    "np.seterr(all='warn'); np.log(-1.0)",
    "subprocess.run([sys.executable, '-c', 'import sys; sys.stderr.write(chr(65))'])",
    "sys.stderr.close()",
    "sys.stdout.close()",
    "sys.stderr = sys.__stderr__; print('to stderr', file=sys.stderr)",
    "sys.stdout = sys.stderr",
    "os.close(2)",
    "traceback.print_stack()",
    "np.testing.suppress_warnings",
    "print(chr(0xd800), chr(27) + '[2J', chr(0))",
    "unawaited()",
    "threading.Thread(target=sys.stderr.write, args=['to stderr']).start()",
], ids=lambda noise: noise[:32])
def test_noise_costs_nothing_and_never_reaches_stderr(noise, ask, capfd):
    import logging

    log = logging.getLogger("student")
    log.handlers, log.propagate = [logging.StreamHandler(sys.stderr)], False
    imports = ("import logging, os, subprocess, sys, threading, traceback, warnings\n"
               "async def unawaited(): pass\n")
    noisy = imports + STEP.replace("    return", f"    {noise}\n    return")
    earned, text = ask(function("rnn_step", noisy, log=log, held=sys.stderr))
    assert earned == 4 and "wrong" not in text
    print("the stream is there", file=sys.stderr)
    assert capfd.readouterr().err == "the stream is there\n"


def test_plain_process_writes_nothing_to_stderr_whatever_the_function_does():
    noise = """
import ctypes, logging, os, sys, traceback, warnings
held = sys.stderr
logging.basicConfig()
async def unawaited(): pass
def rnn_step(x, h, W_x, W_h, b):
    held.write("a"); os.write(2, b"c"); sys.__stderr__.write("d"); print("e", file=sys.stderr)
    logging.warning("f"); warnings.warn("g"); os.system("echo h >&2"); unawaited(); sys.stderr.close()
    ctypes.pythonapi.PySys_WriteStderr(b"i"); traceback.print_stack()
    held.buffer.write(b"kept back until somebody flushes")
    return np.tanh(x @ W_x + h @ W_h + b), None
import numpy as np
from rnnkit import check
assert check(rnn_step) == 1
"""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = subprocess.run([sys.executable, "-c", noise], capture_output=True, text=True, env=buffered)
    assert run.returncode == 0 and run.stderr == ""
    assert "1 of 1 point" in run.stdout


def test_notebook_that_raises_on_every_float_error_or_warning_is_checked_all_the_same(ask):
    import warnings

    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        right = "def sigmoid(z):\n    e = np.exp(-abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)"
        assert ask(function("sigmoid", right))[0] == 4
        assert ask(function("sigmoid", "def sigmoid(z):\n    return 1e308 * z"))[0] == 0


def test_what_a_function_prints_is_shown_also_when_it_fails_then(ask):
    _, text = ask(function("rnn_step", step("x @ x", first="print('shapes', x.shape)")))
    assert "it printed: shapes (3, 4)" in text and "matmul" in text


def test_much_output_is_cut_short(ask):
    _, text = ask(function("rnn_step", step(RIGHT, first="print('line\\n' * 10 ** 5)")))
    assert "and more lines: " in text and len(text) < 1000


def test_overflow_on_the_way_is_remarked_on(ask):
    earned, text = ask(function("rnn_step", step(RIGHT, first="np.exp(1e4 + x)")))
    assert earned == 4 and "note NumPy met overflow on the way." in text


# -- odd results

@pytest.mark.parametrize("answer", [
    "Raises()", "[h, Raises()]", "Lies()", "np.ma.masked_all((3, 6))", "np.matrix(h)", "h.view(Sub)",
    "np.array(h, dtype=object)", "np.array([['a']])", "h > 0", "h.astype(int)", "np.float64(3)", "np.array(3.0)",
    "[[[]]]", "[]", "recursive", "range(10 ** 15)", "(i for i in range(10 ** 15))", "iter([])", "map(abs, h)",
    "b'bytes'",
    "np.datetime64('2024-01-01')", "np.zeros(3, dtype='i4,f8')", "type", "NotImplemented", "memoryview(b'abc')",
    "10 ** 400", "float('nan')", "h.astype(np.float16)", "h.astype(np.longdouble)", "np.zeros((0, 6))", "{1, 2}",
    "np.broadcast_to(0.5, (3, 6))", "h[:, ::-1]", "-0.0 * h", "coroutine()",
])
def test_odd_result_is_judged_and_never_raises(answer, ask):
    odd = '''
class Raises:
    def __array__(self, *a, **k): raise RuntimeError("no")
class Lies:
    @property
    def __class__(self): raise RuntimeError("no")
    def __len__(self): raise RuntimeError("no")
class Sub(np.ndarray):
    def __array_finalize__(self, other): pass
    def __eq__(self, other): raise RuntimeError("no")
    def copy(self, *a): raise RuntimeError("no")
async def coroutine(): pass
recursive = []
recursive.append(recursive)
'''
    earned, _ = ask(function("rnn_step", odd, f"def rnn_step(x, h, W_x, W_h, b):\n    return {answer}, None"))
    assert earned == 0
    earned, _ = ask(function("rnn_step", odd, f"def rnn_step(x, h, W_x, W_h, b):\n    return {answer}"))
    assert earned == 0


@pytest.mark.parametrize("wrap", ["np.ma.array({})", "np.matrix({})", "list({})", "({}).tolist()", "({})[None]"])
def test_right_numbers_in_an_odd_form_cost_nothing_but_are_remarked_on_and_not_used(wrap, ask, capfd):
    cell = step(wrap.format(RIGHT))
    earned, text = ask(function("rnn_step", cell))
    assert earned == 4 and "note h_next" in text and "It costs nothing here" in text
    assert yours(function("rnn_step", cell)) is rnnkit.rnn_step
    assert "The numbers of your rnn_step are right, but not the form of h_next" in capfd.readouterr().out
