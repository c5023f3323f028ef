"""A centre's key pair: made once, kept out of every repository, and what it signs and verifies.

The cryptography is openbadgeslib's: Open Badges 3.0 as a VC-JWT, signed with RS256, the one
algorithm that each verifier of the standard must know.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from openbadgeslib import KeyRSA, OB3Signer, OB3Verifier, OpenBadgeCredential
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.keys import public_jwk_from_pem
from openbadgeslib.ob3 import build_did_document, did_web_from_url, resolve_did

from hpclab.errors import HpclabError

PRIVATE, PUBLIC, DOCUMENT = "private.pem", "public.pem", "did.json"
_BITS = 3072
_LARGEST = 1 << 20  # bytes of a badge or of a public key; both have some thousands


@dataclass(frozen=True)
class CentreKey:
    """A folder that `make_key` wrote; did: who signs with it."""

    folder: Path
    did: str

    @classmethod
    def load(cls, folder: Path) -> "CentreKey":
        """The key in `folder`; HpclabError where it is not whole, or open to others."""
        private, document = folder / PRIVATE, folder / DOCUMENT
        if not private.is_file() or not document.is_file():
            raise HpclabError(
                f"There is no key in {folder}; expected {PRIVATE} and {DOCUMENT}, as "
                "`autograder badge keygen FOLDER` makes them."
            )
        if private.stat().st_mode & 0o077:
            raise HpclabError(
                f"{private} can be read by others; expected mode 0600. Run `chmod 600 {private}`, "
                "and make another key if somebody may have read this one."
            )
        return cls(folder, _issuer_in(_json(read_small(document), document), document))

    def sign(self, credential: OpenBadgeCredential) -> str:
        """The credential as a compact JWT, which this key's own did.json then verifies."""
        with _said_plainly(f"The key in {self.folder} cannot sign"):
            token = self._signer.sign(credential)
            self._verifier.verify(token)
        return token

    @cached_property
    def _signer(self) -> OB3Signer:  # kept, since reading an RSA key takes longer than signing
        return OB3Signer((self.folder / PRIVATE).read_bytes(), algorithm="RS256")

    @cached_property
    def _verifier(self) -> OB3Verifier:
        return read_verifier(self.folder / DOCUMENT)


def make_key(folder: Path, url: str, course: Path) -> CentreKey:
    """Write a new key pair into `folder`, which must be new or empty, all of it or nothing.

    url: the https address below which the centre publishes did.json. course: the folder of the
    course; HpclabError where git would track the key there, or in any repository.
    """
    did = _did(url)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HpclabError(
            f"{folder} is there already, and a key is never overwritten: badges that it signed "
            "could no longer be verified. Name a folder that is new or empty."
        )
    _check_untracked(folder, course.resolve())
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # mode 0700
    try:
        private, public = KeyRSA(key_size=_BITS).generate_keypair()
        (beside / PRIVATE).touch(mode=0o600)
        (beside / PRIVATE).write_bytes(private)
        (beside / PUBLIC).write_bytes(public)
        document = build_did_document(did, [("key-1", public_jwk_from_pem(public))])
        (beside / DOCUMENT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        beside.rename(folder)  # fails where somebody else has put something there
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return CentreKey(folder, did)


def published_at(did: str) -> str:
    """The address where the document of a did:web is looked for."""
    host, *path = map(unquote, did.removeprefix("did:web:").split(":"))
    return f"https://{'/'.join([host, *(path or ['.well-known'])])}/{DOCUMENT}"


def read_verifier(path: Path) -> OB3Verifier:
    """What verifies with the public key in a file: PEM, JWK, or a did:web document.

    With a document, a badge must name its DID as the issuer. Nothing is asked of the network.
    """
    text = read_small(path).decode(errors="replace").strip()
    if "PRIVATE KEY" in text:
        raise HpclabError(
            f"{path} is a private key, which nobody needs to verify a badge. Give the public one: "
            f"{PUBLIC} or {DOCUMENT}."
        )
    with _said_plainly(f"{path} is no public key that can be used"):
        if not text.startswith("{"):
            return OB3Verifier(text)
        document = _json(text.encode(), path)
        if "verificationMethod" in document:
            did = _issuer_in(document, path)
            return OB3Verifier.for_issuer_did(did, download=lambda url: text.encode())
        # openbadgeslib reads a JWK inside a document only.
        wrapped = json.dumps({"verificationMethod": [{"publicKeyJwk": document}]}).encode()
        return OB3Verifier(resolve_did("did:web:jwk.invalid", download=lambda url: wrapped))


def read_badge(path: Path, verifier: OB3Verifier) -> OpenBadgeCredential:
    """The credential in a file, if the key signed it as it stands and it has not expired."""
    try:
        token = read_small(path).decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if token.count(".") != 2:
        raise HpclabError(
            f"{path} is not a badge: expected one signed token, three parts with a full stop "
            "between. Was the file cut short? Ask for the .jwt file as it was issued."
        )
    with _said_plainly(
        f"{path} is not a valid badge",
        "Expected the file as it was issued, and the public key of the centre that issued it.",
    ):
        return verifier.verify(token)


def read_small(path: Path) -> bytes:
    """The bytes of a plain file; HpclabError where there is none, or one too large."""
    if not path.is_file():
        raise HpclabError(f"There is no file {path}; expected a badge or a public key there.")
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise HpclabError(
            f"{path} is too large for a badge or a key: more than {_LARGEST:,} bytes."
        )
    return data


@contextmanager
def _said_plainly(what: str, then: str = "") -> Iterator[None]:
    """A sentence of openbadgeslib's becomes one of ours, with what to do then."""
    try:
        yield
    # ValueError and the like: what a hostile token can make a parser below raise.
    except (LibOpenBadgesException, ValueError, TypeError, RecursionError, OverflowError) as error:
        said = "".join(one if one.isprintable() else "?" for one in str(error)).rstrip(".")
        raise HpclabError(f"{what}: {said[:300]}. {then}".rstrip()) from None


def _did(url: str) -> str:
    try:
        did = did_web_from_url(url)
    except ValueError as error:
        raise HpclabError(
            f"'{url}' cannot name the centre: {error}. Expected an address such as "
            "https://badges.your-centre.eu, with --url or as `url` in course.toml."
        ) from None
    host = urlsplit(url).hostname or ""
    if host.split(".")[-2:-1] == ["example"]:
        raise HpclabError(
            f"'{url}' is an example's address, where nobody can publish a key. Put your centre's "
            "own into course.toml as `url`, or give it with --url."
        )
    return did


def _check_untracked(folder: Path, course: Path) -> None:
    """Refuse a place where `git add` would take the private key."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    command = ["git", "-C", str(there), "check-ignore", "--quiet", str(folder / PRIVATE)]
    try:
        code = subprocess.run(command, capture_output=True).returncode
    except FileNotFoundError:  # no git here, but perhaps elsewhere
        code = 128
    # 0: ignored; 1: git would track it; 128: no repository, as far as git can tell.
    if code == 1 or (code != 0 and folder.is_relative_to(course)):
        raise HpclabError(
            f"{folder} lies in a repository, and git would track the private key. Name a folder "
            "outside, such as ~/badge-key."
        )


def _issuer_in(document: dict[str, object], path: Path) -> str:
    did = document.get("id")
    if not isinstance(did, str) or not did.startswith("did:web:"):
        raise HpclabError(f"{path} is no did:web document: its id is {did!r:.80}.")
    return did


def _json(data: bytes, path: Path) -> dict[str, object]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HpclabError(f"{path} is not JSON that can be read: {str(error)[:80]}.") from None
    if not isinstance(document, dict):
        raise HpclabError(f"{path} is no public key: expected an object in JSON.")
    return document
