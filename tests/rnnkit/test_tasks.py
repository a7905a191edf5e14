"""The tasks: what is asked, what a perfect and a forgetful model reach, a split that does not leak, and baselines."""

from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnnkit
from rnnkit import tasks
from rnnkit.losses import cross_entropy, mean_squared_error
from rnnkit.model import one_hot

V = 6


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("delay", [1, 3])
def test_echo_of_numbers_costs_nothing_for_a_perfect_model_and_as_stated_without_memory(delay):
    T, N = 8, 4000
    [(x, target)] = tasks.echo(rng(), delay, T, N, updates=1)
    assert np.array_equal(target[delay:], x[:-delay]) and not target[:delay].any()
    assert mean_squared_error(np.zeros_like(target), target)[0] == pytest.approx((T - delay) / (3 * T), rel=0.02)


@pytest.mark.parametrize("delay", [1, 4, 9])
def test_echo_of_symbols_costs_nothing_for_a_perfect_model_and_log_v_without_memory(delay):
    ids, targets, mask = tasks.echo_symbols(rng(), delay, 10, 4000, V)
    assert ids.shape == targets.shape == mask.shape == (10, 4000) and mask.sum() == (10 - delay) * 4000
    assert np.array_equal(targets[delay:], ids[:-delay]) and mask[delay:].all()
    assert cross_entropy(1e3 * one_hot(targets, V), targets, mask)[0] == 0
    assert cross_entropy(np.zeros((10, 4000, V)), targets, mask)[0] == pytest.approx(np.log(V))
    assert np.abs(np.bincount(targets[mask], minlength=V) / mask.sum() - 1 / V).max() < 0.03


@pytest.mark.parametrize("delay", [0, 10, -1])
def test_a_delay_that_leaves_nothing_to_name_is_refused(delay):
    with pytest.raises(ValueError, match=f"the delay is {delay}; for T = 10 it should be from 1 to 9"):
        tasks.echo_symbols(rng(), delay, 10, 2, V)


@given(st.integers(1, 30), st.integers(1, 12))
def test_windows_one_after_another_are_the_whole(steps, T):
    whole = rng().integers(0, V, (steps, 3)), rng(1).random((steps, 3))
    cut = tasks.windows(T, *whole)
    assert {len(ids) for ids, _ in cut[:-1]} <= {T} and len(cut[-1][0]) <= T
    for joined, array in zip(map(np.concatenate, zip(*cut, strict=True)), whole, strict=True):
        assert np.array_equal(joined, array)


def test_windows_of_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="the lengths are 4, 5"):
        tasks.windows(2, np.ones(4), np.ones(5))
    with pytest.raises(ValueError, match="T is 0"):
        tasks.windows(0, np.ones(4))


@given(st.integers(2, 400), st.integers(1, 7), st.integers(1, 9))
def test_batches_read_every_track_on_and_a_target_is_the_next_character(L, N, T):
    ids = np.arange(L)      # every character its own place
    if (L - 1) // N < T:
        with pytest.raises(ValueError, match=f"{L} characters make no window .* at least {N * T + 1} are needed"):
            tasks.make_batches(ids, N, T)
        return
    x, y = tasks.make_batches(ids, N, T)
    K = len(x)
    assert x.shape == y.shape == (K, T, N) and np.array_equal(y, x + 1)
    tracks = x.reshape(K * T, N)
    assert (np.diff(tracks, axis=0) == 1).all() and tracks[0, 0] == 0
    assert (tracks[0, 1:] >= tracks[-1, :-1] + 1).all() and y.max() < L
    assert L - x.size < N * (T + 1)


def test_the_text_is_ascii_of_the_size_that_is_told_and_every_character_can_be_learned():
    text = tasks.text()
    readme = (files("rnnkit.tasks") / "python_source" / "README.md").read_text()
    assert f"{len(text.train):,}" in readme and f"{len(text.validation):,}" in readme.replace("\n", " ")
    assert text.vocabulary == "".join(sorted({*text.train})) and {*text.validation} <= {*text.vocabulary}
    assert {*text.vocabulary} == {"\n", *map(chr, range(32, 127))}
    assert not any(line.endswith(" ") for line in text.train.splitlines())


def test_no_long_run_of_the_validation_text_but_a_few_idioms_was_trained_on():
    text, run = tasks.text(), 60
    starts = range(0, len(text.validation) - run, run)
    shared = sum(text.validation[k:k + run] in text.train for k in starts)
    assert shared / len(starts) < 0.02


def test_the_text_ships_small_with_its_license_and_its_source():
    folder = Path(rnnkit.__file__).parent / "tasks" / "python_source"
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 600_000
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in (folder / "LICENSE.txt").read_text()
    assert "https://www.python.org/downloads/" in (folder / "README.md").read_text()


@given(st.text(alphabet="abcxyz \n", max_size=30))
def test_encoding_and_decoding_are_each_others_inverse(string):
    vocabulary = "\n abcxyz"
    ids = tasks.encode(string, vocabulary)
    assert ids.shape == (len(string),) and ids.dtype.kind == "i" and tasks.decode(ids, vocabulary) == string


def test_characters_and_numbers_that_are_unknown_are_named():
    with pytest.raises(ValueError, match="not in the vocabulary: 'é'"):
        tasks.encode("né", "en")
    with pytest.raises(ValueError, match="ids should be from 0 to 1"):
        tasks.decode([0, 2], "en")


def looked_up(train, context, character, V):
    """Witten and Bell's smoothed probability, read off the definition. context: a list, or None below the unigram."""
    if context is None:
        return 1 / V
    k = len(context)
    after = Counter(train[i + k] for i in range(len(train) - k) if train[i:i + k] == context)
    below = looked_up(train, context[1:] if k else None, character, V)
    n, d = after.total(), len(after)
    return (after[character] + d * below) / (n + d) if n else below


@pytest.mark.parametrize("context", [0, 1, 2, 3])
def test_a_table_is_what_its_definition_says_also_for_what_was_never_seen(context):
    train, validation = [*rng().integers(0, V - 1, 300)], [*rng(1).integers(0, V, 40)]
    read = train + validation
    bits = [-np.log2(looked_up(train, read[k - context:k], read[k], V)) for k in range(len(train), len(read))]
    assert tasks.table(train, validation, context, V) == pytest.approx(np.mean(bits), rel=1e-12)


def test_a_tables_probabilities_sum_to_one_after_any_context():
    train = rng().integers(0, V - 1, 100)
    for end in range(V):
        history = np.append(train, end)
        p = [2 ** -tasks.table(history, [k], 2, V) for k in range(V)]
        assert sum(p) == pytest.approx(1)


def test_baselines_of_noise_are_chance_and_of_a_cycle_almost_nothing():
    noise, cycle = rng().integers(0, V, 20_000), np.tile(np.arange(V), 3000)
    for name, bits in tasks.baselines(noise, rng(1).integers(0, V, 5000), V, contexts=(1, 2)).items():
        assert bits == pytest.approx(np.log2(V), rel=0.02), name
    found = tasks.baselines(cycle, cycle[:600], V)
    assert [*found] == ["chance", "unigram", "table of 1", "table of 2", "table of 3", "table of 5"]
    assert found["chance"] == np.log2(V) and found["unigram"] == pytest.approx(np.log2(V), rel=1e-3)
    assert all(bits < 0.01 for name, bits in found.items() if name.startswith("table"))


def test_a_context_too_long_for_64_bits_is_refused():
    with pytest.raises(ValueError, match="a context of 9 characters is too long for V = 96"):
        tasks.table([0] * 20, [1], 9, 96)


def test_a_compressor_finds_again_what_it_was_given_first():
    train, other = (bytes(rng(seed).integers(97, 123, 20_000, np.uint8)).decode() for seed in (0, 1))
    again, best = tasks.compressor(train, train[5000:9000])
    fresh, _ = tasks.compressor(train, other[:4000])
    assert again < 0.3 and np.log2(26) < fresh < 1.1 * np.log2(26) and best in ("lzma", "bz2", "zlib")


def test_the_baselines_of_the_text_are_in_the_order_that_the_lesson_tells():
    text = tasks.text()
    ids = [tasks.encode(part, text.vocabulary) for part in (text.train[:400_000], text.validation[:20_000])]
    found = [*tasks.baselines(*ids, len(text.vocabulary), contexts=(1, 2, 3)).values()]
    assert found == sorted(found, reverse=True) and found[0] == np.log2(96)
