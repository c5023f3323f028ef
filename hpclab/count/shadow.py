"""Arrays that remember which iteration read and wrote each of their places."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from hpclab.count.conflicts import Log, Named
from hpclab.errors import HpclabError

_LOOK = {"shape", "ndim", "size", "dtype", "nbytes", "itemsize", "strides", "flags"}
_VIEWS = {"reshape", "ravel", "transpose", "swapaxes", "squeeze"}
_READS = {"astype", "flatten", "item", "tolist"}
_FUNCTIONS = {
    *("all", "any", "argmax", "argmin", "argsort", "copy", "cumprod", "cumsum", "dot", "max"),
    *("mean", "min", "nonzero", "prod", "repeat", "std", "sum", "take", "trace", "var"),
}
_NO_READ = {np.empty_like, np.zeros_like, np.ones_like, np.full_like, np.shape, np.ndim, np.size}
_CHANGE = {np.fill_diagonal, np.put, np.place, np.putmask, np.put_along_axis}


class Outside(Exception):
    """An index lies outside its array; compiled code would go on in foreign memory."""


class Shadow(NDArrayOperatorsMixin):
    """Stands for an array or a view: its data, and the place in memory of each element."""

    def __init__(self, log: Log, data: np.ndarray, places: np.ndarray, array: Named) -> None:
        self.log, self.data, self.places, self.array = log, data, places, array

    def _at(self, key: Any) -> Any:
        """The places that `key` selects: an int for one element, else an array."""
        try:
            places = self.places[key]
        except IndexError as error:
            if "out of bounds" not in str(error):
                raise
            place = _first_outside(key, self.data.shape)
            whole = self.data.shape == self.array.places.shape
            raise Outside(self.array, place, whole) from None
        return int(places) if places.ndim == 0 else places

    def __getitem__(self, key: Any) -> Any:
        key = raw(self.log, key)
        places = self._at(key)
        if type(places) is not int:
            return self._view(self.data[key], lambda: places)
        self.log.read(self.array, places)
        return self.data[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        key, value = raw(self.log, key), raw(self.log, value)
        places = self._at(key)
        self.data[key] = value
        self.log.write(self.array, places)

    def _view(self, result: Any, places: Callable[[], Any]) -> Any:
        """The shadow of what was made of this array: a view of it, or a copy that reads it."""
        if isinstance(result, np.ndarray) and np.may_share_memory(result, self.data):
            return Shadow(self.log, result, places(), self.array)
        if type(result) in (tuple, list):  # such as of np.split
            return type(result)(
                self._view(one, partial(lambda p: p, p))
                for one, p in zip(result, places(), strict=True)
            )
        self.log.read(self.array, places())
        return wrap(self.log, result)

    def same(self, result: np.ndarray) -> Any:
        """The shadow of `result`, which is this array's data or a copy of its shape."""
        return self._view(result, lambda: self.places)

    def _changed(self) -> Self:
        self.log.write(self.array, self.places)
        return self

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any
    ) -> Any:
        if method == "at":
            raise _cannot(f"np.{ufunc.__name__}.at")
        values = raw(self.log, inputs)
        kwargs = {name: raw(self.log, value) for name, value in kwargs.items()}
        if out is None:
            return wrap(self.log, getattr(ufunc, method)(*values, **kwargs))
        getattr(ufunc, method)(*values, out=plain(out), **kwargs)
        for shadow in shadows(out):
            shadow._changed()
        return out[0] if len(out) == 1 else out

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        if function in _CHANGE:
            raise _cannot(f"np.{function.__name__}")
        if function is np.copyto:
            args[0][...] = args[1]
            return None
        out = kwargs.pop("out", None)
        if function is np.dot and len(args) > 2:
            *args, out = args
        result = function(*plain(args), **{k: plain(v) for k, v in kwargs.items()})
        sources = [*shadows(args), *shadows(tuple(kwargs.values()))]
        for one in sources:
            if any(np.may_share_memory(r, one.data) for r in _arrays(result)):
                swap = [one.places if a is one else plain(a) for a in args]
                return one._view(result, partial(function, *swap, **kwargs))
        for one in sources if function not in _NO_READ else ():
            self.log.read(one.array, one.places)
        if out is None:
            return wrap(self.log, result)
        out[...] = result
        return out

    def __getattr__(self, name: str) -> Any:
        if name in _LOOK:
            return getattr(self.data, name)
        if name == "T":
            return self.transpose()
        if name == "flat" and self.data.flags.c_contiguous:
            return self.reshape(-1)
        if name in _VIEWS:
            return lambda *args, **kwargs: self._view(
                getattr(self.data, name)(*args, **kwargs),
                lambda: getattr(self.places, name)(*args, **kwargs),
            )
        if name in _READS:
            return lambda *args: wrap(self.log, getattr(raw(self.log, self), name)(*args))
        if name in _FUNCTIONS:
            return lambda *args, **kwargs: getattr(np, name)(self, *args, **kwargs)
        if name in ("fill", "sort"):
            return lambda *args: (getattr(self.data, name)(*args), self._changed())[0]
        if name.startswith("__"):
            raise AttributeError(name)
        raise _cannot(f"ndarray.{name}")

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.data)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(raw(self.log, self), dtype=dtype)

    def __repr__(self) -> str:
        return repr(self.data)


def wrap(log: Log, value: Any) -> Any:
    """`value` with a shadow around every new array in it."""
    if isinstance(value, np.ndarray):
        memory = log.make(value.size)
        array = Named(memory, np.arange(value.size).reshape(value.shape))
        memory.arrays.append(array)
        return Shadow(log, value, array.places, array)
    if _arrays(value):
        return type(value)(wrap(log, item) for item in value)
    return value


class SharedList(list[Any]):
    """A list that counts as one place: Numba's lists are not safe to change from two threads."""

    def __init__(self, log: Log, name: str, items: list[Any]) -> None:
        super().__init__(items)
        self.log = log
        self.array = Named(log.make(1), np.zeros((), np.int64), name)
        self.array.memory.arrays.append(self.array)


def _recorded(method: str, record: Callable[[Log, Any, int], None]) -> Callable[..., Any]:
    """A list's method that first notes that the list is read or written."""

    def call(self: SharedList, *args: Any) -> Any:
        record(self.log, self.array, 0)
        return getattr(list, method)(self, *args)

    return call


for _name in ("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"):
    setattr(SharedList, _name, _recorded(_name, Log.write))
for _name in ("__setitem__", "__delitem__", "__iadd__", "__imul__"):
    setattr(SharedList, _name, _recorded(_name, Log.write))
for _name in ("__getitem__", "__len__", "__iter__", "__contains__", "index", "count", "copy"):
    setattr(SharedList, _name, _recorded(_name, Log.read))


def raw(log: Log, value: Any) -> Any:
    """`value` with plain arrays instead of shadows, which are read whole."""
    if type(value) is int:
        return value
    for shadow in shadows(value):
        log.read(shadow.array, shadow.places)
    return plain(value)


def plain(value: Any) -> Any:
    """`value` with the data of each shadow in its stead; nothing is recorded."""
    if isinstance(value, Shadow):
        return value.data
    if type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    return value


def shadows(value: Any) -> Iterator[Shadow]:
    """Every shadow in `value`, within tuples and lists too."""
    if isinstance(value, Shadow):
        yield value
    elif type(value) in (tuple, list):
        for item in value:
            yield from shadows(item)


def _arrays(result: Any) -> list[np.ndarray]:
    items = result if type(result) in (tuple, list) else [result]
    return [item for item in items if isinstance(item, np.ndarray)]


def _first_outside(key: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The integers of `key`; of an array of integers the first that lies outside."""
    index = []
    for part, size in zip(key if type(key) is tuple else (key,), shape, strict=False):
        if isinstance(part, slice):
            continue
        numbers = np.atleast_1d(part).ravel()
        wrong = numbers[(numbers < -size) | (numbers >= size)]
        index.append(int(wrong[0] if wrong.size else numbers[0]))
    return tuple(index)


def _cannot(what: str) -> HpclabError:
    return HpclabError(
        f"The race check does not follow {what}. Write it as a loop over elements, or as an "
        "assignment to a slice."
    )
