"""The page of a badge for people to read and to print."""

from openbadgeslib import OpenBadgeCredential

from autograder.records.badge_key import published_at
from autograder.records.badge_words import Goal, evidence_of, points_of
from hpclab.learner.record_page import Row, record_page


def badge_page(goal: Goal, badge: OpenBadgeCredential, who: str, file: str) -> str:
    """The badge in HTML for the learner called `who`; file: the name of the one that is signed."""
    points = points_of(badge)
    rows = [
        Row(
            part.title,
            [f"{skill.name} ({skill.id})" for skill in part.skills],
            "{} of {} points".format(*points[part.slug]),
        )
        for part in goal.parts
    ]
    key = published_at(badge.issuer.id)
    footer = [
        ("What it took", goal.criterion),
        ("Issued by", f"{badge.issuer.name}, {badge.issuer.url} ({badge.issuer.id})"),
        ("Issued on", _day(badge.issuance_date)),
        ("Valid until", _day(badge.expiration_date) if badge.expiration_date else "no end"),
        ("Badge", str(badge.id)),
        ("Evidence", evidence_of(badge)),
        ("To verify", f"autograder badge verify {file} --key did.json, with the key from {key}; or "
                      "any program that verifies Open Badges 3.0."),
    ]  # fmt: skip
    return record_page(goal.title, who, rows, footer, signed=file)


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
