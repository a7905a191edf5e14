"""Answers that are no arrays, or arrays that are not what they seem."""

from attack import HONEST, PRELUDE, Attack, during_call, on_step, returning

EQUAL = """
class Equal(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __sub__(self, other): return np.zeros(self.shape)
    __rsub__ = __abs__ = __sub__
    def astype(self, *a, **k): return self
    def __array_finalize__(self, other): pass
    def __array_wrap__(self, *a, **k): return np.zeros(self.shape)
    def __reduce__(self): return (print, ("pw" + "ned",))
    __array_priority__ = 1e9
"""

ATTACKS = [
    during_call("equal-to-everything", """
class Equal:
    shape, dtype, ndim, size = h.shape, h.dtype, 2, h.size
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *a, **k: True
    def __bool__(self): return True
    def __float__(self): return 0.0
return Equal(), None
"""),
    during_call("array-method", """
class Late:
    asked = 0
    def __array__(self, *a, **k):
        Late.asked += 1
        return np.full(h.shape, Late.asked * 0.1)
return Late(), None
"""),
    during_call("array-ufunc-and-function", """
class Right:
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __array__(self, *a, **k): return np.zeros(h.shape)
    __array_priority__ = 1e9
return Right(), None
"""),
    on_step("equal-subclass", EQUAL + """
def rnn_step(x, h, W_x, W_h, b):
    return np.zeros(h.shape).view(Equal), None
"""),
    returning("masked-everywhere", "np.ma.masked_all(h.shape)"),
    during_call("memory-map", """
return np.memmap("map", dtype=float, mode="w+", shape=h.shape), None
"""),
    during_call("reducing-objects", """
class Bomb:
    def __reduce__(self): return (os.system, ("touch /tmp/pw" + "ned",))
    def __float__(self): return 0.0
answer = np.empty(h.shape, object)
answer[:] = Bomb()
return answer, None
"""),
    during_call("interface-into-nowhere", """
class Nowhere:
    __array_interface__ = {"shape": h.shape, "typestr": "<f8", "data": (4096, False), "version": 3}
return Nowhere(), None
"""),
    during_call("interface-into-inputs", """
class There:
    __array_interface__ = {"shape": h.shape, "typestr": "<f8", "data": (h.ctypes.data, False), "version": 3}
return There(), None
"""),
    returning("structured", "np.zeros(h.shape, [('a', float), ('b', 'O')])"),
    returning("strings", "np.full(h.shape, '0.5')"),
    returning("texts-of-numbers", "[['nan'] * h.shape[1]] * h.shape[0]"),
    returning("complex", "np.tanh(x @ W_x + h @ W_h + b) * (1 + 1j)"),
    returning("dates", "np.zeros(h.shape, 'M8[s]')"),
    returning("empty", "np.zeros((0, 2 ** 40))"),
    returning("sixty-four-axes", "np.zeros((1,) * 64)"),
    returning("huge-by-broadcasting", "np.broadcast_to(np.zeros(1), (2 ** 16, 2 ** 16))"),
    returning("larger-than-a-message", "np.zeros((2000, 2000))"),
    returning("ragged", "[[1.0, 2.0], [3.0]]"),
    returning("a-generator", "(row for row in np.zeros(h.shape))"),
    during_call("an-endless-tuple", """
class Endless(tuple):
    def __len__(self): return 2
    def __iter__(self):
        while True: yield np.zeros(h.shape)
return Endless((1, 2))
"""),
    during_call("an-endless-sequence", """
class Endless(list):
    def __len__(self): return 2 ** 40
    def __getitem__(self, k): return 0.0
    def __iter__(self):
        while True: yield 0.0
return Endless([1.0]), None
"""),
    during_call("a-dict-that-lies", """
class Lies(dict):
    def __len__(self): return 2
    def __getitem__(self, k): return np.zeros(h.shape)
    def keys(self): return ["h_next", "cache"]
return Lies()
"""),
    during_call("nested-a-hundred-thousand-deep", """
deep = 0.0
for _ in range(10 ** 5):
    deep = [deep]
return deep, None
"""),
    returning("not-a-number", "np.full(h.shape, np.nan)"),
    returning("infinite", "np.full(h.shape, np.inf)"),
    returning("minus-zero", "np.full(h.shape, -0.0)"),
    returning("denormal", "np.full(h.shape, 5e-324)"),
    returning("largest-double", "np.where(np.eye(*h.shape), np.finfo(float).max, 0)"),
    returning("nan-among-large", "np.where(np.eye(*h.shape), np.inf, np.nan)"),
    returning("long-double-overflow", "np.full(h.shape, np.longdouble('1e4000'))"),
    returning("float16-guess", "np.zeros(h.shape, np.float16)"),
    returning("all-true", "np.ones(h.shape, bool)"),
    returning("void", "memoryview(b'0' * h.size * 8)"),
    Attack("half-honest-in-long-double", {"rnn_step": HONEST["rnn_step"].replace(
        "h_next = np.tanh(", "h_next = np.longdouble(1) * np.tanh(")}, earns={"rnn_step": 4}),
    Attack("half-honest-in-single", {"rnn_step": HONEST["rnn_step"].replace(
        "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(x @ W_x + h @ W_h + b).astype(np.float32)")}, earns={"rnn_step": 4}),
    Attack("half-honest-as-lists", {"rnn_step": HONEST["rnn_step"].replace(
        "np.tanh(x @ W_x + h @ W_h + b)", "np.tanh(x @ W_x + h @ W_h + b).tolist()")}, earns={"rnn_step": 4}),
    on_step("a-callable-in-circles", """
class Callable:
    __name__ = "rnn_step"
    __globals__ = __code__ = None
    def __call__(self, *a): raise ValueError(self)
    def __getattr__(self, name): return self
    def __str__(self): raise OSError
    __repr__ = __str__
rnn_step = Callable()
rnn_step.__wrapped__ = rnn_step
"""),
    during_call("an-exception-that-cannot-be-shown", """
class Trouble(Exception):
    def __str__(self): raise SystemExit(0)
    def __repr__(self): return 7
    __class__ = property(lambda self: int)
raise Trouble()
"""),
    during_call("not-implemented-and-system-exit", """
class Both(NotImplementedError, SystemExit):
    pass
raise Both("rnn_step 4 of 4 points")
"""),
    during_call("keyboard-interrupt", "raise KeyboardInterrupt"),
    during_call("generator-exit", "raise GeneratorExit"),
    Attack("hostile-names", {"rnn_step": PRELUDE + """
class Odd(type):
    def __getattribute__(self, name): raise OSError("4 of 4")
class Value(metaclass=Odd):
    pass
def rnn_step(x, h, W_x, W_h, b):
    return Value(), Value()
rnn_step.__name__ = rnn_step.__qualname__ = "<script>alert(1)</script>" * 1000
rnn_step.__doc__ = "4 of 4 points"
""", "readout": HONEST["readout"]}, earns={"readout": 3}),
]
