"""What today's checks make of submissions that were graded with others: `autograder regrade`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograder.engine.journal import Saved
from autograder.examiner.record import Record


@dataclass(frozen=True)
class Change:
    """One submission's points before and after, and the verdicts that are others now.

    checks: by the check's name, its verdicts before and after; "" where there was none.
    """

    student: str
    before: float
    after: float
    of: float
    checks: dict[str, tuple[str, str]]

    def to_json(self) -> dict[str, Any]:
        """The change as JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        named = [
            f"{name} {old or 'new'} → {new or 'gone'}" for name, (old, new) in self.checks.items()
        ]
        points = f"{self.before:g} → {self.after:g} of {self.of:g}"
        return "; ".join([f"{self.student}: {points}", *named])


def changes(
    history: Mapping[str, Sequence[Saved]], records: Mapping[str, Record]
) -> Iterator[Change]:
    """Of each learner the change between the last grading and the one with other checks before.

    The same whenever it is asked, so that a regrade that was cut off tells all of it at its end.
    history: what was saved, oldest first, by learner; records: by key.
    """
    for student, saved in history.items():
        last = saved[-1] if saved else None
        same = [one for one in saved if last and one.content == last.content]
        earlier = [one for one in same if last and one.checks != last.checks]
        if last and earlier:
            checks = _differences(_verdicts(earlier[-1], records), _verdicts(last, records))
            if checks or earlier[-1].score != last.score:
                yield Change(student, earlier[-1].score, last.score, last.of, checks)


def _verdicts(saved: Saved, records: Mapping[str, Record]) -> dict[str, str]:
    found = (records[key] for key in saved.parts.values() if key in records)
    return {result.name: str(result.verdict) for record in found for result in record.results}


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names = dict.fromkeys([*old, *new])
    both = {name: (old.get(name, ""), new.get(name, "")) for name in names}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}
