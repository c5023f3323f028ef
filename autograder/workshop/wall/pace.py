"""Where the room is beside its plan, in a sentence."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from autograder.workshop.plan import at, behind, chosen, clock, slots
from hpclab.outline import Outline

_ON_TIME = 3  # minutes that nobody need hear of


def pace(outline: Outline, exchange: Path, done: Collection[str], now: datetime) -> str:
    """The plan now, and how far the room is from it; nothing where the course has no plan.

    exchange: the course's folder of the exchange, where the instructor's choice lies; done: the
    lessons behind the room; now: by the clock of the room.
    """
    if not outline.plans:
        return ""
    day, minute = slots(outline, chosen(exchange, outline)), now.hour * 60 + now.minute
    slot = at(day, minute)
    if slot is None:
        return ""
    late = behind(day, minute, done)
    return f"Plan: {slot.title} until {clock(slot.end)}. The room is {_far(late)}."


def _far(late: int) -> str:
    if abs(late) < _ON_TIME:
        return "on time"
    return f"{abs(late)} minutes {'behind' if late > 0 else 'ahead'}"
