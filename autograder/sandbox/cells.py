"""A notebook's code cells: which of them the answers need, and running them as a kernel would.

Nothing is run that no answer needs: not the experiments, not the plots, not the training loops. A cell is needed if it
gives a value to a name that an answer uses, or that a needed cell uses, and so on.
"""

import __future__

import ast
import functools
import linecache
import re
import symtable
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

MAGIC = re.compile(r"^([ \t]*+)(?:[%!].*|[^#'\"\n]*\?[ \t]*)$", re.MULTILINE)
ANOTHER_LANGUAGE = re.compile(r"\s*%%(?!time|capture)")
DEFINITION = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=(?!=)", re.MULTILINE)
CHANGING = {"add", "append", "clear", "extend", "fill", "insert", "pop", "remove", "sort", "update"}
Plan = tuple[dict[str, list[int]], dict[str, list[int]], dict[str, int]]  # see `needed`


@dataclass(frozen=True)
class CodeCell:
    """position: in the notebook; below zero for a cell of the lesson's own, which the notebook may have lost.

    stub: an answer that nobody has written yet. shown: as the lesson has it, and no stub.
    """

    position: int
    source: str
    stub: bool = False
    shown: bool = False


class Missing:
    """Stands for a package that is not there while answers are judged, under the name that a cell imported it by."""

    def __init__(self, package: str) -> None:
        self.__dict__["_package"] = package

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self()

    def __call__(self, *arguments: object, **settings: object) -> NoReturn:
        raise ModuleNotFoundError(f"{self._package} is not there while your answer is judged. Write it with NumPy.")


def parse(source: str) -> ast.Module:
    """A cell's statements, without the lines that only IPython understands where Python alone cannot read it."""
    if ANOTHER_LANGUAGE.match(source):
        return ast.parse("")
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(MAGIC.sub(r"\1pass", source))


def needed(cells: Iterable[CodeCell], wanted: Collection[str], answers: Collection[str] = ()) -> Plan:
    """Three times by each wanted name: the positions of the cells that it needs, in order; of those that give it a
    value; and the first at which all that it needs has one.

    A cell of the lesson's own counts only where the notebook has none that gives a name its value; an untouched stub
    only where nothing else does. What the lesson shows under the name of an answer is nobody's answer.
    """
    used, giving = {}, {}
    for cell in cells:
        given, used[cell.position] = names(cell.source)
        for name in given:
            giving.setdefault(name, []).append(cell)
    givers = {name: _counting(found, name in answers) for name, found in giving.items()}
    everywhere = _closure("*", givers, used)
    closures = {name: _closure(name, givers, used) for name in wanted}
    places = {name: sorted({position for other in closure | everywhere for position in givers.get(other, ())})
              for name, closure in closures.items()}
    complete = {name: max((givers[other][0] for other in closures[name] if other in givers), default=-1)
                for name in wanted}
    return places, {name: givers.get(name, []) for name in wanted}, complete


def _counting(givers: list[CodeCell], answer: bool) -> list[int]:
    written = [cell for cell in givers if cell.position >= 0 and not cell.stub and not (answer and cell.shown)]
    return sorted(cell.position for cell in written or [cell for cell in givers if cell.stub] or givers)


def _closure(name: str, givers: dict[str, list[int]], used: dict[int, set[str]]) -> set[str]:
    """The name, those that are used where it gets its value, and so on."""
    seen, todo = set(), [name]
    while todo:
        if (name := todo.pop()) not in seen:
            seen.add(name)
            todo += [other for position in givers.get(name, ()) for other in used[position] if other not in seen]
    return seen


@functools.cache
def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell gives a value to or changes, and the names that it uses."""
    try:
        tree = parse(source)
        table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {name for pair in DEFINITION.findall(source) for name in pair if name}, set()
    given = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in _inside(table):
        for symbol in inner.get_symbols():
            used |= {symbol.get_name()} if symbol.is_global() and symbol.is_referenced() else set()
            given |= {symbol.get_name()} if symbol.is_declared_global() and symbol.is_assigned() else set()
    return given | {name for statement in _top(tree) for name in _changed(statement)}, used


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def _top(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a cell that are not inside a function."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _top(child)


def _changed(statement: ast.AST) -> Iterator[str]:
    """The names whose objects a statement changes: W in `W[0] = 1`, `W.flag = 1`, `W += 1`, `W.append(1)`; and "*"."""
    targets = [*getattr(statement, "targets", []), getattr(statement, "target", None)]
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(attr=method) as target)) if method in CHANGING:
            targets.append(target)
        case ast.ImportFrom(names=[ast.alias("*")]):
            yield "*"
    for target in targets:
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            yield target.id


def run(cell: CodeCell, namespace: dict[str, object]) -> str:
    """Run a cell's statements until one stops. Returns what stopped it, for a person to read, or ""."""
    path = f"<cell {cell.position}>"
    linecache.cache[path] = (len(cell.source), None, cell.source.splitlines(keepends=True), path)
    try:
        statements = parse(cell.source).body
        flags = _future(statements)
        for statement in statements:
            try:
                exec(compile(ast.Module([statement], []), path, "exec", flags, dont_inherit=True), namespace)
            except ImportError:
                if not isinstance(statement, ast.Import | ast.ImportFrom):
                    raise
                namespace |= _stand_ins(statement)
    except BaseException as error:
        return _stopped(error, path)
    return ""


def _future(statements: list[ast.stmt]) -> int:
    """The compiler flags of `from __future__ import ...`, which hold for the whole cell."""
    wanted = [alias.name for statement in statements if isinstance(statement, ast.ImportFrom)
              and statement.module == "__future__" for alias in statement.names]
    return sum(getattr(__future__, name).compiler_flag for name in wanted if hasattr(__future__, name))


def _stand_ins(statement: ast.Import | ast.ImportFrom) -> dict[str, Missing]:
    package = getattr(statement, "module", None)
    return {alias.asname or alias.name.split(".")[0]: Missing((package or alias.name).split(".")[0])
            for alias in statement.names if alias.name != "*"}


def _stopped(error: BaseException, path: str) -> str:
    try:
        said = "".join(traceback.format_exception_only(error)).strip()
        if isinstance(error, SyntaxError) and error.text:
            return f"{type(error).__name__}: {error.msg}\nIn line {error.lineno} of the cell: {error.text.strip()}"
        lines = [number for frame, number in traceback.walk_tb(error.__traceback__)
                 if frame.f_code.co_filename == path]
    except Exception:
        said, lines = f"a {type(error).__name__} that cannot be shown", []
    place = f"\nIn line {lines[-1]} of the cell: {linecache.getline(path, lines[-1]).strip()}" if lines else ""
    return said + place
