"""Why a student's function stopped: a placeholder that is still there, or an error, its line, and what it means.

NumPy's own words are kept, and said again in those of the lessons: two shapes, and what was probably meant.
This module crosses into the sandbox, where a student's code is run.
"""

import ast
import inspect
import linecache
import re
import traceback

import numpy as np

NOTHING = re.compile(r"NoneType|[eE]llipsis|\(has 0, |zero-dimensional|from dtype\('O'\)")
LASTING = (np.ndarray, int, float, list, tuple)     # what may be looked at without running a student's code

WORDS = [
    (r"operands could not be broadcast together with shapes (\(.*?\)) (\(.*?\))", lambda m: _apart(m[1], m[2])),
    (r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
     lambda m: f"What stands on the right has shape {m[1]}, the place it should go to has shape {m[2]}."),
    (r"all input arrays must have the same shape",
     lambda m: "np.stack takes arrays of one shape. Does the list hold something else, or what an earlier call left?"),
    (r"inhomogeneous shape", lambda m: "The entries of the list have different shapes, so they make no array."),
    (r"module 'numpy' has no attribute '(float|int|bool|object|str)'",
     lambda m: f"NumPy 1.24 dropped np.{m[1]}: write {m[1]}."),
    (r"name 'xrange' is not defined", lambda m: "xrange is Python 2's: write range."),
    (r"'(?:numpy\.)?float\d*' object cannot be interpreted as an integer|slice indices must be integers"
     r"|or a single integer, got '-?\d+\.\d+'",
     lambda m: "A size or an index has to be a whole number. / always gives a float, // a whole number."),
    (r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
     lambda m: f"That axis has {m[3]} entries, 0 to {int(m[3]) - 1}."),
    (r"Cannot cast ufunc '\w+' output from dtype\('float\d+'\) to dtype\('int\d+'\)",
     lambda m: "An array of whole numbers cannot take fractions: make it with floats, as np.zeros does."),
    (r"only integer scalar arrays can be converted to a scalar index|only 0-dimensional arrays can be converted",
     lambda m: "An array stands where one number belongs. (np.concatenate, np.stack and the like take one list: "
               "np.concatenate([a, b], axis=1).)"),
    (r"truth value of an array", lambda m: "if, and, or and not take one truth value, and this is a whole array of "
                                           "them: np.where chooses entry by entry."),
    (r"too many values to unpack \(expected (\d+)", lambda m: f"There are more than {m[1]} values on the right. Which "
                                                              f"ones does the function before it return, or keep?"),
    (r"not enough values to unpack \(expected (\d+), got (\d+)",
     lambda m: f"The left side has {m[1]} names, the right side {m[2]} values. Which ones does the function before it "
               f"return, or keep?"),
    (r"'(tuple|list)' object has no attribute '(\w+)'",
     lambda m: f"This is a {m[1]} of things, not an array. Take one of them out first."),
    (r"axis (\d+) is out of bounds for array of dimension (\d+)",
     lambda m: f"An array of {m[2]} axes has no axis {m[1]}: they are counted from 0."),
    (r"array split does not result in an equal division",
     lambda m: "The axis cannot be cut into equal parts. Is it the last one, which holds the blocks?"),
]


def failure(error, name, arguments, results, function):
    """The problem behind an exception, ("blank" or "raised", what is to be said).

    name, arguments, results: of the call that failed, as text, name -> value, and names. function: what was called.
    """
    frame, number = _stopped_at(error, function)
    where, line = name, ""
    if frame:
        where, line = frame.f_code.co_name, linecache.getline(frame.f_code.co_filename, number).strip()
    if isinstance(error, NotImplementedError) and (not frame or line.startswith("raise") or not line):
        caller = "" if where == name else f", and {name} needs it"
        return "blank", f"{where} is not written yet{caller}: it still raises NotImplementedError."
    said = "".join(traceback.format_exception_only(error)).strip()
    parts = _read_parts(frame, number, line)
    if placeholder := _placeholder(error, said, results, frame, parts):
        return "blank", f"{where} is not finished yet: {placeholder}.\n{said}"
    shapes = ", ".join(f"{key} {value.shape}" for key, value in arguments.items() if isinstance(value, np.ndarray))
    lines = [said, frame and f"In {where}, line {number}: {line}", shapes and f"{name} was given {shapes}.",
             _in_other_words(said, frame, parts)]
    return "raised", "\n".join(filter(None, lines))


def _stopped_at(error, function):
    """The last frame of the student's own code that the error came through, and its line number.

    The student's code is whatever shares its globals with the function: a notebook, and not what it imports.
    """
    home = getattr(inspect.unwrap(function), "__globals__", None)
    places = [place for place in traceback.walk_tb(error.__traceback__) if place[0].f_globals is home]
    return places[-1] if places else (None, None)


def _read_parts(frame, number, line):
    """The expressions that the failing statement computes; of a loop or a condition, only its head."""
    if not frame:
        return []
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
        around = [node for node in ast.walk(tree)
                  if isinstance(node, ast.stmt) and node.lineno <= number <= node.end_lineno]
        statement = max(around, key=lambda node: (node.lineno, -node.end_lineno))
    except (SyntaxError, ValueError, RecursionError):
        try:
            statement = ast.parse(line).body[0]
        except (SyntaxError, ValueError, IndexError):
            return []
    read = [part for field, value in ast.iter_fields(statement)
            if field not in ("body", "orelse", "targets", "finalbody")
            for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.expr)]
    inside = [part for target in getattr(statement, "targets", []) for part in ast.walk(target)
              if isinstance(getattr(part, "ctx", None), ast.Load)]
    return [*read, *inside]


def _placeholder(error, said, results, frame, parts):
    """What is not filled in yet, where that is why the code stopped: a result without a value, a None, a `...`.

    Only what the failing statement reads can be to blame, and no argument: what was passed in is somebody else's.
    """
    if isinstance(error, NameError):
        name = re.search(r"'(\w+)'|$", str(error))[1]
        return f"{name} has no value" if name in results else ""
    if not frame or not NOTHING.search(said):
        return ""
    code, held = frame.f_code, frame.f_locals
    passed = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    nodes = [node for part in parts for node in ast.walk(part)]
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in held and node.id not in passed and _empty(held[node.id]):
            return f"{node.id} is still {held[node.id]}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            kept = getattr(held.get(node.value.id), "__dict__", {})
            if type(kept) is dict and node.attr in kept and _empty(kept[node.attr]):
                return f"{node.value.id}.{node.attr} is still {kept[node.attr]}"
    options = {id(inner) for node in nodes if isinstance(node, ast.keyword | ast.Subscript | ast.Compare)
               for inner in ast.walk(node)}
    written = next((node.value for node in nodes if isinstance(node, ast.Constant) and _empty(node.value)
                    and id(node) not in options), "")
    return "" if written == "" else f"its line still holds {'...' if written is Ellipsis else written}"


def _empty(value):
    return value is None or value is Ellipsis


def _in_other_words(said, frame, parts):
    """What the error means, in the words of the lessons; "" where they would not be plainer."""
    if sizes := re.search(r"\(size (\d+) is different from (\d+)\)|: (?P<b>\d+) \(dim \d\) != (?P<a>\d+)", said):
        a, b = sizes[1] or sizes["a"], sizes[2] or sizes["b"]
        return next((text for part in parts if (text := _products(part, frame))),
                    f"The inner sizes of a product, {b} and {a}, do not meet: the columns of the left one and the rows "
                    f"of the right one have to be equally many. Is the order, or a transpose, another one?")
    if NOTHING.search(said):
        return "One of the values is None, or one number. Does a function that is called here lack its return?"
    for pattern, words in WORDS:
        if found := re.search(pattern, said):
            return words(found)
    return ""


def _products(part, frame):
    """The first matrix product below an expression whose inner sizes do not meet, and which one would fit."""
    for node in ast.walk(part):
        match node:
            case ast.BinOp(left, ast.MatMult(), right):
                pass
            case ast.Call(ast.Attribute(ast.Name("np"), "dot" | "matmul"), [left, right]):
                pass
            case ast.Call(ast.Attribute(left, "dot"), [right]):
                pass
            case _:
                continue
        a, b = _value(left, frame), _value(right, frame)
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.ndim == b.ndim == 2):
            continue
        if a.shape[1] == b.shape[0]:
            continue
        left, right = ast.unparse(left), ast.unparse(right)
        fitting = [text for fits, text in ((b.shape[1] == a.shape[0], f"{right} @ {left}"),
                                           (a.shape[0] == b.shape[0], f"{left}.T @ {right}"),
                                           (a.shape[1] == b.shape[1], f"{left} @ {right}.T")) if fits]
        advice = f" {' or '.join(fitting)} would fit." if fitting else " No order and no transpose makes them fit."
        return (f"In other words: {left} {a.shape} @ {right} {b.shape}: the inner sizes {a.shape[1]} and {b.shape[0]} "
                f"do not meet.{advice.replace('.T.T', '')}")
    return ""


def _value(node, frame):
    """What a name, its transpose or one entry of it holds; None for anything that would have to be computed."""
    match node:
        case ast.Name(name):
            held = frame.f_locals.get(name, frame.f_globals.get(name))
            return held if type(held) in LASTING else None
        case ast.Attribute(value, "T"):
            held = _value(value, frame)
            return held.T if type(held) is np.ndarray else None
        case ast.Subscript(value, index):
            held, place = _value(value, frame), index.value if isinstance(index, ast.Constant) else _value(index, frame)
            try:
                return held[place] if type(held) in LASTING[:1] + LASTING[3:] and type(place) is int else None
            except IndexError:
                return None
    return None


def _apart(one, other):
    """What to say about two shapes that do not fit together entry by entry."""
    a, b = (tuple(map(int, re.findall(r"\d+", text))) for text in (one, other))
    said = f"Arrays of shapes {one} and {other} do not fit together entry by entry."
    if a == b[::-1]:
        return f"{said} Is one of them transposed?"
    for short, long in ((a, b), (b, a)):
        if len(short) == 1 and len(long) == 2 and short[0] == long[0]:
            return f"{said} v[:, None] would fit: or should v have been summed over the other axis?"
    return f"{said} Which two axes should be the same?"
