"""Python source to be continued character by character: the text, its numbers, and batches that carry a state.

The text is 114 modules of Python's standard library to learn from and 8 others for validation, whole ones, so that no
function is in both. `python_source/README.md` has the source, the license and how it was chosen and cleaned.
"""

import lzma
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from rnnkit.layers import expect_ids


class Text(NamedTuple):
    """A text in two parts, as strings, and the characters of the first in the order of their codes."""

    train: str
    validation: str
    vocabulary: str


@cache
def text():
    """The text that ships with rnnkit: 2.3 million characters of Python source, and 143 thousand for validation.

    Returns a Text: train, validation, vocabulary. Its vocabulary is V = 96 characters, of which each is in train.
    """
    folder = files("rnnkit.tasks") / "python_source"
    train, validation = (lzma.decompress((folder / f"{part}.txt.xz").read_bytes()).decode("ascii")
                         for part in ("train", "validation"))
    return Text(train, validation, "".join(sorted({*train})))


def encode(text, vocabulary):
    """A text as numbers: of each character its place in the vocabulary, (len(text),), whole numbers from 0 to V - 1.

    Raises ValueError where a character is not in the vocabulary.
    """
    place = {character: k for k, character in enumerate(vocabulary)}
    if unknown := sorted({*text} - place.keys()):
        raise ValueError(f"encode: some characters are not in the vocabulary: {', '.join(map(repr, unknown))}.")
    return np.array([place[character] for character in text], int)


def decode(ids, vocabulary):
    """The text again. ids: (L,), whole numbers from 0 to V - 1. Raises ValueError where they are something else."""
    return "".join(vocabulary[k] for k in expect_ids("decode", ids, len(vocabulary)))


def make_batches(ids, N, T):
    """Batches of a text for next-character prediction, in which a state can be carried.

    The text is cut into N tracks, which are read side by side, T characters at a time. Window k + 1 begins where window
    k ended, in every track, and a target is the character after its input. So the windows have to stay in order.

    ids: (L,), a text as numbers. N: how many tracks. T: the length of a window.
    Returns x and y, each (K, T, N), for K = ((L - 1) // N) // T windows. Fewer than N (T + 1) characters are left over.
    Raises ValueError where the text is too short for one window.
    """
    ids = np.asarray(ids)
    length = max(len(ids) - 1, 0) // N
    K = length // T
    if not K:
        raise ValueError(f"make_batches: {len(ids)} characters make no window of T = {T} in N = {N} tracks; at least "
                         f"{N * T + 1} are needed.")
    starts = np.arange(N) * length
    steps = np.arange(K * T).reshape(K, T, 1)
    return ids[starts + steps], ids[starts + steps + 1]
