"""Messages between judge and worker: what is sent arrives, and nothing else does anything."""

import json
import os
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.sandbox import wire

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
    | arrays.arrays(st.sampled_from(["<f8", "<f4", "<i8", "|b1"]), arrays.array_shapes(min_dims=0, max_side=4)),
    lambda inside: st.lists(inside) | st.lists(inside).map(tuple) | st.dictionaries(st.text(), inside), max_leaves=8)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def through(content):
    reading, writing = os.pipe()
    try:
        wire.send(writing, content)
        return wire.receive(reading, wire.within(1))
    finally:
        os.close(reading)
        os.close(writing)


def same(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(NESTED)
def test_what_is_sent_arrives(content):
    assert same(content, through(content))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_other_bytes_are_garbled_and_nothing_else(head, body):
    reading, writing = os.pipe()
    os.write(writing, struct.pack("<QQ", len(head) + len(body), len(head)) + head + body)
    try:
        wire.receive(reading, wire.within(1))
    except wire.Garbled:
        pass
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("head", [
    {"array": ["|O", 1]}, {"array": ["<f8", -1]}, {"array": ["<f8", 2 ** 62]}, {"array": ["<f8", 2 ** 31 - 1]},
    {"array": ["<f8", *[1] * 9]}, {"array": ["<f8", 1.0]}, {"array": []}, {"array": "<f8"}, {"array": [["<f8"], 1]},
    {"eval": "1"}, {"dict": [1]}, {"tuple": 3}, {"array": ["<f8"], "dict": {}}, {},
])
def test_a_head_that_send_does_not_write_is_garbled(pipe, head):
    head = json.dumps(head).encode()
    os.write(pipe[1], struct.pack("<QQ", len(head) + 8, len(head)) + head + bytes(8))
    with pytest.raises(wire.Garbled):
        wire.receive(pipe[0], wire.within(1))


def test_a_head_of_many_brackets_is_garbled(pipe):
    head = b"[" * 30_000
    os.write(pipe[1], struct.pack("<QQ", len(head), len(head)) + head)
    with pytest.raises(wire.Garbled):
        wire.receive(pipe[0], wire.within(1))


def test_a_message_that_is_too_long_is_refused_before_it_is_read(pipe):
    os.write(pipe[1], struct.pack("<QQ", 2 ** 40, 2))
    with pytest.raises(wire.Garbled, match="at most"):
        wire.receive(pipe[0], wire.within(1))


def test_silence_is_late_and_an_end_is_closed(pipe):
    with pytest.raises(wire.Late):
        wire.receive(pipe[0], wire.within(0.05))
    os.write(pipe[1], b"half")
    with pytest.raises(wire.Late):
        wire.receive(pipe[0], wire.within(0.05))
    reading, writing = os.pipe()
    os.close(writing)
    with pytest.raises(wire.Closed):
        wire.receive(reading, wire.within(1))
    os.close(reading)


def test_what_came_before_somebody_looked_is_read_and_whoever_goes_on_sending_is_late(pipe):
    wire.send(pipe[1], "in time")
    assert wire.receive(pipe[0], lambda: -100) == "in time"
    os.write(pipe[1], struct.pack("<QQ", 2 ** 20, 2))
    drip = threading.Thread(target=lambda: [os.write(pipe[1], b"x") and time.sleep(0.001) for _ in range(2000)])
    drip.start()
    started = time.monotonic()
    with pytest.raises(wire.Late):
        wire.receive(pipe[0], lambda: 0)
    assert time.monotonic() - started < 1.9
    drip.join()


def test_an_object_array_is_not_sent(pipe):
    with pytest.raises((TypeError, ValueError)):
        through({"a": np.array([object()])})
    with pytest.raises(TypeError):
        through({"a": object()})
