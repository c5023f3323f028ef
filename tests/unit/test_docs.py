"""Every command, option, setting, verb and public name is documented."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import autograder.cli
import hpclab
import hpclab.cli
import hpclab.plot
from hpclab.checks.local import LocalWork
from hpclab.learner import state
from hpclab.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "book" / "reference"
APPS = {"hpclab": hpclab.cli.app, "autograder": autograder.cli.app}


def commands(app: typer.Typer, name: str) -> Iterator[tuple[str, Any]]:
    """Every command by its words, those of a group too."""
    waiting = [(name, typer.main.get_command(app))]
    while waiting:
        words, made = waiting.pop()
        waiting += [
            (f"{words} {one}", inner) for one, inner in getattr(made, "commands", {}).items()
        ]
        if not hasattr(made, "commands") or (words != name and made.invoke_without_command):
            yield words, made


def undocumented(app: typer.Typer, name: str, text: str) -> list[str]:
    missing = []
    for command, made in commands(app, name):
        row = re.search(rf"^\| `{command}\b.*$", text, re.MULTILINE)
        if not row:
            missing.append(command)
            continue
        for option in made.params:
            if option.param_type_name == "option" and option.name != "help":
                flags = [*option.opts, *option.secondary_opts]
                if not any(f"`{flag}`" in row[0] for flag in flags):
                    missing.append(f"{command} {flags[0]}")
    return missing


@pytest.mark.parametrize("name", APPS)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = (REFERENCE / "commands.md").read_text()
    assert undocumented(APPS[name], name, text) == []
    without = text.replace("`--dir`", "").replace("`--private`", "")
    assert undocumented(APPS[name], name, without)


def test_every_documented_command_exists() -> None:
    text = (REFERENCE / "commands.md").read_text()
    known = {words for name, app in APPS.items() for words, _ in commands(app, name)}
    for words in re.findall(r"^\| `((?:hpclab|autograder)(?: [a-z-]+)+)", text, re.MULTILINE):
        assert words in known


def test_every_setting_is_documented() -> None:
    text = (REFERENCE / "commands.md").read_text()
    files = [p for d in ("hpclab", "autograder", "tests", "scripts") for p in (ROOT / d).rglob("*")]
    found = set()
    for path in files:
        if path.is_file() and path.suffix in ("", ".py"):
            found |= set(re.findall(r"\bHPCLAB_[A-Z]+\b", path.read_text()))
    assert found
    for setting in found:
        assert f"`{setting}" in text, setting


def test_every_event_that_is_kept_is_documented() -> None:
    text = (ROOT / "PRIVACY.md").read_text()
    assert [kind for kind in state._STEPS if f"| `{kind}` |" not in text] == []


def test_every_verb_of_work_is_documented() -> None:
    text = (REFERENCE / "checks.md").read_text()
    verbs = [name for name in dir(LocalWork({})) if not name.startswith("_")]
    assert [verb for verb in verbs if f"`work.{verb}" not in text] == []
    assert set(re.findall(r"`work\.(\w+)", text)) <= set(verbs)


def test_every_verdict_and_public_name_is_documented() -> None:
    checks, guide = (
        (REFERENCE / "checks.md").read_text(),
        (REFERENCE / "author-guide.md").read_text(),
    )
    for verdict in Verdict:
        assert f"| {verdict} |" in checks
    for name in (*hpclab.__all__, *hpclab.plot.__all__):
        assert re.search(rf"\b{name}\b", guide), name


def test_the_demos_in_the_guide_run() -> None:
    guide = (REFERENCE / "author-guide.md").read_text()
    codes = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert any("predict" in code for code in codes)
    for code in codes:
        exec(code, {})


def test_help_of_every_command_says_what_it_does() -> None:
    for name, app in APPS.items():
        for words, command in commands(app, name):
            assert command.help, words


def test_every_threat_has_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    lines = (REFERENCE / "threats.md").read_text().splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| ")][1:]
    assert len(rows) > 15
    for _, threat, _, named, remains, _ in rows:
        proofs = re.findall(r"`([^`]+)`", named + remains)
        assert proofs, threat
        for proof in proofs:
            assert f"def {proof}(" in tests or (ROOT / proof).is_file(), proof
