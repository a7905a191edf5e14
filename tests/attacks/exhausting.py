"""Using up time, memory, processes, files, and whoever reads what is printed."""

from attack import GUESS, HONEST, PRELUDE, Attack, code, during_call, on_step

SLOW = ("judged", "unfinished")


def many(count, text):
    """Put so many cells before all others; k stands for each one's number."""
    def edit(notebook):
        notebook["cells"][:0] = [code(text.replace("NUMBER", str(k))) for k in range(count)]
    return edit


ATTACKS = [
    on_step("endless-cell", "while True: pass\n"),
    during_call("endless-answer", "while True: pass"),
    on_step("power-of-a-power", "10 ** 10 ** 9\n"),
    during_call("power-in-an-answer", "7 ** 7 ** 12"),
    on_step("catastrophic-pattern", 'import re\nre.match("(a*)*b", "a" * 40)\n'),
    during_call("decomposition-of-a-huge-matrix", "np.linalg.svd(np.random.randn(4000, 4000))"),
    on_step("deaf-to-signals", """
for number in range(1, 64):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    try:
        time.sleep(1000)
    except BaseException:
        pass
"""),
    on_step("sleep", "time.sleep(10 ** 6)\n"),
    on_step("deadlock", "lock = threading.Lock()\nlock.acquire()\nlock.acquire()\n"),
    on_step("stops-itself", """
attempt(signal.raise_signal, signal.SIGSTOP)
attempt(os.kill, os.getpid(), signal.SIGSTOP)
"""),
    on_step("alarm", "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\ntime.sleep(1)\n"),
    on_step("waits-for-input", "input()\nsys.stdin.read()\n"),
    on_step("fork-bomb", "while True:\n    os.fork()\n"),
    on_step("fork-bomb-by-system-call", "for _ in range(1000):\n    attempt(syscall, 57)\n"),
    on_step("thread-bomb", """
def spin():
    while True: pass
for _ in range(10 ** 4):
    threading.Thread(target=spin, daemon=False).start()
"""),
    on_step("memory-bomb", "taken = []\nwhile True:\n    taken.append(bytearray(b'x' * 2 ** 24))\n"),
    during_call("memory-bomb-in-an-answer", "taken = np.ones((2 ** 18, 2 ** 14))"),
    on_step("memory-in-small-pieces", "taken = []\nwhile True:\n    taken = [taken, list(range(1000))]\n", upmost=True),
    on_step("mapped-memory", """
import mmap
for _ in range(10 ** 5):
    attempt(mmap.mmap, -1, 2 ** 36)
kept = [mmap.mmap(-1, 2 ** 20) for _ in range(10 ** 5)]
"""),
    on_step("recursion-bomb", """
sys.setrecursionlimit(10 ** 9)
def again(): return again()
again()
"""),
    during_call("recursion-in-an-answer", "return rnn_step(x, h, W_x, W_h, b)"),
    on_step("big-file", """
with open("big", "wb") as file:
    while True:
        file.write(b"x" * 2 ** 20)
"""),
    on_step("many-big-files", """
for k in range(10 ** 4):
    with open(f"big{k}", "wb") as file:
        file.write(b"x" * 2 ** 23)
"""),
    on_step("many-files", "for k in range(10 ** 6):\n    open(f'file{k}', 'w').close()\n"),
    on_step("deep-folders", """
for _ in range(10 ** 4):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
"""),
    on_step("locked-folders", """
os.mkdir("closed", 0o300)
open("closed/file", "w").close()
os.mkdir("empty", 0)
os.mkdir("c\\udcff\\n")
"""),
    during_call("deep-and-locked-folders-from-an-answer", """
for _ in range(2000):
    os.mkdir("d")
    os.chdir("d")
os.mkdir("closed", 0o300)
"""),
    on_step("descriptors", "kept = []\nwhile True:\n    kept.append(os.open('/dev/null', os.O_RDONLY))\n",
            upmost=True),
    on_step("descriptors-behind-a-cell", """
try:
    while True: os.dup(0)
except OSError:
    pass
""", upmost=True),
    on_step("shouts", "while True:\n    print('x' * 10 ** 6)\n"),
    on_step("shouts-on-stderr", "while True:\n    print('x' * 10 ** 6, file=sys.stderr)\n"),
    on_step("shouts-on-descriptors", """
while True:
    os.write(1, b'x' * 10 ** 6)
    os.write(2, b'x' * 10 ** 6)
"""),
    during_call("shouts-in-an-answer", "print('x' * 10 ** 8)\nprint('\\ud800\\x1b[2J\\x00' * 100)"),
    during_call("an-endless-message", "raise ValueError('x' * 10 ** 8)"),
    during_call("an-endless-name", "raise type('x' * 10 ** 7, (Exception,), {})('y')"),
    on_step("closes-everything", """
sys.stdout.close()
sys.stderr.close()
sys.__stdout__ = sys.stdout = sys.stderr = None
os.close(0), os.close(1), os.close(2)
""", upmost=True),
    on_step("leaves-at-exit", """
import atexit, gc, weakref
class Last:
    def __del__(self): attempt(os.fork)
kept = Last()
atexit.register(attempt, os.fork)
weakref.finalize(kept, attempt, os.fork)
gc.callbacks.append(lambda *a: attempt(os.fork))
sys.exit(0)
"""),
    on_step("exits", "os._exit(0)\n"),
    on_step("exits-hard", "ctypes.string_at(0)\n"),
    on_step("aborts", "os.abort()\n"),
    during_call("exits-in-an-answer", "os._exit(0)"),
    Attack("exits-in-every-answer", {name: f"{PRELUDE}def {name}(*inputs):\n    os._exit(0)\n"
                                     for name in ("rnn_step", "rnn_forward", "readout")}),
    Attack("sleeps-in-every-answer", {name: f"{PRELUDE}def {name}(*inputs):\n    time.sleep(0.9)\n    return 0, 0\n"
                                      for name in ("rnn_step", "rnn_forward", "readout")}, ends=SLOW),
    Attack("five-hundred-cells-that-exit", {"rnn_step": GUESS}, ends=SLOW,
           edit=many(500, "import os\nrnn_step = os._exit(0)")),
    Attack("five-thousand-slow-cells", {"rnn_step": GUESS}, ends=SLOW,
           edit=many(4000, "import time\nrnn_step = time.sleep(0.05)")),
    Attack("cells-that-print", {"rnn_step": GUESS, "readout": HONEST["readout"]}, earns={"readout": 3},
           edit=many(1000, "print('x' * 10 ** 6)\nrnn_step = NUMBER"), upmost=True, ends=SLOW),
    during_call("a-thread-that-outlives-its-cell", """
def wait():
    while True:
        time.sleep(0.001)
        h_next[...] = np.random.randn(*h.shape)
h_next = np.zeros(h.shape)
threading.Thread(target=wait).start()
return h_next, None
"""),
    on_step("a-thread-that-holds-the-interpreter", """
sys.setswitchinterval(1000)
threading.Thread(target=lambda: [10 ** 10 ** 8 for _ in range(100)]).start()
""", upmost=True, ends=SLOW),
    on_step("timers", "for _ in range(20):\n    threading.Timer(0.05, os._exit, [0]).start()\n", upmost=True),
    on_step("colliding-hashes", "taken = {k * (2 ** 61 - 1): k for k in range(10 ** 6)}\n"),
]
