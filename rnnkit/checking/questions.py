"""What a mistake that has no name can be asked: for which inputs is the function right, and what does it not notice?

Each question is another call of the student's function, on the check's inputs with one of them changed. One true
sentence comes of it, that says where to look: "With b = 0 you are right: look at where b enters."
"""

import itertools

import numpy as np

from rnnkit.calls import Call
from rnnkit.checking.difference import agrees, fitted
from rnnkit.exercises.exercise import Case

MOST_ASKED = 40     # calls for one answer


class Doubt:
    """A wrong answer, and the means to ask for others. `ask` is the check's own."""

    def __init__(self, evidence, ask):
        self.exercise, self.cases, self.answers = evidence.exercise, evidence.cases, evidence.answers
        self.expected, self._ask, self.left, self._zeros = evidence.expected, ask, MOST_ASKED, {}
        self.wrong = [name for name in self.exercise.outputs if any(
            not self._agree(name, a, e) for a, e in zip(self.answers, self.expected, strict=True))]
        signature = Call.parse(self.exercise.signature).arguments
        before = [name for text in self.exercise.after * self.exercise.cached for name in Call.parse(text).arguments]
        self.inputs = [name for name in dict.fromkeys((*signature, *before)) if np.ndim(self.cases[0].get(name)) > 0]

    def _agree(self, name, answer, expected):
        right = expected.outputs[name]
        return agrees(fitted(answer.outputs[name], right), right, self.exercise.tolerance)

    def again(self, change, k=0):
        """The answer to case k with this change of its inputs, and what is right there; None where one fails."""
        case = Case(change(self.cases[k]))
        self.left -= 1
        answer = self._ask(self.exercise.calls, case, self.exercise.outputs) if self.left >= 0 else None
        expected = self.exercise.answer(case)
        return None if answer is None or answer.problem or expected.problem else (answer, expected)

    def right(self, change):
        """Whether every output is right after this change, for every seed, and not only because all of it is zero."""
        for k in range(len(self.cases)):
            found = self.again(change, k)
            if not found or not all(self._agree(name, *found) for name in self.exercise.outputs):
                return False
            if not all(found[1].outputs[name].any() for name in self.wrong):
                return False
        return True

    def right_at_zero(self, name):
        if name not in self._zeros:
            self._zeros[name] = self.right(_zero(name))
        return self._zeros[name]

    def unmoved(self, name):
        """The wrong outputs that stay as they are when this input changes, though they should not."""
        found = self.again(lambda case: {**case, name: -0.5 * case[name]})
        if not found:
            return []
        answer, expected = found
        return [output for output in self.wrong
                if self._agree(output, answer, self.answers[0]) and not self._agree(output, expected, self.expected[0])]


def questions(evidence, ask):
    """One sentence about where a mistake is, in a list; or none, where no question has an answer that helps."""
    doubt = Doubt(evidence, ask)
    for question in (_what_is_never_read, _what_sizes, _which_sign, _what_may_be_zero, _proportion, _which_upstream,
                     _transposes, _which_two_may_be_zero, _equal_sizes):
        if sentence := question(doubt):
            return [sentence]
    return []


def _what_is_never_read(doubt):
    unread = {name: outputs for name in doubt.inputs if (outputs := doubt.unmoved(name))}
    if not unread:
        return ""
    read = [name for name in doubt.inputs if name not in unread]
    name, outputs = next(iter(unread.items()))
    if len(unread) > 1 and len(outputs) == 1 and set(map(tuple, unread.values())) == {tuple(outputs)}:
        return f"Your {outputs[0]} changes with {' and '.join(read) or 'nothing'} alone. What else should reach it?"
    do = "do" if len(outputs) > 1 else "does"
    return f"Your {' and '.join(outputs)} {do} not change when {name} does. Where should {name} enter?"


def _zero(*names):
    return lambda case: {**case, **{name: 0 * case[name] for name in names}}


def _what_may_be_zero(doubt):
    names = [name for name in doubt.inputs if doubt.right_at_zero(name)]
    if not names:
        return ""
    which = ", and with ".join(f"{name} = 0" for name in names)
    return f"With {which} you are right: look at where {' and '.join(names)} enter{'s' * (len(names) == 1)}."


def _what_sizes(doubt):
    said = {"T": "For a single step (T = 1) you are right: look at what goes from one step to the next.",
            "N": "For a single sequence (N = 1) you are right: look at what is done with the rows of the batch."}
    for edge in doubt.exercise.edges:
        axis = next(iter(edge.sizes))
        if axis in said and edge.sizes[axis] == 1 and _right_at(doubt, edge):
            return said[axis]
    return ""


def _right_at(doubt, edge):
    cases = iter(doubt.exercise.case(seed, **edge.sizes) for seed in (1, 2))
    return all(doubt.right(lambda _, case=case: case) for case in cases)


def _proportion(doubt):
    """A gradient is proportional to what comes from above."""
    if not doubt.exercise.cached:
        return ""
    found = doubt.again(lambda case: {**case, **{name: 2 * case[name] for name in doubt.exercise.upstream}})
    above = " and ".join(doubt.exercise.upstream)
    unlike = [name for name in doubt.wrong if found and not agrees(
        found[0].outputs[name], 2 * doubt.answers[0].outputs[name], doubt.exercise.tolerance)]
    return found and unlike and (f"With twice the {above} your {' and '.join(unlike)} should be twice as large, and "
                                 f"{'are' if len(unlike) > 1 else 'is'} not. Every term holds the upstream gradient "
                                 f"once.")


def _which_upstream(doubt):
    """Of a sequence, and of several upstream gradients."""
    for name in doubt.exercise.upstream:
        if "T" in doubt.exercise.outputs.get(f"{name[1:]}", "") or np.ndim(doubt.cases[0].get(name)) == 3:
            for kept, what in ((-1, "the last"), (0, "the first")):
                if doubt.right(lambda case, name=name, kept=kept: {**case, name: _only(case[name], kept)}):
                    return (f"With an upstream gradient on {what} step alone you are right: look at where {name}[t] "
                            f"enters at the others.")
    return ""


def _only(array, step):
    kept = np.zeros_like(array)
    kept[step] = array[step]
    return kept


def _transposes(doubt):
    """A transpose too many or too few cannot be seen where the matrix is symmetric."""
    def symmetric(case):
        W = case["W_h"]
        blocks = np.split(W, W.shape[1] // len(W), axis=1)
        return {**case, "W_h": np.hstack([block + block.T for block in blocks])}

    if "W_h" in doubt.inputs and doubt.right(symmetric):
        return "With a symmetric W_h you are right: look for a transpose that is missing, or one too many."
    return ""


def _which_two_may_be_zero(doubt):
    for one, other in itertools.combinations(doubt.inputs, 2):
        if doubt.left > 0 and doubt.right(_zero(one, other)):
            return f"With {one} = 0 and {other} = 0 you are right: look at where these two enter."
    return ""


def _equal_sizes(doubt):
    """For numbers, D and H, that are confused with each other."""
    if {"D", "H"} <= set(doubt.cases[0]) and doubt.right(lambda case: {**case, "D": case["H"]}):
        return "With D = H you are right: look for a D where an H belongs, or the other way round."
    return ""


def _which_sign(doubt):
    """Of an input that may be zero, or has no zeros."""
    for name in doubt.inputs:
        if not doubt.right_at_zero(name):
            continue
        for sign, what in ((1, "positive"), (-1, "negative")):
            if doubt.right(lambda case, name=name, sign=sign: {**case, name: sign * np.abs(case[name])}):
                return f"Where {name} is {what} you are right: what do you do with the others?"
    return ""
