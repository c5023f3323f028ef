"""A lesson in the words of training portals: Bioschemas TrainingMaterial 1.0-RELEASE, JSON-LD.

The profile is https://bioschemas.org/profiles/TrainingMaterial/1.0-RELEASE, a use of schema.org's
LearningResource. Its minimum is description, keywords and name; it recommends most of the rest.
"""

from collections.abc import Sequence
from typing import Any

from hpclab.course import SKILL_TREE, Course, Lesson

PROFILE = "https://bioschemas.org/profiles/TrainingMaterial/1.0-RELEASE"


def training_material(
    course: Course,
    lesson: Lesson,
    *,
    name: str,
    description: str,
    teaches: Sequence[str],
    needs: Sequence[str],
) -> dict[str, Any]:
    """The JSON-LD object of a lesson; `needs` are the titles of the lessons that come first."""
    about = course.course
    return {
        "@context": "https://schema.org/",
        "@type": "LearningResource",
        "@id": f"{about.url}#{lesson.slug}",
        "http://purl.org/dc/terms/conformsTo": {"@type": "CreativeWork", "@id": PROFILE},
        "name": name,
        "description": description,
        "keywords": lesson.keywords,
        "about": [_skill(skill.id, skill.name) for skill in lesson.skills],
        "audience": {"@type": "Audience", "audienceType": "People who write or run parallel code"},
        "author": [{"@type": "Person", "name": author} for author in about.authors],
        "competencyRequired": list(needs),
        "educationalLevel": "intermediate" if lesson.needs else "beginner",
        "identifier": f"{about.id}/{lesson.slug}",
        "inLanguage": about.language,
        "learningResourceType": ["tutorial", "exercise", "quiz"],
        "license": f"https://spdx.org/licenses/{about.license}.html",
        "teaches": list(teaches),
        "timeRequired": duration(lesson.minutes.total),
        "url": about.url,
        "isPartOf": {"@type": "CreativeWork", "name": about.title, "url": about.url},
    }


def _skill(identifier: str, name: str) -> dict[str, str]:
    return {
        "@type": "DefinedTerm",
        "termCode": identifier,
        "name": name,
        "inDefinedTermSet": SKILL_TREE,
    }


def duration(minutes: int) -> str:
    """Minutes as an ISO 8601 duration: 90 is `PT1H30M`."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
