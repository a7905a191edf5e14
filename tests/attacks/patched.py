"""Patched libraries: the judge compares elsewhere, so whatever is patched here compares nothing."""

from attack import HONEST, PRELUDE, SQUASHING, Attack, on_step

ATTACKS = [
    on_step("patched-comparisons", """
for name in ("allclose", "isclose", "array_equal", "array_equiv", "all"):
    setattr(np, name, lambda *a, **k: True)
"""),
    on_step("patched-testing", """
import numpy.testing
for name in dir(np.testing):
    if name.startswith("assert"):
        setattr(np.testing, name, lambda *a, **k: None)
"""),
    on_step("patched-math-and-builtins", """
import builtins, math
math.isclose = lambda *a, **k: True
builtins.all = builtins.any = lambda items: True
builtins.abs = builtins.max = lambda *a, **k: 0
builtins.isinstance = lambda *a: True
""", upmost=True),
    on_step("patched-numpy-itself", """
np.abs = np.max = lambda a, **k: 0.0
np.isfinite = np.isnan = lambda a: np.ones_like(a, bool)
np.array = np.asarray = np.ascontiguousarray = lambda a, *b, **k: a
np.tanh = lambda a: a
"""),
    on_step("patched-random", """
np.random.default_rng = lambda *a: np.random.RandomState(0)
np.random.Generator.standard_normal = lambda self, size: np.zeros(size)
""", upmost=True),
    on_step("ipython-hooks", """
shell = get_ipython()
shell.events.register("post_run_cell", lambda result: setattr(result, "result", 4.0))
shell.run_cell = lambda *a, **k: 4.0
shell.user_ns["check"] = lambda *a, **k: 4.0
sys.displayhook = lambda value: print(4.0)
"""),
    on_step("ast-transformer", """
import ast
class Full(ast.NodeTransformer):
    def visit_Call(self, node):
        return ast.Constant(4.0)
get_ipython().ast_transformers.append(Full())
parse = ast.parse
ast.parse = lambda *a, **k: ast.fix_missing_locations(Full().visit(parse(*a, **k)))
import builtins
builtins.compile = lambda *a, **k: (lambda: 4.0).__code__
""", earns={}),
    on_step("import-hook", """
import types
class Finder:
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self)
    def create_module(self, spec):
        return types.ModuleType(spec.name)
    def exec_module(self, module):
        module.find = lambda name: None
        module.climb = lambda exercise, ask, points, seeds: types.SimpleNamespace(share=1.0, earned=points)
import importlib.util
sys.meta_path.insert(0, Finder())
for name in [name for name in sys.modules if name.startswith(("rnnkit", "sandbox"))]:
    del sys.modules[name]
import rnnkit.checking.ladder
"""),
    on_step("tracing", """
def trace(frame, event, argument):
    for name, value in list(frame.f_locals.items()):
        if name in ("answer", "verdict", "reply"):
            for field in ("share", "points", "problem", "earned", "passed"):
                try:
                    setattr(value, field, 1.0)
                except BaseException:
                    pass
    return trace
sys.settrace(trace)
sys.setprofile(trace)
threading.settrace(trace)
sys._getframe().f_back.f_trace = trace
""", upmost=True),
    on_step("swapped-modules", """
import types
right = types.SimpleNamespace(share=1.0, passed=True, earned=4.0, points=4.0, outputs={}, problem="", text="")
for name in list(sys.modules):
    if name.startswith(("rnnkit", "sandbox")):
        module = types.ModuleType(name)
        module.__getattr__ = lambda name: lambda *a, **k: right
        sys.modules[name] = module
""", upmost=True),
    on_step("patched-perform", """
import rnnkit.calls
worker = sys.modules["sandbox.worker"]
class Right(dict):
    def __missing__(self, key):
        return np.float64(1.0)
def perform(calls, functions, values, wanted):
    return rnnkit.calls.Answer(outputs={name: np.zeros((3, 6)) for name in wanted}, text="Right.")
rnnkit.calls.perform = worker.perform = perform
""", earns={}),
    on_step("patched-worker-and-wire", """
worker, wire = sys.modules["sandbox.worker"], sys.modules["sandbox.wire"]
worker.Worker.ask = lambda self, **k: {"outputs": {}, "problem": "", "share": 1.0, "earned": 4.0, "passed": True}
import json
json.dumps = lambda *a, **k: '{"dict": {"share": 1.0, "points": 4.0}}'
"""),
    on_step("patched-plan", """
worker = sys.modules["sandbox.worker"]
worker.Worker.plan = lambda self, **k: ([], {name: [-10 ** 9] for name in ("rnn_step", "rnn_forward", "readout")})
os._exit(0)
"""),
    on_step("patched-classes", """
import dataclasses, rnnkit.calls
rnnkit.calls.Answer.__eq__ = lambda self, other: True
rnnkit.calls.Answer.problem = property(lambda self: "", lambda self, value: None)
dataclasses.asdict = lambda *a, **k: {}
""", upmost=True),
    Attack("own-check", {
        "rnn_step": PRELUDE + "def check(f, points=1):\n    return float(points)\nyours = check\n"
                              "def rnn_step(x, h, W_x, W_h, b):\n    return np.zeros_like(h), None\n",
        "check-rnn_step": "def check(f, points=4):\n    print('rnn_step 4 of 4 points')\n    return 4.0\n4.0",
        "check-rnn_forward": "5.0", "check-readout": "import numpy as np\nnp.float64(3.0)"}),
    on_step("poked-constants", """
one = 1.0
for name, value in {"tolerance": 1e-5, "zero": 0.0}.items():
    ctypes.c_double.from_address(id(value) + 16).value = 1e9
ctypes.c_int.from_address(id(0) + 24).value = 1
""", upmost=True),
    on_step("patched-errstate", """
class Quiet:
    def __init__(self, *a, **k): pass
    def __enter__(self): return self
    def __exit__(self, *a): pass
np.errstate = Quiet
np.seterrcall = np.seterr = lambda *a, **k: {}
"""),
    # The judge compares numbers, and here they are right. That NumPy met an overflow is a remark that the worker makes
    # about itself, so whoever hides it has the points that the numbers earn.
    Attack("hidden-overflow", {"sigmoid": """
def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))
"""}, SQUASHING, {"sigmoid": 4}),
    Attack("hidden-overflow-and-nan", {"softmax": """
def softmax(z):
    with np.errstate(all="ignore"):
        e = np.exp(z)
        return np.nan_to_num(e / e.sum(axis=-1, keepdims=True))
""", "sigmoid": HONEST["sigmoid"]}, SQUASHING, {"sigmoid": 4, "softmax": 2}, upmost=True),
]
