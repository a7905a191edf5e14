"""The data of the lessons, generated or shipped, never downloaded, and what each task's loss is without learning.

echo, echo_symbols    say what was heard some steps before: the loss without memory, and of a perfect model
text                  Python source, to be continued character by character; make_batches cuts it
chance, table, compressor, baselines    bits per character without a network
"""

from rnnkit.tasks.baselines import baselines, chance, compressor, table
from rnnkit.tasks.characters import decode, encode, make_batches, text
from rnnkit.tasks.generated import echo, echo_symbols, windows

__all__ = ["baselines", "chance", "compressor", "decode", "echo", "echo_symbols", "encode", "make_batches", "table",
           "text", "windows"]
