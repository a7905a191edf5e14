"""Does every check notice every slip? Slips made mechanically, from the syntax trees of the reference solutions.

    make mutants

One node of a reference's tree is changed at a time: an operator is swapped, a term or a factor dropped, a sign, an
index, an axis, a number or the bound of a slice or a loop changed, a copy, a transpose or a loop's direction removed,
= put for +=, two arguments or two results exchanged, one function put for another. What the check passes has survived.
A survivor that is no slip at all stands in `equivalent.py`, with the reason why its results are the same.

Not changed is what stays with the student: the cache in a return, which no check compares.
"""

import ast
import copy
import signal
import sys
import time

from equivalent import EQUIVALENT
from rich.console import Console
from rich.table import Table

from rnnkit.calls import Call, perform
from rnnkit.checking.ladder import climb
from rnnkit.exercises import EXERCISES

OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
             ast.MatMult: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
FUNCTIONS = {"tanh": "sin", "exp": "expm1", "zeros_like": "ones_like", "zeros": "ones", "abs": "negative", "max": "min",
             "sum": "mean", "maximum": "minimum", "sigmoid": "relu", "stack": "concatenate"}
TRANSPARENT = {"copy", "reversed"}   # a call of which only the argument is left


def mutants(exercise):
    """Pairs (the line as it became, the function with that change)."""
    tree = ast.parse(exercise.text)
    function = tree.body[0]
    function.decorator_list = []
    for argument in function.args.args:
        argument.annotation = None
    if ast.get_docstring(function) is not None:
        del function.body[0]
    original = ast.unparse(tree)
    seen = {original}
    for number, field, position, node in spots(function, kept(exercise)):
        for new in changes(node):
            mutant = copy.deepcopy(tree)
            put(mutant.body[0], number, field, position, new)
            text = ast.unparse(ast.fix_missing_locations(mutant))
            if text not in seen:
                seen.add(text)
                yield changed_line(original, text), made(exercise, text)


def changed_line(before, after):
    before, after = before.splitlines(), after.splitlines()
    return next(line for k, line in enumerate(after) if k >= len(before) or line != before[k]).strip()


def kept(exercise):
    """The positions in what it returns that no check compares."""
    results = Call.parse(exercise.signature).results
    return {k for k, name in enumerate(results) if name not in exercise.outputs} if len(results) > 1 else set()


def spots(function, kept):
    """Every node below a function: the number of its parent, the field, the position in it, and the node."""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    hidden = {id(inner) for value in returned if isinstance(value, ast.Tuple)
              for k, result in enumerate(value.elts) if k in kept for inner in ast.walk(result)}
    for number, parent in enumerate(ast.walk(function)):
        if isinstance(parent, ast.arguments):
            continue
        for field, value in ast.iter_fields(parent):
            for position, node in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(node, ast.expr | ast.stmt | ast.Slice) and id(node) not in hidden:
                    yield number, field, position if isinstance(value, list) else None, node


def put(function, number, field, position, new):
    parent = list(ast.walk(function))[number]
    if position is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[position] = new


def made(exercise, text):
    namespace = dict(exercise._namespace)
    exec(compile(text, "<mutant>", "exec"), namespace)
    return namespace[exercise.name]


def changes(node):
    """The nodes that a slip may leave in place of this one."""
    if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        return
    match node:
        case ast.BinOp(left, op, right):
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
            yield from (left, right)
            if isinstance(op, ast.MatMult | ast.Sub | ast.Div):
                yield ast.BinOp(right, op, left)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Compare(left, [op], [right]):
            yield ast.Compare(left, [COMPARISONS.get(type(op), ast.NotEq)()], [right])
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
            yield from (body, orelse)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield from (ast.Constant(value + 1), ast.UnaryOp(ast.USub(), ast.Constant(value + 1)))
        case ast.Attribute(value, "T"):
            yield value
        case ast.Subscript(value, ast.Slice() as part):
            yield from (ast.Subscript(value, other, ast.Load()) for other in slices(part))
        case ast.Subscript(value, index) if not isinstance(index, ast.Tuple):
            yield ast.Subscript(value, ast.BinOp(index, ast.Sub(), ast.Constant(1)), ast.Load())
        case ast.Tuple(elements) | ast.List(elements):
            yield from (type(node)(other, ast.Load()) for other in exchanged(elements))
        case ast.Call():
            yield from calls(node)
        case ast.Assign(targets, value) if not isinstance(value, ast.Tuple | ast.List) and names_one(targets):
            yield ast.Assign(targets, ast.UnaryOp(ast.USub(), value))
        case ast.AugAssign(target, op, value):
            yield ast.AugAssign(target, OPERATORS[type(op)](), value)
            yield ast.Assign([target], value)
            yield ast.Pass()
        case ast.For(target, iterated, body, orelse):
            for part in (ast.Slice(ast.Constant(1)), ast.Slice(None, ast.Constant(-1))):
                shorter = ast.Subscript(ast.Call(ast.Name("list", ast.Load()), [iterated], []), part, ast.Load())
                yield ast.For(target, shorter, body, orelse)


def calls(node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in TRANSPARENT:
        yield node.args[0] if node.args else node.func.value
    if name in FUNCTIONS:
        function = copy.deepcopy(node.func)
        setattr(function, "attr" if isinstance(function, ast.Attribute) else "id", FUNCTIONS[name])
        yield ast.Call(function, node.args, node.keywords)
    yield from (ast.Call(node.func, other, node.keywords) for other in exchanged(node.args))
    if name == "range":
        for k, argument in enumerate(node.args):
            shorter = ast.BinOp(argument, ast.Sub(), ast.Constant(1))
            yield ast.Call(node.func, [*node.args[:k], shorter, *node.args[k + 1:]], [])


def slices(part):
    """The slice with one bound moved by one."""
    one = ast.Constant(1)
    yield ast.Slice(ast.BinOp(part.lower, ast.Add(), one) if part.lower else one, part.upper, part.step)
    yield ast.Slice(part.lower, ast.BinOp(part.upper, ast.Sub(), one) if part.upper else ast.Constant(-1), part.step)


def exchanged(nodes):
    """The list with two neighbors exchanged."""
    for k in range(len(nodes) - 1):
        yield [*nodes[:k], nodes[k + 1], nodes[k], *nodes[k + 2:]]


def names_one(targets):
    return len(targets) == 1 and not isinstance(targets[0], ast.Tuple)


def survives(exercise, mutant):
    """Whether a check gives the mutant all points. One that never ends does not."""
    functions = {**exercise._namespace, exercise.name: mutant}
    signal.alarm(10)
    try:
        verdict = climb(exercise, lambda calls, values, wanted: perform(calls, functions, values, wanted), 1)
    except TimeoutError:
        return False
    finally:
        signal.alarm(0)
    return verdict.passed


def stop(*_):
    raise TimeoutError


def main(names):
    signal.signal(signal.SIGALRM, stop)
    table = Table("exercise", "mutants", "killed", "the same in other words", "survived", "seconds")
    wrong = []
    for name, exercise in EXERCISES.items():
        if (names and name not in names) or exercise.behavior:     # which other results may have as well
            continue
        start, made, survived = time.perf_counter(), 0, []
        for what, mutant in mutants(exercise):
            made += 1
            if survives(exercise, mutant):
                survived.append(what)
        listed = EQUIVALENT.get(name, {})
        slips = [what for what in survived if what not in listed]
        wrong += [f"{name}: survived: {what}" for what in slips]
        wrong += [f"{name}: listed, but killed or not made: {what}" for what in listed if what not in survived]
        table.add_row(name, str(made), str(made - len(survived)), str(len(survived) - len(slips)), str(len(slips)),
                      f"{time.perf_counter() - start:.1f}")
    Console().print(table)
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
