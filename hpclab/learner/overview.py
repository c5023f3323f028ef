"""What `hpclab list` and `hpclab progress` write."""

from collections.abc import Iterator
from itertools import groupby

from hpclab.errors import unknown
from hpclab.learner.guesses import summary
from hpclab.learner.state import LessonState, State
from hpclab.verdicts import Verdict

_SIGNS = {"all passed": "✓✓", "core passed": "✓", "begun": "◐", "not begun": "○"}


def lessons(state: State, track: str = "") -> Iterator[str]:
    """The lessons of a track, or else all, by module: state, minutes left, title."""
    if track and track not in state.outline.tracks:
        raise unknown("track", track, state.outline.tracks)
    slugs = state.outline.tracks[track].lessons if track else list(state.lessons)
    if track or state.track:
        yield _track(state, track or state.track)
    wide = max(map(len, slugs))
    chosen = [state.lessons[slug] for slug in state.lessons if slug in slugs]
    for module, group in groupby(chosen, key=lambda lesson: lesson.outlined.module):
        yield f"\n{module}"
        for lesson in group:
            slug = lesson.outlined.slug
            skip = " (you may skip it)" if slug in state.skip else ""
            yield f"  {_SIGNS[lesson.word]:2} {slug:{wide}}  {_where(lesson)}{skip}"
            yield f"     {'':{wide}}  {lesson.outlined.title}"


def _track(state: State, name: str) -> str:
    """A track with how far it is gone."""
    lessons = state.in_track(name)
    done = sum(lesson.core.passed for lesson in lessons)
    left = minutes(sum(lesson.minutes_left for lesson in lessons))
    sign = "✓" if done == len(lessons) else "○"
    chosen = " (chosen)" if name == state.track else ""
    title = state.outline.tracks[name].title
    return f"{sign} {name}{chosen}: {title}, {done} of {len(lessons)} lessons, {left} left"


def _where(lesson: LessonState) -> str:
    left = f", {minutes(lesson.minutes_left)} left" if lesson.minutes_left else ""
    return f"{lesson.word}{left}"


def progress(state: State) -> Iterator[str]:
    """Where to go on, how far each track is, the last verdicts, and how good the guesses were."""
    ahead = state.next_lesson()
    if ahead is None:
        yield "You have passed the core of every lesson of your track."
    else:
        slug = ahead.outlined.slug
        yield f"{'Continue' if ahead.begun else 'Begin'} with {slug}: {ahead.outlined.title}"
        yield f"  {_where(ahead)}. `hpclab start {slug}` lays its exercise for your editor."
    yield "\nTracks"
    for name in state.outline.tracks:
        yield f"  {_track(state, name)}"
    yield "\nLast verdicts"
    for tried in state.recent:
        verdict = Verdict(tried["verdict"])
        yield f"  {verdict.symbol} {tried['lesson']} {tried['task']}: {verdict}, {tried['at'][:10]}"
    if not state.recent:
        yield "  none yet"
    yield f"\n{summary(state.guesses)}"


def minutes(number: int) -> str:
    """Minutes, or hours where they are many; as the book's pages say it."""
    return f"{number} minutes" if number < 90 else f"{number / 60:.1f} hours"
