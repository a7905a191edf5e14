"""How well a text can be predicted without a network: in bits per character of its validation part."""

import bz2
import lzma
import zlib

import numpy as np

COMPRESSORS = {
    "lzma": lambda data: lzma.compress(data, preset=9),
    "bz2": lambda data: bz2.compress(data, 9),
    "zlib": lambda data: zlib.compress(data, 9),
}


def chance(V):
    """The bits per character of a model that knows nothing but how many characters there are: log2 V."""
    return float(np.log2(V))


def table(train, validation, context, V):
    """The bits per character of a table of counts: how often did each character follow these `context` characters?

    Smoothed as Witten and Bell did. A context that occurred n times, with d different characters c after it, gives

    p(c | context) = (count(c) + d p(c | context without its first character)) / (n + d),

    so the more kinds of things have followed, the more is left for what has not. Without context, the counts are those
    of the text, and below them is 1/V.

    train, validation: ids, (L,), from 0 to V - 1. The validation part follows on the training part.
    context: how many characters, from 0, the unigram, on. V: how many characters there are.
    Returns bits per character. Raises ValueError where V^(context + 1) is more than 64 bits can tell apart.
    Source: Witten and Bell, The zero-frequency problem: estimating the probabilities of novel events in adaptive text
    compression (1991).
    """
    if V ** (context + 1) > 2 ** 62:
        raise ValueError(f"table: a context of {context} characters is too long for V = {V}.")
    asked = np.concatenate([train[len(train) - context:], validation]).astype(np.int64)
    p = np.full(len(validation), 1 / V)
    for k in range(context + 1):
        known, counts = np.unique(_runs(train, k + 1, V), return_counts=True)
        contexts, first = np.unique(known // V, return_index=True)
        n, d = np.add.reduceat(counts, first), np.diff(first, append=len(known))
        wanted = _runs(asked[context - k:], k + 1, V)
        count, n, d = _found(known, counts, wanted), _found(contexts, n, wanted // V), _found(contexts, d, wanted // V)
        p = np.where(n > 0, (count + d * p) / np.maximum(n + d, 1), p)
    return float(-np.mean(np.log2(p)))


def compressor(train, validation):
    """The bits per character of the best of lzma, bz2 and zlib, which is given the training part first.

    They are what the validation part adds to the compressed training part. A compressor goes on learning while it
    reads, so it knows the beginning of the validation part when it comes to the end. Tables and networks do not.

    train, validation: strings. Returns bits per character, and the name of the best one.
    """
    both = {name: 8 * (len(compress((train + validation).encode())) - len(compress(train.encode()))) / len(validation)
            for name, compress in COMPRESSORS.items()}
    best = min(both, key=both.get)
    return both[best], best


def baselines(train, validation, V, contexts=(1, 2, 3, 5)):
    """Chance, the unigram, and a table for each length of context: name -> bits per character.

    train, validation: ids, (L,), from 0 to V - 1. V: how many characters there are.
    """
    tables = {f"table of {k}": table(train, validation, k, V) for k in contexts}
    return {"chance": chance(V), "unigram": table(train, validation, 0, V), **tables}


def _runs(ids, length, V):
    """Each run of `length` ids as one number, in base V."""
    ids = np.asarray(ids, np.int64)
    runs = np.zeros(len(ids) - length + 1, np.int64)
    for k in range(length):
        runs = runs * V + ids[k:k + len(runs)]
    return runs


def _found(keys, values, wanted):
    """The value of each wanted key, 0 where it is not among the sorted keys."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
