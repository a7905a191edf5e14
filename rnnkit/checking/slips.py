"""Slips of the pen: what a reference's text becomes when one place in it is written otherwise, and how to say so.

A slip takes one name for another of the same shape, plus for minus, drops a term, a factor, a transpose or a square,
reads a step too early, puts = for +=, exchanges two arguments or two results, leaves out a round of the loop. Nobody
lists them: they are read off the syntax tree, and each one says in half a sentence what it is.
"""

import ast
import itertools
import re
from functools import lru_cache
from typing import NamedTuple

SQUASHING = ("tanh", "sigmoid")
OTHER = {"tanh": "sigmoid", "sigmoid": "tanh", "sum": "mean", "mean": "sum", "zeros_like": "ones_like", "max": "min"}
DROPPED = ("tanh", "sigmoid", "exp", "abs")
CROSSED = {ast.Add: (ast.Sub, "{right} is subtracted, not added"),
           ast.Sub: (ast.Add, "{right} is added, not subtracted"),
           ast.Mult: (ast.Div, "{left} is divided by {right}, not multiplied"),
           ast.Div: (ast.Mult, "{left} is multiplied by {right}, not divided")}
MISSING = {ast.Add: "{dropped} is missing", ast.Sub: "{kept} stands alone, without {dropped}",
           ast.Mult: "the factor {dropped} is missing", ast.Div: "the division by {dropped} is missing",
           ast.MatMult: "{dropped} is missing"}
ALONE = {"{0} counts as zero": "0 * {0}", "1 - {0} is used where {0} belongs": "(1 - {0})",
         "{0} went through a tanh once too often": "np.tanh({0})", "{0} enters twice": "2 * {0}"}
WHOLE = {"{0} has the wrong sign": "-({0})", "{0} is counted twice": "2 * ({0})", "{0} is halved": "({0}) / 2",
         "{0} went through a tanh once too often": "np.tanh({0})",
         "{0} begins with ones": "np.ones_like({0})", "{0} counts as zero": "0 * ({0})"}
RETURNED = {"{0} went through a sigmoid once too often": "1 / (1 + np.exp(-({0})))",
            "{0} lost its fractions: is it an array of whole numbers?": "np.trunc({0})",
            "{0} lost its negative entries": "np.maximum(0, {0})", "{0} is one minus what it should be": "1 - ({0})",
            "{0} lost its signs": "np.abs({0})", "{0} lies in reverse order": "({0})[::-1]",
            "{0} is divided by the number of its rows": "({0}) / len({0})"}
SLOPES = [(r"\b(\w+) \* \(1 - \1\)", r"(1 - \1 ** 2)", "a tanh's slope where a sigmoid's belongs"),
          (r"\b(\w+) \* \(1 - \1\)", r"1", "no slope"),
          (r"\(?1 - (\w+) \*\* 2\)?", r"\1 * (1 - \1)", "a sigmoid's slope where a tanh's belongs"),
          (r"\(?1 - (\w+) \*\* 2\)?", r"(1 - \1) ** 2", "the square around the whole difference")]
ROUNDS = {"[1:]": "its first round is left out", "[:-1]": "its last round is left out",
          "[:1]": "only its first round counts", "[-1:]": "only its last round counts", "[:0]": "it does not run once",
          "[::-1]": "it runs the other way round"}


class Slip(NamedTuple):
    """One place of a syntax tree, what stands there instead, and the half sentence that says so."""

    what: str
    parent: ast.AST
    field: str
    index: int | None
    new: ast.AST | list

    def put(self):
        """Write the slip into the tree; returns what takes it out again."""
        holder = getattr(self.parent, self.field)
        old = holder if self.index is None else holder[self.index]
        if isinstance(self.new, ast.AST):
            ast.fix_missing_locations(ast.copy_location(self.new, old))
        self._set(self.new)
        return lambda: self._set(old)

    def _set(self, node):
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@lru_cache(2000)
def plain(text):
    """The syntax tree of one function without its decorators, annotations and docstring."""
    tree = ast.parse(text)
    function = tree.body[0]
    function.decorator_list = []
    for argument in function.args.args:
        argument.annotation = None
    if ast.get_docstring(function) is not None:
        del function.body[0]
    return tree


@lru_cache(2000)
def slips(text, kinds, results):
    """Every slip in a function, by what it is.

    kinds: pairs of a local name and a word for its kind, such as its shape: names of one kind can be mistaken for each
    other. results: the names of what it returns.
    """
    alike = {name: [other for other, theirs in kinds if theirs == kind and other != name] for name, kind in kinds}
    found = {}
    for slip in _in_body(plain(text).body[0], alike, results):
        place = next((place for place in ("", ", in its second place", ", in its third place")
                      if slip.what + place not in found), None)
        if place is not None:
            found[slip.what + place] = slip._replace(what=slip.what + place)
    return found


def _in_body(block, alike, results):
    for position, statement in enumerate(block.body):
        for line in _in_statement(statement, alike, results):
            yield Slip(line[0], *(line[1:] if line[1] else (block, "body", position, *line[4:])))
        if isinstance(statement, ast.For | ast.FunctionDef):
            yield from _in_body(statement, alike, results)


def _in_statement(statement, alike, results):
    """Slips in one statement, as (what, parent, field, index, new); without a parent they replace the statement."""
    match statement:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
            for k, target in enumerate(targets):
                yield from _in_value(_said(target), statement.value, "elts", k, alike)
            yield from _exchanged(statement.value, "elts", f"in {_said(statement.targets[0])} = ...", alike)
        case ast.Assign([ast.Tuple(targets) as unpacked], value):
            yield from _exchanged(unpacked, "elts", f"where {_said(value)} is unpacked", alike)
            yield from _in_expression(_said(value), statement, "value", None, alike)
        case ast.Assign([target], _):
            yield from _in_value(_said(target), statement, "value", None, alike)
        case ast.AugAssign(target, op, value):
            name, read = _said(target), _read(target)
            yield f"{name} is overwritten in every round: = where += belongs", None, "", 0, ast.Assign([target], value)
            yield f"nothing is ever added to {name}", None, "", 0, ast.Pass()
            yield f"{name} is added to itself", None, "", 0, ast.AugAssign(target, op, read)
            yield f"for {name}, the sum has the wrong sign", None, "", 0, ast.AugAssign(target, ast.Sub(), value)
            yield from _in_value(name, statement, "value", None, alike)
        case ast.Return(ast.Tuple(values) as returned):
            for k, _ in enumerate(values[:len(results)]):
                yield from _in_value(f"the returned {results[k]}", returned, "elts", k, alike)
            yield from _exchanged(returned, "elts", "in the return", alike)
        case ast.Return(value) if value is not None:
            yield from _in_value(f"the returned {results[0]}", statement, "value", None, alike)
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name)))):
            yield from _in_value(name, statement.value, "args", 0, alike)
        case ast.For(target, iterated):
            for part, what in ROUNDS.items():
                subset = ast.parse(f"list({ast.unparse(iterated)}){part}", mode="eval").body
                yield f"the loop is another one: {what}", statement, "iter", None, subset
            if isinstance(iterated, ast.Call) and _called(iterated) == "reversed":
                yield "the loop runs forwards in time", statement, "iter", None, iterated.args[0]
            if isinstance(target, ast.Name) and isinstance(iterated, ast.Name):
                late = f"[{iterated.id}[-1], *{iterated.id}[:-1]]"
                yield (f"the loop reads {iterated.id} one step late", statement, "iter", None,
                       ast.parse(late, mode="eval").body)


def _in_value(name, parent, field, index, alike):
    """Slips in the whole of what becomes a result, and inside it."""
    value = getattr(parent, field) if index is None else getattr(parent, field)[index]
    text = ast.unparse(value)
    kinds = WHOLE | RETURNED if name.startswith("the returned ") else WHOLE
    changed = {what.format(name): new.format(text) for what, new in kinds.items()}
    changed |= {f"{name} has {what}": re.sub(slope, new, text) for slope, new, what in SLOPES if re.search(slope, text)}
    for read in {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}:
        if text.count(read) > 1:
            changed |= {f"for {name}, {other} is used for every {read}": re.sub(rf"\b{read}\b", other, text)
                        for other in alike.get(read, ())}
    like = next((alike[each] for each in (name, text) if each in alike), [])
    for other in [name] * (name in alike and not isinstance(value, ast.Name)) + like:
        changed |= {f"{other} is added to {name} once too often": f"{text} + {other}",
                    f"{name} is multiplied by {other} once too often": f"({text}) * {other}"}
        if other != name:
            changed[f"{name} is {other}, as it is"] = other
    for what, new in changed.items():
        yield what, parent, field, index, ast.parse(new, mode="eval").body
    yield from _in_expression(name, parent, field, index, alike)


def _in_expression(name, parent, field, index, alike):
    """Slips at one node and at those below it."""
    node = getattr(parent, field) if index is None else getattr(parent, field)[index]
    for what, new in _at(node, alike):
        yield f"for {name}, {what}", parent, field, index, new
    for below, value in ast.iter_fields(node):
        if below == "func" and not isinstance(value, ast.Attribute):
            continue
        for k, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(part, ast.expr):
                yield from _in_expression(name, node, below, k, alike)
    for what, *rest in _exchanged(node, "args" if isinstance(node, ast.Call) else "elts", f"for {name}", alike):
        yield what, *rest


def _at(node, alike):
    """Pairs (half a sentence, what stands there instead of this node)."""
    match node:
        case ast.Name(name, ast.Load()) if name in alike:
            for other in alike[name]:
                yield f"{other} is used where {name} belongs", ast.parse(other, mode="eval").body
            for what, new in ALONE.items():
                yield what.format(name), ast.parse(new.format(name), mode="eval").body
        case ast.BinOp(left, op, right):
            words = {"left": _said(left), "right": _said(right)}
            if type(op) in CROSSED:
                other, what = CROSSED[type(op)]
                yield what.format(**words), ast.BinOp(left, other(), right)
            if type(op) in MISSING:
                for kept, dropped in ((left, right), (right, left)):
                    yield MISSING[type(op)].format(dropped=_said(dropped), kept=_said(kept)), kept
            if isinstance(op, ast.Sub | ast.Div):
                sign = "-" if isinstance(op, ast.Sub) else "/"
                yield (f"{words['right']} {sign} {words['left']} stands where {words['left']} {sign} {words['right']} "
                       f"belongs"), ast.BinOp(right, op, left)
            if isinstance(op, ast.Mult):
                yield (f"{words['left']} and {words['right']} are added, not multiplied",
                       ast.BinOp(left, ast.Add(), right))
            if isinstance(op, ast.MatMult):
                yield f"{words['right']} is transposed", ast.BinOp(left, op, ast.Attribute(right, "T", ast.Load()))
            if isinstance(op, ast.Pow):
                yield f"the square of {words['left']} is missing", left
                yield f"{words['left']} is doubled, not squared", ast.BinOp(ast.Constant(2), ast.Mult(), left)
                yield f"{words['left']} has the power 3", ast.BinOp(left, op, ast.Constant(3))
        case ast.Attribute(value, "T"):
            yield f"{_said(value)} stands there without its transpose", value
        case ast.Subscript(value, ast.Name(t)):
            for other, words in ((f"{t} - 1", f"[{t} - 1]"), ("0", "[0]"), ("-1", "[-1]")):
                yield (f"{_said(value)}{words} is read where {_said(value)}[{t}] belongs",
                       ast.Subscript(value, ast.parse(other, mode="eval").body, ast.Load()))
            yield f"{_said(value)} is read from its other end", ast.Subscript(value, ast.parse(
                f"len({ast.unparse(value)}) - 1 - {t}", mode="eval").body, ast.Load())
            yield (f"{_said(value)}[{t} + 1] is read where {_said(value)}[{t}] belongs, if there is one", ast.parse(
                f"({ast.unparse(value)}[{t} + 1] if {t} + 1 < len({ast.unparse(value)}) else 0)", mode="eval").body)
        case ast.Subscript(value, ast.Constant(int(k))):
            yield f"{_said(value)}[{k - 1}] is read where {_said(value)}[{k}] belongs", ast.Subscript(
                value, ast.Constant(k - 1), ast.Load())
        case ast.Constant(int() | float() as number) if not isinstance(number, bool):
            for other in (number + 1, number - 1):
                yield f"{other} stands where {number} belongs", ast.Constant(other)
        case ast.UnaryOp(ast.USub(), value):
            yield f"the minus before {_said(value)} is missing", value
        case ast.Compare(left, [ast.Gt()], [right]):
            yield f"< stands where > belongs, before {_said(right)}", ast.Compare(left, [ast.Lt()], [right])
            yield f">= stands where > belongs, before {_said(right)}", ast.Compare(left, [ast.GtE()], [right])
        case ast.Call(function, arguments):
            name = _called(node)
            if name in DROPPED and arguments:
                yield f"{name} is missing around {_said(arguments[0])}", arguments[0]
            if name in SQUASHING and arguments:
                yield f"relu stands where {name} belongs", ast.parse(f"np.maximum(0, {ast.unparse(arguments[0])})",
                                                                     mode="eval").body
            if name == "sum" and isinstance(function, ast.Attribute):
                yield (f"only the first row of {_said(function.value)} counts, not the sum",
                       ast.Subscript(function.value, ast.Constant(0), ast.Load()))
            if name in OTHER:
                new = "sigmoid" if OTHER[name] == "sigmoid" else f"np.{OTHER[name]}"
                method = isinstance(function, ast.Attribute) and name not in SQUASHING
                other = (ast.Attribute(function.value, OTHER[name], ast.Load()) if method
                         else ast.parse(new, mode="eval").body)
                yield f"{OTHER[name]} stands where {name} belongs", ast.Call(other, arguments, node.keywords)
            for k, word in enumerate(node.keywords):
                if word.arg == "axis":
                    others = [*node.keywords[:k], *node.keywords[k + 1:]]
                    yield f"{name} runs over every axis", ast.Call(function, arguments, others)
                    yield f"{name} runs over another axis", ast.Call(
                        function, arguments, [*others, ast.keyword("axis", ast.Constant(_other_axis(word.value)))])


def _exchanged(node, field, where, alike):
    """Two entries of a list, of what is unpacked or of a call's arguments in each other's place."""
    entries = getattr(node, field, None)
    if not isinstance(entries, list) or len(entries) < 2:
        return
    for j, k in itertools.combinations(range(len(entries)), 2):
        one, other = entries[j], entries[k]
        if any(isinstance(entry, ast.Starred | ast.Constant | ast.Tuple) for entry in (one, other)):
            continue
        if isinstance(getattr(one, "ctx", None), ast.Store) and _said(other) not in alike.get(_said(one), ()):
            continue
        new = [*entries]
        new[j], new[k] = other, one
        yield f"{_said(one)} and {_said(other)} are exchanged, {where}", node, field, None, new


def _said(node):
    """An expression as it is written, without what makes it long."""
    text = ast.unparse(node)
    text = text.strip("()") if isinstance(node, ast.Tuple) else text
    return text if len(text) <= 40 else "the rest"


def _called(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _read(target):
    return ast.parse(ast.unparse(target), mode="eval").body


def _other_axis(axis):
    return 0 if not isinstance(axis, ast.Constant) or axis.value != 0 else 1
