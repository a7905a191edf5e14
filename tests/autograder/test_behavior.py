"""A lesson with exercises of every kind goes through build, check and judge: one whose numbers are compared, one whose
answer is random, and one that is right by what it does."""

import math
from functools import partial

import numpy as np
import pytest
import students
from traitlets.config import PyFileConfigLoader

from autograder.building import editions
from autograder.building.editions import Refused, instructor_edition, read_sources
from autograder.judging import submission
from autograder.judging.host import Sandbox
from autograder.judging.judge import judge
from autograder.lesson import Lesson
from rnnkit import check
from rnnkit.calls import perform
from rnnkit.checking.ladder import PUBLIC_SEEDS, climb
from rnnkit.exercises import EXERCISES
from rnnkit.exercises.behavior import Behavior, false_alarm
from rnnkit.exercises.exercise import Edge, Exercise, Misconception, normal

NAME = "98_toys"
GROUPS, DRAWS, KINDS = 3, 2000, 5

# -- an ordinary one


def scaled(x, s):
    """y = s x."""
    y = s * x
    return y


SCALED = Exercise(
    name="scaled", signature="scaled(x, s) -> y", inputs=normal(x="N D", s="D"), outputs={"y": "N D"},
    sizes={"N": 3, "D": 4}, reference=scaled, built="You have built a scale.",
    misconceptions=(Misconception("squared", "s * x", "s * x ** 2", "x is squared. It enters once."),))

# -- one whose answer is random


def generator(seed):
    import numpy
    return numpy.random.default_rng(seed)


def sample(y, temperature, rng):
    """One class for every row, drawn from the softmax of y over the temperature: y (N, V) -> k (N,)."""
    hot = np.exp(y / temperature)
    cumulated = np.cumsum(hot / hot.sum(axis=1, keepdims=True), axis=1)
    k = (rng.random((len(y), 1)) > cumulated).sum(axis=1)
    return k


def logits(rng, N, V):
    return {"y": rng.standard_normal((GROUPS, V))[np.arange(N) % GROUPS], "temperature": np.array(0.5),
            "seed": np.array(rng.integers(10 ** 9))}


def frequencies(case, results):
    return {"frequencies": np.array([[(results["k"][group::GROUPS] == v).mean() for v in range(case["y"].shape[1])]
                                     for group in range(GROUPS)])}


def probabilities(case):
    hot = np.exp(case["y"][:GROUPS] / case["temperature"])
    return {"frequencies": hot / hot.sum(axis=1, keepdims=True)}


SAMPLE = Exercise(
    name="sample", signature="sample(y, temperature, rng) -> k", after=("generator(seed) -> rng",),
    given={"generator": generator}, inputs=logits, outputs={"frequencies": "G V"},
    sizes={"N": GROUPS * DRAWS, "V": KINDS}, reference=sample, built="You have built a sampler.", tolerance=0.1,
    behavior=Behavior({"k": "N"}, frequencies, right=probabilities),
    misconceptions=(
        Misconception("temperature-multiplied", "y / temperature", "y * temperature",
                      "The temperature multiplies. A low one should make the likely likelier: divide by it."),
        Misconception("temperature-ignored", "y / temperature", "y", "The temperature is not used."),
        Misconception("likeliest-always", "(rng.random((len(y), 1)) > cumulated).sum(axis=1)", "hot.argmax(axis=1)",
                      "The likeliest class is taken every time. Draw one.")))

# -- one that is right by what it does


def latch():
    """Weights of an RNN whose first unit is above zero from the first 1 on: W_x (1, K), W_h (K, K), b (K,)."""
    W_x, W_h, b = np.array([[20.0]]), np.array([[5.0]]), np.array([0.0])
    b = b - 1
    return W_x, W_h, b


def bits(rng, T, N):
    return {"x": (rng.random((T, N)) < 2 / T).astype(float)}


def shown(case, weights):
    h, states = np.zeros((case["x"].shape[1], len(weights["b"]))), []
    for x in case["x"]:
        h = np.tanh(x[:, None] @ weights["W_x"] + h @ weights["W_h"] + weights["b"])
        states.append(h[:, 0] > 0)
    return {"shown": np.array(states, float)}


def first_difference(case, done, right):
    t, n = np.argwhere(done["shown"] != right["shown"])[0]
    seen = " ".join(f"{bit:.0f}" for bit in case["x"][:t + 1, n])
    return f"After the bits {seen} it shows {done['shown'][t, n]:.0f}."


LATCH = Exercise(
    name="latch", signature="latch() -> W_x, W_h, b", inputs=bits, outputs={"shown": "T N"}, sizes={"T": 12, "N": 20},
    reference=latch, built="You have built a memory.", edges=(Edge("long strings (T = 300)", {"T": 300}),),
    behavior=Behavior({"W_x": "1 K", "W_h": "K K", "b": "K"}, shown, says=first_difference),
    misconceptions=(Misconception("forgets", "np.array([[5.0]])", "np.array([[0.0]])",
                                  "It forgets: no weight leads from the old state to the new one."),))

TOYS = {exercise.name: exercise for exercise in (SCALED, SAMPLE, LATCH)}
SOURCE = "# %%\nimport numpy as np\nfrom rnnkit import check\n" + "".join(f"""
# %% answer="{name}"
def {name}({arguments}):
    ### BEGIN SOLUTION
    {solution}
    ### END SOLUTION


# %% check="{name}" points=4
check({name}, points=4)
""" for name, arguments, solution in (
    ("scaled", "x, s", "return x * s"),
    ("sample", "y, temperature, rng", "return np.argmax(y / temperature + rng.gumbel(size=y.shape), axis=1)"),
    ("latch", "", "return np.array([[9.0, 0]]), np.array([[9.0, 0], [3, 4]]), np.array([-2.0, 1])")))


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    for name, exercise in TOYS.items():
        monkeypatch.setitem(EXERCISES, name, exercise)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(editions, "exercises", lambda lesson: tuple(TOYS))
    return built(tmp_path, SOURCE)


def built(root, text):
    path = root / "solutions" / NAME / f"{NAME}.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(students.ROOT)).load_config()
    return Lesson(NAME, instructor_edition(read_sources(root)[NAME]), config)


def verdict(name, function, seeds=PUBLIC_SEEDS):
    exercise = TOYS[name]
    functions = {**exercise._namespace, name: function}
    return climb(exercise, partial(lambda calls, values, wanted: perform(calls, functions, values, wanted)), 4, seeds)


def hints(found):
    return " ".join(text for mark, text in found.lines if mark == "hint")


@pytest.mark.usefixtures("safe")
def test_all_three_are_built_and_judged_as_they_are_checked(lesson, tmp_path, monkeypatch):
    answers = students.solved(lesson)
    wrong = {"scaled": "def scaled(x, s):\n    return s * x ** 2",
             "sample": "def sample(y, temperature, rng):\n    return np.argmax(y, axis=1)",
             "latch": "def latch():\n    return np.ones((1, 2)), np.zeros((2, 2)), -np.ones(2) / 2"}
    named = {"scaled": ["squared"], "sample": ["likeliest-always"], "latch": ["forgets"]}
    sources = [cell.source for cell in lesson.student.cells if cell.cell_type == "code"]
    with Sandbox(NAME, sources) as sandbox:
        for handed_in, share, mistakes in ((answers, 1, {name: [] for name in TOYS}), (wrong, 0, named)):
            path = students.submit(tmp_path, "zoe", lesson, students.notebook(lesson, handed_in))
            found = judge("zoe", lesson, submission.read(path, lesson), sandbox, 7).verdicts
            assert {name: (each.share, each.mistakes) for name, each in found.items()} == {
                name: (share, mistakes[name]) for name in TOYS}


def test_check_without_an_exercise_is_refused_with_file_and_line(lesson, tmp_path):
    with pytest.raises(Refused, match=rf"{NAME}.py:\d+: check 'sampel'.*did you mean 'sample'"):
        built(tmp_path / "other", SOURCE.replace('"sample"', '"sampel"'))


def test_any_weights_that_remember_pass_and_the_card_says_nothing_of_digits(capsys):
    def latch():
        return 40 * np.ones((1, 7)), np.ones((7, 7)), -3 * np.ones(7)

    assert check(latch, points=4) == 4
    said = capsys.readouterr().out
    assert "Right. You have built a memory." in said and "digits" not in said


@pytest.mark.parametrize(("weights", "said"), [
    (([[20.0]], [[0.0]], [-1.0]), "It forgets: no weight leads from the old state to the new one."),
    (([[-20.0]], [[5.0]], [1.0]), "After the bits 0 it shows 1."),
    (([[20.0]], [[5.0]], [-1.0, 2.0]), "b has shape (2,); expected (1,)."),
    (([[20.0], [1.0]], [[5.0]], [-1.0]), "W_x has shape (2, 1); expected (1, 1)."),
    (([[20.0]], [[np.nan]], [-1.0]), "W_h is not finite: 1 of 1 entries are NaN or infinite."),
    ((np.ones((1, 201)), np.ones((201, 201)), np.ones(201)),
     "W_x has shape (1, 201); expected (1, K), with 1 to 200 units."),
])
def test_weights_that_do_not_remember_are_told_what_they_do(weights, said):
    found = verdict("latch", lambda: tuple(map(np.array, weights)))
    assert found.share == 0 and said in " ".join(text for _, text in found.lines)


def test_weights_that_remember_for_a_while_lose_the_share_of_long_strings():
    found = verdict("latch", lambda: (np.array([[20.0]]), np.array([[0.98]]), np.array([0.0])))
    assert found.share == 1
    fading = verdict("latch", lambda: (np.array([[20.0]]), np.array([[1.0]]), np.array([-0.004])))
    assert fading.share == pytest.approx(0.9) and "not for long strings (T = 300): After the bits" in fading.trouble


def test_weights_are_not_handed_the_strings_that_they_are_tried_on():
    seen = []

    def ask(calls, values, wanted):
        seen.append((tuple(values), tuple(wanted)))
        return perform(calls, {"latch": latch}, values, wanted)

    assert climb(LATCH, ask, 4).passed
    assert set(seen) == {((), ("W_x", "W_h", "b"))}


def test_right_sampler_fails_by_chance_in_fewer_than_one_of_a_million_checks():
    for seed in range(50):
        right = probabilities(SAMPLE.case(seed))["frequencies"]
        off = 2 * SAMPLE.tolerance * right.max() / (1 + SAMPLE.tolerance)  # for what `agrees` adds is right.max() - off
        assert false_alarm(DRAWS, off, compared=3 * right.size) < 1e-6     # the judge asks for three seeds


def test_false_alarm_is_a_bound_on_what_the_binomial_distribution_says():
    n, p = 200, 0.3
    for off in (0.05, 0.1, 0.15):
        exact = sum(math.comb(n, k) * p ** k * (1 - p) ** (n - k) for k in range(n + 1) if abs(k / n - p) > off)
        assert exact <= false_alarm(n, off) <= 1 + (off < 0.1)


def test_samplers_of_every_style_pass_for_many_seeds_and_wrong_ones_are_named():
    def one_at_a_time(y, temperature, rng):
        p = np.exp(y / temperature)
        return [rng.choice(len(row), p=row / row.sum()) for row in p]

    def gumbel(y, temperature, rng):
        return np.argmax(y / temperature + rng.gumbel(size=y.shape), axis=1)

    assert verdict("sample", one_at_a_time).passed
    assert verdict("sample", gumbel, range(60)).passed
    for name, exercise in TOYS.items():
        for mistake, wrong in exercise.wrong_versions:
            for seeds in ((1, 2), (3, 4), (11, 12)):
                found = verdict(name, wrong, seeds)
                assert not found.passed and found.mistakes == [mistake.id]


def test_slip_that_chance_could_have_made_is_not_named():
    def flat(y, temperature, rng):
        return rng.integers(y.shape[1], size=len(y))

    found = verdict("sample", flat)
    assert found.share == 0 and found.mistakes == [] and "frequencies" in found.trouble
