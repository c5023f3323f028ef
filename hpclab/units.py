"""Quantities as people read them: 12.3 ms, 48 KiB."""

_TIMES = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def time_unit(seconds: float) -> tuple[str, float]:
    """The unit that suits a time in s, and its length in s."""
    # 999.9 ns are 1 µs when they are rounded to three digits.
    fits = (unit for unit in _TIMES if abs(seconds) >= 0.9995 * unit[1])
    return next(fits, _TIMES[-1] if seconds else _TIMES[0])


def time_text(seconds: float) -> str:
    """A time in s with three digits and the unit that suits it."""
    unit, length = time_unit(seconds)
    return f"{number(seconds / length)} {unit}"


def number(value: float) -> str:
    """A number with three significant digits, and no power of ten below 10 million."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def bytes_text(count: float) -> str:
    """Bytes in powers of two: 48 KiB, 23.5 GiB."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if count >= 1024**power:
            return f"{number(count / 1024**power)} {unit}"
    return f"{count:.0f} byte"
