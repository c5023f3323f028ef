"""A Python function, rewritten so that its prange loops, calls and private variables are seen.

Numba gives each iteration of a prange its own copy of a variable that the body assigns, except of
a reduction (`s += e`, `s = max(s, e)`, ...), whose copies it combines. The rewritten function hands
every such variable to a `Hooks` object: at the start of an iteration, where it is read, after the
loop.
"""

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numba

from hpclab.errors import HpclabError

HOOKS = "__hpclab__"  # the name under which rewritten code finds its hooks

_REDUCE = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Hooks(Protocol):
    """What rewritten code calls."""

    def loop(self, *bounds: int) -> Iterator[int]:
        """Stands in for `prange(*bounds)` where it runs in parallel."""

    def enter(self, value: Any) -> Any:
        """What a private variable holds when an iteration starts."""

    def leave(self, value: Any) -> Any:
        """What a private variable holds after the loop."""

    def load(self, name: str, value: Any) -> Any:
        """A private variable is read."""

    def update(self, op: str, name: str, value: Any, other: Any, reduction: bool) -> Any:
        """`name op= other`, in place where `value` is an array; `op` such as 'Add'."""

    def assign(self, name: str, value: Any) -> Any:
        """`name = value`."""

    def call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """`function(*args, **kwargs)`."""


@dataclass
class Rewritten:
    """A function that calls its hooks, and how many of its prange loops are what."""

    function: Callable[..., Any]
    parallel: int
    with_exit: int  # Numba runs a loop with break, return, raise or assert serially


def rewrite(
    function: types.FunctionType, hooks: Hooks, parallel: bool, wrap: Callable[[str, Any], Any]
) -> Rewritten:
    """`function` with hooks, and with its globals and closure copied through `wrap(name, value)`.

    `parallel` says whether its prange loops are parallel. A function without source text is an
    HpclabError.
    """
    names = {
        name: cell.cell_contents
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        )
    }
    tree = _source(function)
    code = function.__code__
    # A global that only shares its name with a parameter or a local is none of the function's.
    own = {*code.co_varnames, *code.co_cellvars} - {*code.co_names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - own
    copied = {n: wrap(n, v) if n in used else v for n, v in function.__globals__.items()}
    copied[HOOKS] = hooks
    loops, exits = [], 0
    if isinstance(tree, ast.FunctionDef):  # a lambda has no statements, so no loops
        known = {**function.__globals__, **names}
        found = list(_pranges(tree, known)) if parallel else []
        loops = [loop for loop in found if not _has_exit(loop.body)]
        exits = len(found) - len(loops)
        code = _compiled(_Rewriter(loops).visit(tree), function)
    closure = tuple(types.CellType(wrap(name, names[name])) for name in code.co_freevars)
    copy = types.FunctionType(code, copied, function.__name__, function.__defaults__, closure)
    copy.__kwdefaults__ = function.__kwdefaults__
    return Rewritten(copy, len(loops), exits)


def _source(function: types.FunctionType) -> ast.AST:
    """The function's own definition, with the line numbers of its file."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        raise HpclabError(
            f"The race check reads the source of `{function.__name__}`, and there is none to be "
            "found. Define the function in a cell of a notebook or in a file."
        ) from None
    if function.__name__ == "<lambda>":
        return ast.Module([], [])
    tree = ast.parse(textwrap.dedent("".join(lines)))
    ast.increment_lineno(tree, first - 1)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    _bare(definition)
    return definition


def _bare(definition: ast.FunctionDef) -> None:
    """Take out what runs when a function is defined; the defaults are the original's."""
    arguments = definition.args
    definition.decorator_list, definition.returns = [], None
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [d and ast.Constant(None) for d in arguments.kw_defaults]
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None


def _compiled(definition: ast.FunctionDef, function: types.FunctionType) -> types.CodeType:
    """The code of `definition`, which may use the variables that `function` closes over."""
    names = function.__code__.co_freevars
    outer = ast.parse(f"def {HOOKS}({', '.join(names)}): return {definition.name}")
    factory = outer.body[0]
    assert isinstance(factory, ast.FunctionDef)
    factory.body.insert(0, definition)
    space: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(outer), function.__code__.co_filename, "exec"), space)
    made: types.FunctionType = space[HOOKS](*names)
    return made.__code__


def _pranges(node: ast.AST, known: dict[str, Any]) -> Iterator[ast.For]:
    """The pranges that Numba meets first: inside a parallel one the others are serial."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.For) and _is_prange(child.iter, known):
            yield child
            if not _has_exit(child.body):
                continue
        yield from _pranges(child, known)


def _is_prange(node: ast.expr, known: dict[str, Any]) -> bool:
    return isinstance(node, ast.Call) and _value(node.func, known) is numba.prange


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """What a name, or a dotted name, stands for; None if nobody knows."""
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, known), node.attr, None)
    return known.get(node.id) if isinstance(node, ast.Name) else None


def _has_exit(body: list[ast.stmt], nested: bool = False) -> bool:
    """Can a loop with this body end early? `nested`: a break here ends an inner loop."""
    for node in body:
        if isinstance(node, ast.Return | ast.Raise | ast.Assert):
            return True
        if isinstance(node, ast.Break) and not nested:
            return True
        inner = nested or isinstance(node, ast.For | ast.While)
        blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        if not isinstance(node, ast.FunctionDef) and any(_has_exit(b, inner) for b in blocks):
            return True
    return False


class _Uses(ast.NodeVisitor):
    """The operators by which a loop updates each name, and the names it assigns or reads else."""

    def __init__(self, loop: ast.For) -> None:
        self._ops: dict[str, set[str]] = {}
        self._assigned: set[str] = set()
        self._other: set[str] = set()
        for statement in loop.body:
            self.visit(statement)

    def private(self) -> set[str]:
        """Variables of which each iteration has its own."""
        return self._assigned - self.reductions()

    def reductions(self) -> set[str]:
        """Numba combines these: updated by one operator, and not used otherwise in the loop."""
        return {n for n, ops in self._ops.items() if len(ops) == 1 and n not in self._other}

    def visit_Name(self, node: ast.Name) -> None:
        """A use that is no update."""
        self._other.add(node.id)
        if isinstance(node.ctx, ast.Store):
            self._assigned.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`s += e`."""
        op = _REDUCE.get(type(node.op))
        if isinstance(node.target, ast.Name) and op:
            self._update(node.target.id, op, [node.value])
        else:
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """`s = s + e`, `s = max(s, e)`, `s = min(e, s)`."""
        target, value = node.targets[0], node.value
        name = target.id if isinstance(target, ast.Name) and len(node.targets) == 1 else None
        if name and isinstance(value, ast.BinOp) and _is(value.left, name):
            op = _REDUCE.get(type(value.op))
            if op:
                return self._update(name, op, [value.right])
        if name and isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            others = [argument for argument in value.args if not _is(argument, name)]
            if value.func.id in ("max", "min") and len(value.args) == 2 and len(others) == 1:
                return self._update(name, value.func.id, others)
        return self.generic_visit(node)

    def _update(self, name: str, op: str, others: list[ast.expr]) -> None:
        self._ops.setdefault(name, set()).add(op)
        self._assigned.add(name)
        for other in others:
            self.visit(other)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


class _Rewriter(ast.NodeTransformer):
    """Puts the hooks into a function whose parallel loops are known."""

    def __init__(self, loops: list[ast.For]) -> None:
        self._uses = {loop: _Uses(loop) for loop in loops}
        self._private = {name for uses in self._uses.values() for name in uses.private()}
        self._private |= {name for loop in loops for name in _stored(loop.target)}
        self._reductions: set[str] = set()  # of the loop that is being rewritten

    def visit_For(self, node: ast.For) -> Any:
        """A parallel loop: its iterations and its private variables go through the hooks."""
        if node not in self._uses:
            return self.generic_visit(node)
        private = sorted(self._uses[node].private())
        self._reductions = self._uses[node].reductions()
        assert isinstance(node.iter, ast.Call)
        node.iter = _hook("loop", *[self.visit(bound) for bound in node.iter.args])
        body = [self.visit(statement) for statement in node.body]
        node.body = [*_through("enter", private), *body]
        self._reductions = set()
        return [node, *_through("leave", [*private, *_stored(node.target)])]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A private variable is read."""
        if node.id in self._private and isinstance(node.ctx, ast.Load):
            return _hook("load", ast.Constant(node.id), node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """`name op= value` reads a private variable, or is a reduction."""
        self.generic_visit(node)
        name = node.target.id if isinstance(node.target, ast.Name) else None
        if name is None or name not in self._private | self._reductions:
            return node
        reduction = ast.Constant(name in self._reductions)
        op, old = ast.Constant(type(node.op).__name__), ast.Name(name, ast.Load())
        value = _hook("update", op, ast.Constant(name), old, node.value, reduction)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """An array gets the name of the variable it is assigned to first."""
        self.generic_visit(node)
        if isinstance(node.targets[0], ast.Name):
            node.value = _hook("assign", ast.Constant(node.targets[0].id), node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Compiled helpers are followed, and new arrays get their shadows."""
        self.generic_visit(node)
        call = _hook("call", node.func, *node.args)
        call.keywords = node.keywords
        return ast.copy_location(call, node)


def _hook(name: str, *args: ast.expr) -> ast.Call:
    function = ast.Attribute(ast.Name(HOOKS, ast.Load()), name, ast.Load())
    return ast.Call(function, list(args), [])


def _through(hook: str, names: list[str]) -> list[ast.stmt]:
    """Statements that pass each variable through a hook, if it has a value."""
    lines = (f"try: {n} = {HOOKS}.{hook}({n})\nexcept NameError: pass" for n in names)
    return ast.parse("\n".join(lines)).body


def _stored(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
