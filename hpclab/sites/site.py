"""A supercomputer's figures, each with its source, and its bill for a job.

Files `hpclab/sites/*.toml` are overlaid by files of the same name in the folder $HPCLAB_SITES,
then in ~/.config/hpclab/sites: tables are merged, anything else is replaced. A new name there is a
new site.
A figure that nobody has sourced is not in the file, and is None here: it is never made up.
"""

import math
import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpclab.errors import FileError, HpclabError, unknown

Strength = Literal["documented", "configuration", "third party", "unverified"]
Resource = Literal["nodes", "cores", "memory", "accelerators"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Entry):
    """A number in SI units, and how far to trust it.

    `documented` is the site's own documentation, `configuration` a public configuration for it,
    `third party` anybody else's notes, `unverified` what somebody remembers.
    """

    value: float
    source: str = Field(min_length=1)
    strength: Strength

    @property
    def firm(self) -> bool:
        """Whether the site itself says so; otherwise check with the site."""
        return self.strength == "documented"


class Node(_Entry):
    """One kind of node. Accelerators are those that Slurm counts, memory is in bytes.

    peak_bf16: flop/s of one accelerator, dense; node_power: W of a whole node under load.
    """

    count: Figure | None = None
    cores: Figure | None = None
    memory: Figure | None = None
    accelerator: str = ""
    accelerators: Figure | None = None
    accelerator_memory: Figure | None = None
    peak_bf16: Figure | None = None
    node_power: Figure | None = None


class Billing(_Entry):
    """An hour costs `rate` units for each `step` of the resource that needs most of them."""

    unit: str
    rate: float = Field(gt=0)
    step: dict[Resource, float] = Field(min_length=1)
    source: str = Field(min_length=1)
    strength: Strength


class Partition(_Entry):
    """A Slurm partition: which nodes, by whole nodes or by parts, and what they cost."""

    node: str
    whole_nodes: bool
    billing: Billing


class Bill(_Entry):
    """What a job is charged, in the site's own unit, and how far to trust the formula."""

    amount: float
    unit: str
    source: str
    strength: Strength


class Site(_Entry):
    """A supercomputer. `pue` is the facility's power over the machine's."""

    name: str
    centre: str
    pue: Figure | None = None
    nodes: dict[str, Node] = Field(min_length=1)
    partitions: dict[str, Partition] = Field(min_length=1)

    def partition(self, name: str) -> Partition:
        """The partition of that name; HpclabError with the nearest names if there is none."""
        if name not in self.partitions:
            raise unknown(f"partition of {self.name}", name, self.partitions)
        return self.partitions[name]

    def node_of(self, partition: str) -> Node:
        """The kind of node that a partition has."""
        return self.nodes[self.partition(partition).node]

    def bill(self, partition: str, hours: float, **request: float) -> Bill:
        """What `hours` (h) of a job cost that asks for nodes, cores, memory (byte) or accelerators.

        HpclabError where the request names nothing that the partition charges for.
        """
        formula = self.partition(partition).billing
        steps = {str(name): step for name, step in formula.step.items()}
        charged = {name: request[name] for name in steps if name in request}
        if not charged or hours < 0 or min(request.values()) < 0:
            raise HpclabError(
                f"{self.name}, {partition}: expected hours and one or more of "
                f"{', '.join(steps)}, none below 0 (given: {hours} hours, {request})."
            )
        most = max(math.ceil(amount / steps[name]) for name, amount in charged.items())
        return Bill(
            amount=formula.rate * most * hours,
            unit=formula.unit,
            source=formula.source,
            strength=formula.strength,
        )

    def energy(self, partition: str, node_hours: float) -> float | None:
        """Joules that so many node-hours take, cooling included; None if a figure is missing."""
        power = self.node_of(partition).node_power
        if power is None or self.pue is None:
            return None
        return power.value * node_hours * 3600 * self.pue.value


def site(name: str) -> Site:
    """The site of that name; an unknown one is an HpclabError that names the nearest."""
    files = [folder / f"{name}.toml" for folder in _folders()]
    given = [path for path in files if path.is_file()]
    if not given:
        raise unknown("site", name, sites())
    merged: dict[str, Any] = {}
    for path in given:
        try:
            _merge(merged, tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FileError(path, None, f"not valid TOML: {error}") from None
    try:
        made = Site(**merged)
    except (ValidationError, TypeError) as error:
        raise FileError(given[-1], None, _in_words(error)) from None
    for partition, one in made.partitions.items():
        if one.node not in made.nodes:
            problem = f"partitions.{partition}.node: expected one of {', '.join(made.nodes)}"
            raise FileError(given[-1], None, f"{problem}, found '{one.node}'")
    return made


def sites() -> list[str]:
    """The names of all sites, those of your own folders included."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})


def _folders() -> list[Path]:
    own = os.environ.get("HPCLAB_SITES")
    home = Path.home() / ".config" / "hpclab" / "sites"
    return [Path(__file__).parent, *([Path(own)] if own else []), home]


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _in_words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
