"""Predictions, figures and reports: what a learner sees."""

import json
from pathlib import Path

import pytest

from hpclab.checks.report import Report
from hpclab.learner.predict import predict
from hpclab.learner.progress import STATE, Progress
from hpclab.plot import figure, show
from hpclab.verdicts import Result, Verdict


def test_a_prediction_is_shown_beside_the_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    guess = predict("How many?", 10, unit="x")
    guess.reveal(43.21)
    assert capsys.readouterr().out == "How many?\n  you guessed 10 x; this machine: 43.2 x\n"
    drawing, ax = figure("T", "n", "t (s)")
    guess.mark(ax)
    assert "your guess: 10 x" in show(drawing, "words")._repr_mimebundle_()["text/html"]
    with pytest.raises(TypeError, match="guess: expected a number"):
        predict("How many?", "ten")


def test_a_prediction_remembers_its_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / STATE).mkdir()
    monkeypatch.setattr("hpclab.learner.predict._START", tmp_path / "demos")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "demos" / "vectorise.ipynb"))
    predict("How many?", 10).reveal(12)
    (event,) = Progress(tmp_path).events()
    assert (event["demo"], event["guess"], event["measured"]) == ("vectorise", 10.0, 12.0)


def test_figures_take_the_pages_colour_and_carry_words() -> None:
    drawing, ax = figure("T", "n", "t (s)")
    ax.plot([1, 2], [3, 4], label="one")
    bundle = show(drawing, 'Time <grows> with "n".')._repr_mimebundle_()
    assert bundle["text/plain"] == 'Time <grows> with "n".'
    assert "currentColor" in bundle["text/html"]
    assert "#010203" not in bundle["text/html"]
    assert 'aria-label="Time &lt;grows&gt; with &quot;n&quot;."' in bundle["text/html"]
    with pytest.raises(ValueError, match="expected the figure in words"):
        show(drawing, " ")


def report(*verdicts: Verdict) -> Report:
    return Report(
        "t",
        [
            Result(f"c{i}", "t", "Says `x < 1`.", verdict, 2.0, 2.0 * (verdict == "passed"))
            for i, verdict in enumerate(verdicts)
        ],
    )


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "partial"),
        (["failed", "skipped"], "failed"),
        (["unattempted", "unattempted"], "unattempted"),
        (["passed", "inconclusive"], "inconclusive"),
        (["failed", "inconclusive"], "failed"),
    ],
)
def test_a_task_in_one_word(verdicts: list[str], whole: str) -> None:
    assert report(*map(Verdict, verdicts)).verdict == whole


def test_a_report_reads_without_colour_and_without_html() -> None:
    shown = report(Verdict.PASSED, Verdict.FAILED)
    assert repr(shown).splitlines()[:2] == [
        "t: partial, 2 of 4 points",
        "  ✓ passed: Says `x < 1`.",
    ]
    html = shown._repr_mimebundle_()["text/html"]
    assert "<strong>failed</strong>" in html
    assert "<code>x &lt; 1</code>" in html
    assert "<script" not in Report("<script>", [])._repr_mimebundle_()["text/html"]


def test_results_survive_json() -> None:
    (result,) = report(Verdict.PARTIAL).results
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result
