"""The centre's key is made once, in a place that no repository sees, all of it or nothing."""

import json
import stat
import subprocess
from pathlib import Path

import pytest
from openbadgeslib import KeyRSA

from autograder.records import badge_key
from autograder.records.badge_key import CentreKey, make_key, published_at, read_verifier
from hpclab.errors import HpclabError
from tests.content.badges import DID, URL, Centre


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "course").mkdir()
    return tmp_path / "course"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large keys take long to make."""
    monkeypatch.setattr(badge_key, "_BITS", 2048)


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


def test_the_private_half_is_the_owners_alone(course: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "a/key", URL, course)
    assert key == CentreKey.load(key.folder)
    assert key.did == DID
    assert set(modes(key.folder)) == {"private.pem", "public.pem", "did.json"}
    assert modes(key.folder)["private.pem"] == "0o600"
    assert modes(key.folder.parent) == {"key": "0o700"}, "nothing is left beside it"
    for name in ("public.pem", "did.json"):
        text = (key.folder / name).read_text()
        assert "PRIVATE" not in text
        assert '"d"' not in text
    (key.folder / "private.pem").chmod(0o640)
    with pytest.raises(HpclabError, match="can be read by others; expected mode 0600"):
        CentreKey.load(key.folder)


def test_a_key_is_never_overwritten(course: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key", URL, course)
    before = (key.folder / "private.pem").read_bytes()
    with pytest.raises(HpclabError, match="a key is never overwritten"):
        make_key(tmp_path / "key", URL, course)
    assert (key.folder / "private.pem").read_bytes() == before
    (tmp_path / "file").write_text("")
    with pytest.raises(HpclabError, match="Name a folder that is new or empty"):
        make_key(tmp_path / "file", URL, course)
    (tmp_path / "empty").mkdir()
    assert make_key(tmp_path / "empty", URL, course).did == DID


def test_no_place_that_git_would_track(course: Path, tmp_path: Path) -> None:
    with pytest.raises(HpclabError, match="git would track the private key"):
        make_key(course / "key", URL, course)  # a course that is no repository yet
    other = tmp_path / "other"
    for folder in (course, other):
        folder.mkdir(exist_ok=True)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        (folder / ".gitignore").write_text("/kept-out/\n")
        (folder.parent / f"link-to-{folder.name}").symlink_to(folder)
        for place in (folder / "key", folder.parent / f"link-to-{folder.name}" / "deep/key"):
            with pytest.raises(HpclabError, match="git would track the private key"):
                make_key(place, URL, course)
        assert not (folder / "key").exists()
        assert make_key(folder / "kept-out/key", URL, course).did == DID
        seen = subprocess.run(
            ["git", "-C", str(folder), "status", "--porcelain", "-uall"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert ".pem" not in seen


def test_without_git_the_course_is_kept_clean(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HpclabError, match="git would track the private key"):
        make_key(course / "key", URL, course)
    assert make_key(tmp_path / "key", URL, course).did == DID


def test_one_that_fails_half_way_leaves_nothing(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(badge_key, "build_did_document", full)
    with pytest.raises(OSError, match="No space left"):
        make_key(tmp_path / "key", URL, course)
    assert list(tmp_path.iterdir()) == [course]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/hpclab", "an example's address"),
        ("http://badges.hpc.test", "requires an https URL"),
        ("badges.hpc.test", "requires an https"),
        ("https://user:secret@badges.hpc.test", "must not contain"),
        ("", "cannot name the centre"),
    ],
)
def test_an_address_that_names_no_centre(course: Path, tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(HpclabError, match=said):
        make_key(tmp_path / "key", url, course)
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize(
    ("did", "place"),
    [
        ("did:web:badges.hpc.test", "https://badges.hpc.test/.well-known/did.json"),
        ("did:web:hpc.test%3A8443:a:b", "https://hpc.test:8443/a/b/did.json"),
    ],
)
def test_where_the_document_goes(did: str, place: str) -> None:
    assert published_at(did) == place


def test_the_command_says_what_to_do(centre: Centre, tmp_path: Path) -> None:
    said = centre.run("keygen", str(tmp_path / "new"), "--url", "https://hpc.test")
    assert said.code == 0
    for words in ("did:web:hpc.test,", "https://hpc.test/.well-known/did.json", "publicKeyJwk"):
        assert words in said.out
    assert "PRIVATE KEY" not in said.out
    assert "an example's address" in centre.run("keygen", str(tmp_path / "other")).err


def test_each_form_of_the_public_key_verifies(centre: Centre, tmp_path: Path) -> None:
    centre.issue("ada")
    document = json.loads((centre.key / "did.json").read_text())
    jwk = tmp_path / "key.jwk"
    jwk.write_text(json.dumps(document["verificationMethod"][0]["publicKeyJwk"]))
    for key in ("did.json", "public.pem", str(jwk)):
        assert centre.verify(key=key).code == 0
    document["id"] = "did:web:other.test"
    (centre.key / "did.json").write_text(json.dumps(document))
    said = centre.verify()
    assert said.code == 1
    assert "does not match the DID" in said.err


def test_a_key_that_is_none(centre: Centre, tmp_path: Path) -> None:
    centre.issue("ada")
    assert "is a private key, which nobody needs" in centre.verify(key="private.pem").err
    for text, said in {
        "": "no public key",
        "hello": "no public key",
        "{": "not JSON",
        '{"a": ' * 5000: "not JSON",
        "{}": "no public key",
        '{"kty": "oct", "k": "AAAA"}': "no public key",
        '{"id": "did:web:a.test", "verificationMethod": 3}': "no public key",
        '{"id": 3, "verificationMethod": []}': "no did:web document",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----": "no public key",
    }.items():
        path = tmp_path / "public"
        path.write_text(text)
        with pytest.raises(HpclabError, match=said):
            read_verifier(path)
    assert "There is no file" in centre.verify(key="gone.pem").err


def test_a_folder_whose_halves_do_not_fit_signs_nothing(centre: Centre) -> None:
    private, _ = KeyRSA(key_size=2048).generate_keypair()
    (centre.key / "private.pem").write_bytes(private)
    said = centre.issue("ada")
    assert said.code == 1
    assert "cannot sign: Invalid signature" in said.err
    assert not (centre.root / "badges").exists()
    (centre.key / "private.pem").unlink()
    assert "There is no key in" in centre.issue("ada").err
