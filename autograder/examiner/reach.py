"""Whether a learner's text could reach what counts beside it.

Bytes, tasks, races and the like are counted in the learner's process, by code that other Python in
that process could change. Text that names nothing but arrays, loops and the usual libraries cannot:
what else it would need has a name, and these names are looked for here. A count that was taken
beside text that does reach further is not believed; a person looks at it.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

# fmt: off
# Top-level modules that a task may need; of each, what is not forbidden below.
_MODULES = {
    "numpy", "numba", "math", "cmath", "dask", "scipy", "matplotlib", "itertools", "operator",
    "collections", "random", "statistics", "time", "heapq", "bisect", "functools", "hpclab",
}
# What leads from there to the interpreter, to other modules or to memory, as a bare name and
_NAMES = {
    "eval", "exec", "compile", "globals", "locals", "vars", "getattr", "setattr", "delattr",
    "open", "breakpoint", "get_ipython", "sys", "os", "builtins", "importlib", "gc", "ctypes",
    "inspect", "threading", "subprocess", "types",
}
# as an attribute, or imported from a module. Any name that begins with an underscore is one too.
_ATTRIBUTES = _NAMES | {
    "attrgetter", "methodcaller", "update_wrapper", "wraps", "modules", "ctypeslib", "core",
    "extending", "objmode", "cfunc", "carray", "farray", "config", "testing", "f2py", "lib",
    "misc", "utils", "base", "callbacks", "optimization", "cbook", "memmap", "fromfile", "tofile",
    "load", "save", "loads", "dumps", "frombuffer", "as_strided", "import_required",
    "get_type_hints", "patch", "f_back", "f_globals", "f_locals", "f_builtins", "f_code",
    "register", "dispatch", "registry", "sizeof", "widgets", "from_string", "logging",
    "simulator", "cudadrv", "tb_frame", "tb_next", "gi_frame", "cr_frame", "ag_frame",
}
# fmt: on
_OF_HPCLAB = {"check", "hint", "predict", "bench", "compare", "gpu", "graph", "sectors"}


def reaches(cells: Mapping[str, str]) -> list[str]:
    """A sentence for each place in these cells, by name, that reaches further than a task needs."""
    return [f"`{name}`, {place}" for name, text in cells.items() for place in _places(text)]


def _places(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if text.strip():
            yield "which is not plain Python"
        return
    for node in ast.walk(tree):
        for what in _named(node):
            yield f"line {getattr(node, 'lineno', 1)}: {what}"


def _named(node: ast.AST) -> Iterator[str]:
    """What is too much in one node, not looking at those below it."""
    match node:
        case ast.Import(names):
            modules = [one.name for one in names]
            yield from (f"import {one}" for one in modules if one == "hpclab" or not _usual(one))
        case ast.ImportFrom(module, names, level):
            yield from _imported(module or "", [one.name for one in names], level)
        case ast.Name(id) if id in _NAMES or _hidden(id):
            yield id
        case ast.Attribute(_, attr, ctx):
            if _far(attr):
                yield f".{attr}"
            elif not isinstance(ctx, ast.Load):
                yield f"something is put in the place of .{attr}"
        case ast.MatchClass(_, _, attributes, _):
            yield from (f".{name}" for name in attributes if _far(name))


def _imported(module: str, names: Iterable[str], level: int) -> Iterator[str]:
    if level or not _usual(module) or (module == "hpclab" and not set(names) <= _OF_HPCLAB):
        yield f"from {module or '.'} import {', '.join(names)}"
    else:
        yield from (f"from {module} import {name}" for name in names if name == "*" or _far(name))


def _usual(module: str) -> bool:
    first, *rest = module.split(".")
    return first in _MODULES and not (first == "hpclab" and rest) and not any(map(_far, rest))


def _far(name: str) -> bool:
    return name in _ATTRIBUTES or _hidden(name)


def _hidden(name: str) -> bool:
    return name.startswith("_") and name.strip("_") != ""
