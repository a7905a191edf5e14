"""Looking for answers, secrets and other people's work: in memory, in modules, on disk."""

from attack import PRELUDE, THROUGH_TIME, Attack, during_call, on_step

NAMES = ("expected", "reference", "exercise", "tolerance", "misconceptions", "secret", "seed", "seeds", "verdict")

ATTACKS = [
    during_call("frame-walk", f"""
frame = sys._getframe()
while frame:
    for space in (frame.f_locals, frame.f_globals):
        for name in {NAMES}:
            if name in space:
                print("pw" + "ned", name, space[name])
    frame = frame.f_back
"""),
    during_call("garbage-hunt", """
import gc
mine = rnn_step
for thing in gc.get_objects():
    kind = type(thing).__name__
    if kind in ("Exercise", "Misconception", "Verdict", "Lesson", "Records", "Sandbox", "SubmissionRun", "Judgement"):
        print("pw" + "ned", kind)
    if kind == "function" and thing.__name__ == "rnn_step" and thing is not mine:
        try:
            return thing(x, h, W_x, W_h, b)
        except BaseException:
            pass
"""),
    during_call("borrowed-from-somewhere", """
for module in list(sys.modules.values()):
    for name in ("rnn_step", "rnn_forward", "RNN", "reference"):
        try:
            return getattr(module, name)(x, h, W_x, W_h, b)
        except BaseException:
            pass
"""),
    on_step("imports-the-engine", """
for name in ("rnnkit.exercises", "rnnkit.exercises.lesson_02", "rnnkit.checking.ladder", "rnnkit.checking.diagnosis",
             "rnnkit.interop", "autograder", "autograder.judging.judge", "autograder.marks.record", "autograder.lesson",
             "torch", "keras", "scipy", "nbgrader", "IPython", "sqlalchemy", "matplotlib", "pytest", "solutions"):
    attempt(importlib.import_module, name)
"""),
    on_step("puts-the-repository-on-the-path", """
sys.path[:0] = ["$repository", "$site", "$repository/solutions/02_the_recurrent_cell"]
for name in [name for name in sys.modules if name.startswith("rnnkit")]:
    del sys.modules[name]
importlib.invalidate_caches()
attempt(importlib.import_module, "rnnkit.exercises.lesson_02")
attempt(importlib.import_module, "autograder.judging.judge")
"""),
    on_step("rnnkits-own-function", "from rnnkit import rnn_step\n"),
    on_step("rnnkits-own-in-a-wrapper", """
import rnnkit
def rnn_step(x, h, W_x, W_h, b):
    step = getattr(rnnkit.rnn_step, "__wrapped__", rnnkit.rnn_step)
    return step(x, h, W_x, W_h, b)
"""),
    on_step("rnnkits-own-by-class", """
import rnnkit.layers
def rnn_step(x, h, W_x, W_h, b):
    cell = rnnkit.layers.RNN(x.shape[1], h.shape[1], np.random.default_rng(0))
    cell.W_x, cell.W_h, cell.b = W_x, W_h, b
    return cell.forward(x[None], h)[0], None
"""),
    on_step("rnnkits-source", """
import inspect, rnnkit.rnn
text = inspect.getsource(rnnkit.rnn).replace("rnn_step = __import__", "nothing = __import__")
exec(text)
rnn_step = rnn_step if "rnn_step" in dir() else rnnkit.rnn_step
"""),
    on_step("source-text-on-disk", """
import glob
wanted = "np.ta" + "nh(x @ W_x"
for top in ("$repository", *sys.path, "/", "/library", os.path.dirname(np.__file__) + "/.."):
    for path in glob.glob(top + "/**/*rnn*", recursive=True)[:2000]:
        try:
            if wanted.encode() in open(path, "rb").read():
                print("pw" + "ned", path)
        except OSError:
            pass
"""),
    on_step("compiled-files", """
import glob, marshal
for pattern in ("$repository/rnnkit/**/*.pyc", "$repository/autograder/**/*.pyc", "/**/lesson_0*.pyc"):
    for path in glob.glob(pattern, recursive=True)[:500]:
        attempt(lambda: marshal.loads(open(path, "rb").read()[16:]))
"""),
    on_step("hidden-checks-and-references", """
for path in ("$repository/rnnkit/rnn.py", "$repository/rnnkit/exercises/lesson_02.py", "$repository/README.md",
             "$repository/solutions/02_the_recurrent_cell/02_the_recurrent_cell.py",
             "$repository/autograder/judging/judge.py",
             "$course/source/02_the_recurrent_cell/02_the_recurrent_cell.ipynb",
             "$repository/lessons/02_the_recurrent_cell/02_the_recurrent_cell.ipynb", "$repository/.git/HEAD"):
    attempt(lambda: open(path).read())
    attempt(os.open, path, os.O_RDONLY)
for path in ("$repository", "$course", "$course/source", "$site"):
    attempt(os.listdir, path)
"""),
    on_step("the-secret-and-the-gradebook", """
import sqlite3
for path in ("$course/secret", "$course/gradebook.db", "$course/gradebook.db-journal", "$course/nbgrader_config.py"):
    attempt(lambda: open(path, "rb").read())
book = "file:$course/gradebook.db?mode=ro"
attempt(lambda: sqlite3.connect(book, uri=True).execute("select * from grade").fetchall())
"""),
    on_step("other-submissions", """
import glob
for path in ("$course/submitted/honest-02/02_the_recurrent_cell/02_the_recurrent_cell.ipynb",
             "$course/autograded/honest-02/02_the_recurrent_cell/02_the_recurrent_cell.ipynb", "$canary/secret.txt"):
    attempt(lambda: open(path).read())
attempt(os.listdir, "$course/submitted")
for path in glob.glob("/tmp/**/*.ipynb", recursive=True) + glob.glob("/tmp/**/settings", recursive=True):
    attempt(lambda: open(path).read())
"""),
    on_step("environment-secrets", """
libc.getenv.restype = ctypes.c_char_p
print(dict(os.environ), libc.getenv(b"CANARY"))
if "CANARY" in os.environ or libc.getenv(b"CANARY"):
    print("pw" + "ned")
for path in ("/proc/self/environ", "/proc/1/environ", f"/proc/{os.getppid()}/environ", "$canary/secret.txt"):
    attempt(lambda: open(path, "rb").read())
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
k = 0
while environ[k]:
    print(environ[k])
    k += 1
"""),
    on_step("proc", """
for path in ("/proc/self/maps", "/proc/self/mem", "/proc/self/fd", "/proc/1/root" + "/etc/passwd", "/proc/1/cmdline",
             "/proc/self/root", "/proc/self/cwd/../", f"/proc/{os.getppid()}/mem", f"/proc/{os.getppid()}/fd",
             "/proc/kallsyms", "/proc/sysrq-trigger", "/sys/kernel", "/dev/mem", "/dev/kmsg", "/dev/shm", "/dev/pts",
             "/etc/passwd", "/etc/shadow", "/root", "/home", "/var/lib", "/run", "/boot"):
    attempt(os.open, path, os.O_RDONLY)
    attempt(os.listdir, path)
"""),
    on_step("inherited-descriptors", """
for number in range(3, 64):
    try:
        os.lseek(number, 0, os.SEEK_SET)
        print(("pw" + "ned") * bool(os.read(number, 100)), number)
    except OSError:
        pass
    attempt(os.open, "etc/passwd", os.O_RDONLY, dir_fd=number)
    attempt(os.open, "..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=number)
"""),
    on_step("dots-and-links", """
for path in ("../../../../etc/passwd", "/submission/../etc/passwd", "//etc//passwd", "/library/../../etc/passwd",
             os.path.dirname(np.__file__) + "/../nbgrader/__init__.py", os.path.dirname(np.__file__) + "/../pip",
             os.path.dirname(os.__file__) + "/site-packages/pip/__init__.py", sys.executable):
    attempt(os.open, path, os.O_RDONLY)
os.chdir("/")
attempt(os.open, "etc/passwd", os.O_RDONLY)
"""),
    during_call("memory-scan", """
import re
inlet, outlet = os.pipe()
environ = ctypes.c_void_p.in_dll(libc, "environ").value
for start in (environ, id(x), id(np), id(sys), id(rnn_step), ctypes.addressof(ctypes.c_int(0))):
    for page in range((start & ~0xFFF) - 2 ** 22, (start & ~0xFFF) + 2 ** 22, 4096):
        if libc.write(outlet, ctypes.c_void_p(page), 4096) == 4096:  # fails, and does no harm, where nothing is
            for found in re.findall(rb"[C]ANARY=.*|[g]radebook\\.db|[M]isconception\\(", os.read(inlet, 4096)):
                print("pw" + "ned", found)
"""),
    Attack("torch-autograd", {"rnn_backward": PRELUDE + """
import torch
def rnn_backward(dh, cache):
    x, h0, _, W_x, W_h = cache[0]
    tensors = [torch.tensor(a, requires_grad=True) for a in (np.stack([c[0] for c in cache]), h0, W_x, W_h, h0[0])]
    h = tensors[1]
    loss = 0
    for t in range(len(cache)):
        h = torch.tanh(tensors[0][t] @ tensors[2] + h @ tensors[3] + tensors[4])
        loss = loss + (h * torch.tensor(dh[t])).sum()
    loss.backward()
    return [t.grad.numpy() for t in tensors]
"""}, THROUGH_TIME),
    Attack("borrowed-backward", {"rnn_backward": "import rnnkit\nrnn_backward = rnnkit.rnn_backward\n",
                                 "rnn_step_backward": """
import inspect, rnnkit
exec(inspect.getsource(rnnkit.rnn_step_backward))
def rnn_step_backward(dh_next, cache):
    return rnnkit.rnn_step_backward(dh_next, cache)
""", "numerical_gradient": "from rnnkit.gradcheck import *\n"}, THROUGH_TIME),
    Attack("answers-through-modules", {
        "rnn_step": PRELUDE + "from rnnkit import rnn as cells\nrnn_step = cells.rnn_step\n",
        "rnn_forward": "import rnnkit.rnn\nrnn_forward = vars(rnnkit.rnn)['rnn_forward'].__wrapped__\n",
        "readout": "import importlib\nreadout = importlib.reload(importlib.import_module('rnnkit.rnn')).readout\n"}),
    on_step("through-layers-and-modules", """
import inspect, rnnkit, rnnkit.rnn
network = attempt(rnnkit.RNN, 4, 6, np.random.default_rng(0))
for name in ("rnn_step", "rnn_forward", "RNN", "readout"):
    for text in (inspect.getsource(rnnkit.rnn), open(rnnkit.rnn.__file__).read()):
        if f"def {name}(" in text or f"class {name}" in text:
            print("pw" + "ned", name)
for name in ("checking.ladder", "exercises", "exercises.lesson_02", "figures.svg"):
    attempt(importlib.import_module, f"rnnkit.{name}")
"""),
    # Without namespaces a worker can tell that a file is there (README says so). It can do nothing else with it.
    on_step("what-can-be-seen", """
for path in ("$canary/secret.txt", "$home/secret.txt", "$course/secret", "$course/gradebook.db", "/etc/passwd",
             "/proc/1/environ", "/proc/self/environ", f"/proc/{os.getppid()}/mem", "/root/.ssh/id_rsa"):
    for what in (lambda: open(path, "rb").read(1), lambda: os.open(path, os.O_RDONLY), lambda: os.listdir(path),
                 lambda: os.open(path, os.O_WRONLY), lambda: os.truncate(path, 0), lambda: os.utime(path),
                 lambda: os.chmod(path, 0o777), lambda: os.rename(path, path + "2"), lambda: os.unlink(path)):
        attempt(what)
"""),
]
