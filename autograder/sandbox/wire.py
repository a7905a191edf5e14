"""Messages between the judge and a worker: texts, numbers and plain arrays, and nothing that could be executed.

A message is two lengths (of everything, and of the head), a head in JSON that says how things hang together, and the
bytes of the arrays one after the other. Whatever is not exactly that is `Garbled`.
"""

import json
import os
import select
import struct
import time
from collections.abc import Callable, Sequence

import numpy as np

DTYPES = ("<f8", "<f4", "<i8", "|b1")
LENGTHS = struct.Struct("<QQ")
GRACE = 0.5  # seconds in which the rest of a message is read that arrived in time


class Garbled(Exception):
    """What arrived is no message."""


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """Nothing arrived in time."""


def within(seconds: float) -> Callable[[], float]:
    """A function that says how many of these seconds, from now on, are left."""
    ends = time.monotonic() + seconds
    return lambda: ends - time.monotonic()


def send(pipe: int, content: object, left: Callable[[], float] | None = None) -> None:
    """Write texts, numbers, arrays, and dicts, lists and tuples of them to a file descriptor.

    left: says how many seconds to wait still for a reader, where the descriptor does not block. Raises Closed, or Late.
    """
    arrays, wait = [], _waiting(left)
    head = json.dumps(_plain(content, arrays)).encode()
    parts = [head, *(array.tobytes() for array in arrays)]
    rest = memoryview(LENGTHS.pack(sum(map(len, parts)), len(head)) + b"".join(parts))
    while rest:
        wait(writing=[pipe])
        try:
            rest = rest[os.write(pipe, rest):]
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed(str(error)) from None


def receive(pipe: int, left: Callable[[], float] | None = None, most: int = 2 ** 23,
            most_head: int = 2 ** 20) -> object:
    """What `send` wrote on the other side. Raises Garbled, Closed, or Late where `left()` says that no second is left.

    What has arrived by the time that one looks is still read, but whoever goes on sending is Late all the same.
    """
    wait = _waiting(left)
    length, head = LENGTHS.unpack(_read(pipe, LENGTHS.size, wait))
    if not head <= length <= most or head > most_head:
        raise Garbled(f"a message of {length} bytes with a head of {head}; at most {most} and {most_head} are taken")
    body = memoryview(_read(pipe, length, wait))
    try:
        arrays = _Arrays(body[head:])
        content = _whole(json.loads(bytes(body[:head])), arrays)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, AttributeError) as error:
        raise Garbled(f"{type(error).__name__}: {error}") from None
    if arrays.bytes:
        raise Garbled(f"{len(arrays.bytes)} bytes too many")
    return content


def _read(pipe: int, length: int, wait: Callable[..., None]) -> bytes:
    parts = []
    while length:
        wait(reading=[pipe])
        try:
            part = os.read(pipe, min(length, 2 ** 20))
        except OSError as error:
            raise Closed(str(error)) from None
        if not part:
            raise Closed("the other side is gone")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _waiting(left: Callable[[], float] | None) -> Callable[..., None]:
    """A function that waits until a file descriptor is ready. It raises Late as `receive` says."""
    late_since = None

    def wait(reading: Sequence[int] = (), writing: Sequence[int] = ()) -> None:
        nonlocal late_since
        while left is not None:
            rest = left()
            if rest <= 0:
                late_since = late_since or time.monotonic()
                if time.monotonic() - late_since > GRACE:
                    raise Late("it goes on and on")
            if any(select.select(reading, writing, [], max(0, rest))):
                return
            if rest <= 0:
                raise Late("nothing came or went in time")

    return wait


def _plain(value: object, arrays: list[np.ndarray]) -> object:
    if isinstance(value, np.ndarray):
        if value.dtype.str not in DTYPES:
            raise TypeError(f"a message holds arrays of {', '.join(DTYPES)}, not of {value.dtype.str}")
        value = np.ascontiguousarray(value).reshape(value.shape)
        arrays.append(value)
        return {"array": [value.dtype.str, *value.shape]}
    if isinstance(value, dict):
        return {"dict": {name: _plain(item, arrays) for name, item in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_plain(item, arrays) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a message holds texts, numbers and arrays, not {type(value).__name__}")


def _whole(value: object, arrays: "_Arrays") -> object:
    if isinstance(value, list):
        return [_whole(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, content), = value.items()
    if kind == "array":
        return arrays.take(*content)
    if kind == "tuple":
        return tuple(_whole(item, arrays) for item in content)
    if kind == "dict":
        return {name: _whole(item, arrays) for name, item in content.items()}
    raise ValueError(f"a message has no {kind!r}")


class _Arrays:
    """The bytes behind the head, taken array by array."""

    def __init__(self, content: memoryview) -> None:
        self.bytes = content

    def take(self, dtype: str, *shape: int) -> np.ndarray:
        if dtype not in DTYPES or len(shape) > 8 or not all(type(n) is int and 0 <= n < 2 ** 31 for n in shape):
            raise ValueError(f"no array of {dtype!r} and shape {shape}")
        length = np.dtype(dtype).itemsize
        for size in shape:
            length *= size
        if length > len(self.bytes):
            raise ValueError("an array with fewer bytes than its shape needs")
        taken, self.bytes = self.bytes[:length], self.bytes[length:]
        return np.frombuffer(taken, dtype).reshape(shape).copy()
