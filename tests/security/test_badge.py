"""A badge that somebody has touched does not verify, and each time a sentence says so."""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openbadgeslib import Issuer, OB3Signer, OpenBadgeCredential
from openbadgeslib.ob3 import Achievement, Evidence

from autograder.records.badge_key import CentreKey, make_key, read_badge, read_verifier
from autograder.records.badge_words import identity, learner_of, names
from hpclab.errors import HpclabError
from tests.content.badges import DID, URL, decoded, encoded

Keys = tuple[CentreKey, CentreKey]  # the centre's, and an attacker's
Forge = Callable[[str, Keys], str]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    centre, attacker = (make_key(folder / name, URL, folder / "course") for name in ("a", "b"))
    return centre, attacker


@pytest.fixture(scope="module")
def badge(keys: Keys) -> str:
    return keys[0].sign(credential("ada"))


def credential(student: str, **changes: Any) -> OpenBadgeCredential:
    fields: dict[str, Any] = {
        "issuer": Issuer(DID, "Centre"),
        "recipient_id": None,
        "achievement": Achievement(f"{URL}#course", "Mini", "A course", "All of it"),
        "identifiers": [identity(student, plain=False)],
        "evidence": [Evidence("ni:///sha-256;abc")],
    }
    return OpenBadgeCredential(**fields | changes)


def changed(badge: str, **claims: Any) -> str:
    """The badge with another payload under the old signature."""
    head, body, signature = badge.split(".")
    return ".".join((head, encoded(json.loads(decoded(body)) | claims), signature))


def resigned(badge: str, header: dict[str, Any], secret: bytes | None) -> str:
    head, body, _ = badge.split(".")
    new = f"{encoded(json.loads(decoded(head)) | header)}.{body}"
    mac = hmac.new(secret, new.encode(), hashlib.sha256).digest() if secret is not None else b""
    return f"{new}.{encoded(mac)}"


def subject(badge: str, student: str) -> str:
    """The badge with another learner in it."""
    said = json.loads(decoded(badge.split(".")[1]))["credentialSubject"]
    said["identifier"] = [identity(student, plain=False).to_dict()]
    return changed(badge, credentialSubject=said)


def expired(keys: Keys) -> str:
    """Signed by the centre itself, a year ago, for a day. Its own `sign` would refuse."""
    then = datetime.now(UTC) - timedelta(days=365)
    times = {"issuance_date": then, "expiration_date": then + timedelta(days=1)}
    return by(keys[0], credential("ada", **times))


def by(key: CentreKey, what: OpenBadgeCredential) -> str:
    return OB3Signer((key.folder / "private.pem").read_bytes(), algorithm="RS256").sign(what)


def public(keys: Keys, name: str) -> bytes:
    return (keys[0].folder / name).read_bytes()


TOMORROW = datetime.now(UTC) + timedelta(days=1)
FORGED: dict[str, tuple[Forge, str]] = {
    "another title": (lambda b, k: changed(b, name="Mini, with honours"), "Invalid signature"),
    "another learner": (lambda b, k: subject(b, "bob"), "Invalid signature"),
    "another end": (lambda b, k: changed(b, exp=9999999999), "Invalid signature"),
    "another key": (lambda b, k: by(k[1], credential("ada")), "Invalid signature"),
    "the signature of another": (
        lambda b, k: ".".join((*b.split(".")[:2], k[0].sign(credential("bob")).split(".")[2])),
        "Invalid signature",
    ),
    "no signature": (lambda b, k: b.rpartition(".")[0] + ".", "Invalid signature"),
    "alg none": (lambda b, k: resigned(b, {"alg": "none"}, None), "Algorithm 'none'"),
    "alg None": (lambda b, k: resigned(b, {"alg": "NoNe"}, None), "Algorithm 'NoNe'"),
    "no alg": (lambda b, k: resigned(b, {"alg": None}, None), "Algorithm None"),
    "a list of algs": (lambda b, k: resigned(b, {"alg": ["RS256"]}, None), "Algorithm"),
    "HMAC with the public key": (
        lambda b, k: resigned(b, {"alg": "HS256"}, public(k, "public.pem")), "Algorithm 'HS256'",
    ),
    "HMAC with the stripped key": (
        lambda b, k: resigned(b, {"alg": "HS256"}, public(k, "public.pem").strip()), "'HS256'",
    ),
    "HMAC with the document": (
        lambda b, k: resigned(b, {"alg": "HS256"}, public(k, "did.json")), "Algorithm 'HS256'",
    ),
    "HMAC called RS256": (
        lambda b, k: resigned(b, {"alg": "RS256"}, public(k, "public.pem")), "Invalid signature",
    ),
    "expired": (lambda b, k: expired(k), "expired"),
    "not yet valid": (
        lambda b, k: by(k[0], credential("ada", issuance_date=TOMORROW)), "not yet valid",
    ),
    "another issuer": (
        lambda b, k: by(k[0], credential("ada", issuer=Issuer("did:web:other.test", "O"))),
        "does not match",
    ),
    "no learner": (
        lambda b, k: by(k[0], credential("ada", identifiers=[], recipient_id="mailto:a@b.test")),
        "no badge of `autograder badge issue`",
    ),
    "no evidence": (lambda b, k: by(k[0], credential("ada", evidence=[])), "no badge of"),
    "two learners": (
        lambda b, k: by(k[0], credential("a", identifiers=[identity(w, plain=True) for w in "ab"])),
        "no badge of",
    ),
    "no credential": (
        lambda b, k: OB3Signer((k[0].folder / "private.pem").read_bytes()).sign_payload({"a": 1}),
        "not an OpenBadgeCredential",
    ),
}  # fmt: skip


def verified(path: Path, key: Path) -> OpenBadgeCredential:
    badge = read_badge(path, read_verifier(key))
    learner_of(badge)
    return badge


def test_an_honest_badge_verifies(badge: str, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "badge.jwt"
    for text in (badge, f"\n{badge} \n"):
        path.write_text(text)
        for name in ("did.json", "public.pem"):
            who = learner_of(verified(path, keys[0].folder / name))
            assert names(who, "ada")
            assert not names(who, "bob")


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_badge_is_a_sentence(what: str, badge: str, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "badge.jwt"
    forge, said = FORGED[what]
    path.write_text(forge(badge, keys))
    with pytest.raises(HpclabError, match=said):
        verified(path, keys[0].folder / "did.json")


def test_a_badge_that_brings_its_own_key_gains_nothing(
    badge: str, keys: Keys, tmp_path: Path
) -> None:
    """The header has the signer's public key, which anybody may write there."""
    path = tmp_path / "badge.jwt"
    forged = by(keys[1], credential("ada"))
    path.write_text(forged)
    assert json.loads(decoded(forged.split(".")[0]))["jwk"]["kty"] == "RSA"
    for key in ("did.json", "public.pem"):
        with pytest.raises(HpclabError, match="Invalid signature"):
            verified(path, keys[0].folder / key)
    assert verified(path, keys[1].folder / "public.pem"), "it is the attacker's own, though"


def test_a_file_cut_short(badge: str, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "badge.jwt"
    verifier = read_verifier(keys[0].folder / "did.json")
    for length in [*range(0, len(badge), 97), len(badge) - 1]:
        path.write_text(badge[:length])
        with pytest.raises(HpclabError, match="is not a"):
            read_badge(path, verifier)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"..", b"a.b.c", b"\x00" * 99, b"\xff\xfe.\xff.\xff", "ä.ö.ü".encode(), b"." * 9999,
        b"<html></html>", b"PK\x03\x04", b"{}", b"[" * 99_999,
        b".".join([encoded(b"[" * 99_999).encode()] * 3),
        b".".join([encoded(b'{"alg": "RS256", "kid": 1}').encode()] * 3),
        b".".join([encoded(b'{"alg": "RS256", "a": "\\ud800"}').encode()] * 3),
        b".".join([encoded(b'{"alg": "RS256", "crit": ["b64"], "b64": false}').encode()] * 3),
        b".".join([encoded(b'{"alg": "RS256", "a": 1e999}').encode()] * 3),
        b".".join([encoded(b'"RS256"').encode()] * 3),
    ],
)  # fmt: skip
def test_garbage(data: bytes, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "badge.jwt"
    path.write_bytes(data)
    with pytest.raises(HpclabError, match="is not a"):
        verified(path, keys[0].folder / "did.json")


def test_a_huge_file_or_none(badge: str, keys: Keys, tmp_path: Path) -> None:
    path, key = tmp_path / "badge.jwt", keys[0].folder / "did.json"
    with path.open("w") as file:
        file.write(badge)
        file.truncate(50 << 30)  # sparse: reading all of it would end the machine
    with pytest.raises(HpclabError, match="too large for a badge"):
        verified(path, key)
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "gone", tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(HpclabError, match="There is no file"):
            verified(place, key)


def test_what_it_says_commands_no_terminal(badge: str, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "badge.jwt"
    for header in ({"alg": "\x1b[2J"}, {"kid": "\x1b]0;x\x07"}, {"crit": ["\x1b[2J"]}):
        path.write_text(resigned(badge, header, b""))
        with pytest.raises(HpclabError) as caught:
            verified(path, keys[0].folder / "did.json")
        assert str(caught.value).isprintable()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_change_of_a_character_is_seen(
    data: st.DataObject, badge: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = data.draw(st.integers(0, len(badge) - 1))
    other = data.draw(st.sampled_from("ABCDwxyz0189-_.= \n\x00é"))
    path = tmp_path_factory.getbasetemp() / "badge.jwt"
    path.write_text(badge[:place] + other + badge[place + 1 :], newline="")
    same = other == badge[place] or path.read_text().strip() == badge
    try:
        verified(path, keys[0].folder / "public.pem")
    except HpclabError:
        assert not same
    else:
        assert same
