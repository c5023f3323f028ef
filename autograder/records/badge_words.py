"""What a badge is for and what it says; nothing here takes nbgrader, so that verifying is quick."""

import secrets
from dataclasses import dataclass

from openbadgeslib import OpenBadgeCredential
from openbadgeslib.ob3 import IdentityObject

from hpclab.course import Skill
from hpclab.errors import HpclabError

POINTS = "#points-"  # before a lesson's slug, in the id of its points
DIGEST = "ni:///sha-256;"  # RFC 6920's name for "what has this SHA-256"


@dataclass(frozen=True)
class Part:
    """A lesson of what a badge is for; core: the task that must be passed."""

    slug: str
    title: str
    core: str
    skills: tuple[Skill, ...] = ()


@dataclass(frozen=True)
class Goal:
    """What a badge is for: `course`, `track-SLUG` or `lesson-SLUG`; url: where the course is."""

    name: str
    title: str
    description: str
    url: str
    parts: tuple[Part, ...]

    @property
    def id(self) -> str:
        """The achievement's identifier, the same for each learner."""
        return f"{self.url}#{self.name}"

    @property
    def criterion(self) -> str:
        """What it takes, in a sentence or two."""
        tasks = ", ".join(f"{part.slug} ({part.core})" for part in self.parts)
        which = "each of these lessons" if len(self.parts) > 1 else "this lesson"
        return (
            "All points of the core task, in public checks and in hidden ones, of "
            f"{which}: {tasks}. Graded by the issuer; not reported by the learner."
        )

    @property
    def skills(self) -> list[Skill]:
        """Of all lessons, each once."""
        return list(dict.fromkeys(skill for part in self.parts for skill in part.skills))


def identity(student: str, *, plain: bool) -> IdentityObject:
    """How a badge names a learner: a hash with a new salt, or the gradebook's id as it is."""
    if plain:
        return IdentityObject(student, "userName", hashed=False)
    return IdentityObject.create(student, secrets.token_hex(16), "userName")


def names(who: IdentityObject, student: str) -> bool:
    """Whether that is how a badge names this learner."""
    if not who.hashed:
        return who.identity_hash == student
    same = IdentityObject.create(student, who.salt, who.identity_type)
    return same.identity_hash == who.identity_hash


def learner_of(badge: OpenBadgeCredential) -> IdentityObject:
    """How the badge names its learner; HpclabError where it is no badge of `autograder badge`."""
    if len(badge.identifiers) != 1 or not evidence_of(badge).startswith(DIGEST):
        raise HpclabError(
            "The signature is good, but this is no badge of `autograder badge issue`: expected one "
            "learner and one digest of a gradebook."
        )
    return badge.identifiers[0]


def evidence_of(badge: OpenBadgeCredential) -> str:
    """The digest that the badge carries."""
    return str(badge.evidence[0].id) if len(badge.evidence) == 1 else ""


def points_of(badge: OpenBadgeCredential) -> dict[str, tuple[str, str]]:
    """By lesson, the points in the badge and the most that there were."""
    found = {result.result_description: result.value or "0" for result in badge.results}
    return {
        one.id.partition(POINTS)[2]: (found.get(one.id, "0"), one.value_max or "")
        for one in badge.achievement.result_descriptions
    }
