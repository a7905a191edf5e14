"""What an exercise is: data that says what is to be written and how to know that it was."""

import inspect
import itertools
import math
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from rnnkit.calls import Answer, Call, fresh, performed
from rnnkit.exercises.behavior import Behavior
from rnnkit.shapes import blocks

MULTIPLICATIONS = 3_400_000  # of a forward pass in a large case: a second or two for a loop over single numbers
LARGE = {"T": 14, "N": 4}


@dataclass(frozen=True)
class Misconception:
    """A known mistake: one edit of the reference's own text, and what to say to whoever made it.

    right: what the reference says, occurring in it exactly once. wrong: what the student wrote instead.
    hint: one to three sentences that name the mistake and the way out, without the answer.
    """

    id: str
    right: str
    wrong: str
    hint: str


def orders(right, lists, gates, hint, known=()):
    """A Misconception for every other order of the gates' blocks: text in which some lists are permuted alike.

    right: the text of the edit. lists: what is permuted in it, as in ("a_i, a_f, a_g, a_o",). gates: their names in the
    right order, as in "i f g o". hint: with {order} in it. known: orders that have a Misconception of their own.
    """
    gates = gates.split()
    for order in itertools.permutations(range(len(gates))):
        names = [gates[k] for k in order]
        if names == gates or " ".join(names) in known:
            continue
        wrong = right
        for listed in lists:
            parts = listed.split(", ")
            wrong = wrong.replace(listed, ", ".join(parts[k] for k in order))
        yield Misconception(f"order-{'-'.join(names)}", right, wrong, hint.format(order=", ".join(names)))


@dataclass(frozen=True)
class Edge:
    """A case at the border, worth a small share of the points. `sizes` replaces some of the exercise's own."""

    what: str
    sizes: dict
    hint: str = ""
    share: float = 0.1


BATCH_OF_ONE = Edge("a batch of one (N = 1)", {"N": 1}, "Does a squeeze, or an axis given as -1, drop the batch axis?")
ONE_STEP = Edge("a single step (T = 1)", {"T": 1}, "Is a second step taken for granted somewhere?")


@dataclass(frozen=True)
class Look:
    """A look at what stays with the student, such as a cache: it costs nothing, and earns a remark.

    call: what is called after the exercise's own calls, "one_step_only(x, cache) -> found"; its function is one of the
    exercise's `given`. remark: what is said where it finds 1.
    """

    call: str
    remark: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """Everything that is known about one exercise. Checks, judge, diagnosis, tests and points tables read it.

    signature: the call and its results, as in "rnn_step(x, h, W_x, W_h, b) -> h_next, cache".
    inputs: (rng, **sizes) -> name -> array: one random case.
    outputs: the results that are compared, name -> axes, as in {"h": "T N H"}. The others stay with the student.
    reference: the trusted function.
    misconceptions: the known mistakes.
    sizes: the size of each axis, all different, none below 3.
    after: the calls that come first, as in a forward pass whose cache the exercise needs.
    then: the calls that come last, as to take a list apart into the arrays that are compared.
    given: functions that the calls may use and that are nobody's secret, name -> function.
    one_step: the name of the exercise that this one repeats over a sequence, or is built on.
    upstream: the inputs that a student may change in place: nobody needs them afterwards.
    edges: the border cases.
    blocks: the gates whose blocks lie side by side in an output's last axis, as in {"dW_x": "i f g o"}.
    stable: whether an overflow on the way counts as a mistake at the edges.
    look: a look at what no output shows.
    behavior: what the results do, if that is compared and not the results; then `outputs` are what it shows.
    built: what is said of a right answer, "You have built one step of an LSTM."
    torch: what of PyTorch's the tests hold the reference against, "nn.LSTMCell".
    whole: whether only an answer without any mistake earns points, as a repair does.
    solved_by: other functions of rnnkit that would do the work, which a judge therefore keeps away.
    lent: functions of rnnkit that it may use, although they solve other exercises of its lesson.
    tolerance: how large a relative error may be, norm-wise; 1e-5 leaves room for float32 buffers.
    """

    name: str
    signature: str
    inputs: Callable
    outputs: dict
    reference: Callable
    misconceptions: tuple
    sizes: dict
    after: tuple = ()
    then: tuple = ()
    given: dict = None
    one_step: str = ""
    upstream: tuple = ()
    edges: tuple = ()
    blocks: dict = None
    stable: bool = False
    look: Look = None
    behavior: Behavior = None
    built: str = ""
    torch: str = ""
    whole: bool = False
    solved_by: tuple = ()
    lent: tuple = ()
    tolerance: float = 1e-5

    @property
    def calls(self):
        """The calls that make one answer, the exercise's own among them."""
        return (*self.after, self.signature, *self.then)

    @property
    def results(self):
        """What an answer has to bring back, name -> axes."""
        return self.behavior.results if self.behavior else self.outputs

    def seen(self, case, answer):
        """An answer as it is compared: where the exercise has a behavior, with what its results do."""
        if not self.behavior:
            return answer
        return self.behavior.seen(case, answer, case.remembered("sizes", lambda: _sizes(self, case)))

    @property
    def _before(self):
        return {Call.parse(text).name for text in self.after}

    @property
    def backward(self):
        """Whether this is a backward pass: it goes back over a forward pass, which comes first."""
        return bool(self._before - {self.name, *(self.given or ())})

    @property
    def cached(self):
        """Whether it is a backward pass and nothing else comes first, so that the reference's cache can be had."""
        return self.backward and not self._before & {self.name, *(self.given or ())}

    def case(self, seed, **sizes):
        """The Case for one seed. For an even seed every axis is one longer.

        So no solution passes that reads a size from the notebook, or that has it written down as a number.
        """
        return _case(self, seed, tuple(sizes.items()))

    @cached_property
    def large_sizes(self):
        """Sizes for which the matrix products of a forward pass take MULTIPLICATIONS.

        What an entry of W_h changes spreads to all units in the third step, so that from there on no shortcut saves
        whoever measures each entry a whole forward pass. With many steps and sequences there have to be few weights,
        which a message carries faster.
        """
        few = LARGE if "T" in " ".join(self.outputs.values()).split() else {"N": math.prod(LARGE.values())}
        ones = self.inputs(np.random.default_rng(0), **dict.fromkeys(self.sizes, 1))
        weights = sum(value.size for name, value in ones.items() if name.startswith("W_"))
        width = math.isqrt(MULTIPLICATIONS // (math.prod(few.values()) * weights))
        return {axis: few.get(axis, width) for axis in self.sizes}

    def large_case(self, seed):
        """A Case of `large_sizes`, whose weights are small enough that nothing saturates. The last ones are kept."""
        return _large_case(self, seed)

    def answer(self, case, version=None):
        """What is right, or what another version of the reference answers. Computed once for a Case: nobody changes it.
        """
        if version is None and self.behavior and self.behavior.right:
            return Answer(outputs=self.behavior.right(case))
        version = version or self.reference
        return case.remembered(version, lambda: _answer(self, case, version))

    def with_cache(self, case):
        """The case, and beside it what the reference's own `after` calls leave: the cache of its forward pass."""
        return case.remembered("with cache", lambda: _with_cache(self, case))

    @cached_property
    def text(self):
        """The reference's own source, under the exercise's name."""
        source = textwrap.dedent(inspect.getsource(self.reference))
        return source.replace(f"def {self.reference.__name__}(", f"def {self.name}(")

    def wrong_version(self, misconception):
        """The reference with the misconception's edit made in its text."""
        if self.text.count(misconception.right) != 1:
            raise ValueError(f"{self.name}, {misconception.id}: {misconception.right!r} should occur exactly once in "
                             f"the reference; it occurs {self.text.count(misconception.right)} times.")
        namespace = dict(self._namespace)
        exec(self.text.replace(misconception.right, misconception.wrong), namespace)
        return namespace[self.name]

    @cached_property
    def wrong_versions(self):
        """Every misconception with its function."""
        return [(misconception, self.wrong_version(misconception)) for misconception in self.misconceptions]

    @property
    def _namespace(self):
        return {**inspect.unwrap(self.reference).__globals__, **(self.given or {}), self.name: self.reference}


class Case(dict):
    """The inputs of one seed, name -> array. Nobody changes them, and no Case equals another.

    What was answered to it is kept with it, and goes with it.
    """

    __hash__, __eq__ = object.__hash__, object.__eq__

    def __init__(self, inputs):
        super().__init__(inputs)
        self._answers = {}

    def remembered(self, what, make):
        if what not in self._answers:
            self._answers[what] = make()
        return self._answers[what]


@lru_cache(100)
def _case(exercise, seed, sizes):
    rng = np.random.default_rng([seed, zlib.crc32(exercise.name.encode())])
    usual = {axis: size + (seed % 2 == 0) if isinstance(size, int) else size for axis, size in exercise.sizes.items()}
    return Case(exercise.inputs(rng, **{**usual, **dict(sizes)}))


@lru_cache(16)
def _large_case(exercise, seed):
    inputs = exercise.inputs(np.random.default_rng([seed, zlib.crc32(exercise.name.encode()), 1]),
                             **exercise.large_sizes)
    return Case({name: value / np.sqrt(len(value)) if name.startswith("W_") else value
                 for name, value in inputs.items()})


def _with_cache(exercise, case):
    values = dict(case)
    for text in exercise.after:
        call = Call.parse(text)
        results = exercise._namespace[call.name](*(values[name] for name in call.arguments))
        results = results if len(call.results) > 1 else [results]
        values |= zip(call.results, results, strict=True)
    return values


def _answer(exercise, case, version):
    return exercise.seen(case, _performed(exercise, case, version))


def _sizes(exercise, case):
    """The size of each letter in the axes of the results that the exercise has a size for."""
    results = _performed(exercise, case, exercise.reference).outputs
    return {axis[-1]: size // blocks(axis) for name, axes in exercise.results.items()
            for axis, size in zip(axes.split(), results[name].shape, strict=True) if axis[-1] in exercise.sizes}


def _performed(exercise, case, version):
    values = exercise.with_cache(case) if exercise.cached else case
    values = {name: fresh(value) for name, value in values.items()}
    calls = exercise.calls[len(exercise.after):] if exercise.cached else exercise.calls
    return performed(calls, {**exercise._namespace, exercise.name: version}, values, exercise.results)


def normal(scale=0.7, **axes):
    """Inputs drawn from N(0, scale^2): `normal(x="T N D", W_x="D 4H")` makes a function for `Exercise.inputs`."""
    def draw(rng, **sizes):
        return {name: scale * rng.standard_normal([blocks(axis) * sizes[axis[-1]] for axis in letters.split()])
                for name, letters in axes.items()}
    return draw
