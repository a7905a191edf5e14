"""What the fast passes share: a recurrent product block by block, a bias that is a weight, and stretches of steps."""

import math

import numpy as np

GROUP = 64        # columns of a block that are multiplied at a time
SMALL = 10 ** 6   # multiply-adds up to which OpenBLAS multiplies as it finds the numbers, and does not pack them first
STRETCH = 2 ** 20  # numbers that the gradients of a stretch of steps hold, so that they stay in the cache


class Product:
    """Rows times the blocks of a matrix, (count, K, H), for N rows at a time; for use in a loop over time.

    The columns of a block go in groups of 64 where OpenBLAS then takes its short way: (8, 512) times (512, 2048) takes
    half the time so, and a quarter for fewer rows.
    """

    def __init__(self, blocks, N):
        count, K, H = blocks.shape
        w = GROUP if H % GROUP == 0 and N * K * GROUP <= SMALL else H
        self.groups = np.ascontiguousarray(blocks.reshape(count, K, -1, w).swapaxes(1, 2))
        self.out = np.empty((count, H // w, N, w), blocks.dtype)

    def of_each(self, rows):
        """rows (N, K) times every block: (count, N, H), good until the next call."""
        out = np.matmul(rows, self.groups, out=self.out)
        return out.swapaxes(1, 2).reshape(len(out), len(rows), -1)

    def summed(self, rows):
        """rows[k] (N, K) times block k, summed over the blocks: (N, H)."""
        out = np.matmul(rows[:, None], self.groups, out=self.out)
        return np.add.reduce(out, axis=0).swapaxes(0, 1).reshape(rows.shape[1], -1)


def blocks(W, count):
    """The blocks of weights (K, count H) one behind the other: (count, K, H)."""
    return W.reshape(len(W), count, -1).swapaxes(0, 1)


def side_by_side(W):
    """The other way round: blocks (count, K, H) as weights (K, count H)."""
    return W.swapaxes(0, 1).reshape(W.shape[1], -1)


def with_ones(x):
    """Inputs (T, N, D) with a last column of ones, (T, N, D + 1): its weights are the bias."""
    return np.concatenate([x, np.ones((*x.shape[:2], 1), x.dtype)], axis=2)


def rows(array):
    """(T, N, ...) as a matrix of T N rows."""
    return array.reshape(len(array) * array.shape[1], -1)


def stretches(T, dtype, *shapes):
    """The steps in slices, from the last to the first, each with arrays to work in: (its length, *shape).

    The first shape decides how long a stretch is. The arrays are the same ones for every stretch.
    """
    length = max(1, min(T, STRETCH // math.prod(shapes[0])))
    arrays = [np.empty((length, *shape), dtype) for shape in shapes]
    for end in range(T, 0, -length):
        start = max(0, end - length)
        yield slice(start, end), *(array[:end - start] for array in arrays)
