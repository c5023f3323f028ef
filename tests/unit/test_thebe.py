"""Thebe is fetched once, believed only with the digest we know, and never in a build's way."""

import base64
import hashlib
import io
import shutil
import socket
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.build import thebe
from autograder.build.thebe import fetch_thebe, thebe_in
from tests.unit.test_page import page
from tests.unit.tiny import build, make_course

FILES = {
    "package/lib/index.js": b"thebe",
    "package/lib/index.js.LICENSE.txt": b"MIT",
    "package/lib/index.js.map": b"large",
    "package/src/index.ts": b"source",
    "../outside.js": b"evil",
    "package/lib/../../outside.js": b"evil",
}


def tarball() -> bytes:
    """A package that looks like Thebe, with files that pages do not need or that lie outside."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as package:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`npm("sh code")` stands in for npm, which says the words it was given to `calls`."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))

    def plant(code: str) -> None:
        script = commands / "npm"
        script.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\necho "$*" >> {tmp_path}/calls\n{code}\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    return plant


def fetch(out: Path) -> tuple[bool, str]:
    said: list[str] = []
    there = fetch_thebe(out, log=said.append)
    assert there == thebe_in(out).is_dir()
    assert [path for path in out.glob("thebe/*") if path != thebe_in(out)] == []
    return there, " ".join(said)


def test_what_npm_brings_is_kept_and_not_fetched_again(
    tmp_path: Path, npm: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.tgz").write_bytes(tarball())
    digest = base64.b64encode(hashlib.sha512(tarball()).digest()).decode()
    monkeypatch.setattr(thebe, "SHA512", digest)
    npm(f"cp {tmp_path}/good.tgz thebe-{thebe.VERSION}.tgz")
    out = tmp_path / "out"
    assert fetch(out) == (True, f"live code: Thebe {thebe.VERSION} was fetched with npm.")
    names = {path.name: path.read_bytes() for path in thebe_in(out).iterdir()}
    assert names == {"index.js": b"thebe", "index.js.LICENSE.txt": b"MIT"}
    assert list(tmp_path.rglob("outside.js")) == []
    assert fetch(out) == (True, "")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 1
    assert f"pack thebe@{thebe.VERSION}" in calls[0]


def test_another_digest_is_refused(tmp_path: Path, npm: Callable[[str], None]) -> None:
    (tmp_path / "other.tgz").write_bytes(tarball())
    npm(f"cp {tmp_path}/other.tgz thebe-{thebe.VERSION}.tgz")
    there, said = fetch(tmp_path / "out")
    assert not there
    assert f"expected {thebe.SHA512}. It was refused" in said
    assert "demo pages have no button" in said


def test_without_npm_the_build_goes_on(
    tmp_path: Path, npm: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert fetch(out) == (False, f"live code: npm is not installed; {thebe.WITHOUT}.")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "echo npm error code ENOTFOUND >&2; echo advice >&2; exit 1",
            "(npm error code ENOTFOUND)",
        ),
        ("exit 3", "(status 3)"),
        ("true", f"No such file or directory: '{{}}thebe-{thebe.VERSION}.tgz'"),
        (f"echo no tarball > thebe-{thebe.VERSION}.tgz", "It was refused"),
    ],
)
def test_what_npm_cannot_bring_is_said(
    tmp_path: Path, npm: Callable[[str], None], code: str, why: str
) -> None:
    npm(code)
    there, said = fetch(tmp_path / "out")
    assert not there
    assert why.partition("{}")[0] in said
    assert why.rpartition("{}")[2] in said
    assert "advice" not in said


def test_a_dead_network_holds_a_build_up_for_seconds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    require: Callable[[str, bool], None],
) -> None:
    """The real npm, and a registry that takes the connection and never answers."""
    require("npm", shutil.which("npm") is not None)
    monkeypatch.setattr(thebe, "SECONDS", 3.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setenv("npm_config_registry", registry)
        assert fetch(tmp_path / "out") == (
            False,
            f"live code: npm did not bring Thebe within 3 s; {thebe.WITHOUT}.",
        )


def test_demo_pages_ask_for_what_is_there_and_no_other_page_does(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    folder = thebe_in(root / "_build")

    def scripts(name: str) -> list[str]:
        tags = page(root, name).select('script[src*="live.js"]')
        return [f"{tag['type']} {str(tag['src']).partition('?')[0]}" for tag in tags]

    for there in (False, True, False):  # the pages follow, though none of them was changed
        if there:
            folder.mkdir(parents=True)
            (folder / "index.js").write_text("thebe")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        html = build(root)
        assert scripts("demos/one.html") == (["module ../_static/live.js"] if there else [])
        assert scripts("lessons/one.html") == scripts("index.html") == []
        assert (html / "_static/thebe/index.js").is_file() == there
