"""Another roster, another certificate: `up` again, and servers go on."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.hub.room import Room


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of our own making, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "room.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert, private = tmp_path / "room.pem", tmp_path / "room.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return cert, private


def test_https(room: Room, certificate: tuple[Path, Path]) -> None:
    ada = room.client("ada")
    ada.enter()
    (server,) = room.servers("ada")
    cert, key = certificate
    room.scheme = "https"
    try:
        room.up(f"--https-cert={cert}", f"--https-key={key}")
        secure = room.client("ada")
        assert secure.enter().url.scheme == "https"
        assert room.servers("ada") == [server]
        login = next(c for c in secure.http.cookies.jar if c.name.startswith("jupyterhub-hub"))
        assert login.secure
        assert ssl.get_server_certificate(("127.0.0.1", room.port)) == cert.read_text()
    finally:
        room.scheme = "http"
        room.up()
    assert room.client("ada").enter().url.scheme == "http"


def test_a_roster_that_grows_and_shrinks(room: Room) -> None:
    ada = room.client("ada")
    ada.enter()
    (server,) = room.servers("ada")
    before = dict(room.passwords)
    room.learners += 1
    new = room.names[-1]
    room.write_roster()
    assert "1 made now" in room.up()
    assert set(room.passwords) - set(before) == {room.user(new)}
    late = room.client(new)
    late.enter()
    assert room.servers("ada") == [server]
    assert room.servers(new)
    try:
        room.write_roster(leave_out=new)
        assert f"logged out: {room.user(new)}" in room.up()
        assert room.servers(new) == []
        assert late.get("/course/").url.path == "/hub/login"
        assert late.log_in().status_code == 403
        assert (room.home(new) / "hpclab").is_dir()
        assert ada.get("/course/").status_code == 200
    finally:
        room.write_roster()
        room.up()
    again = room.client(new)  # with another card
    again.enter()
    assert again.read("double/double.ipynb")


def test_a_new_card(room: Room) -> None:
    old = room.client("bob")
    said = room.up(f"--new-card={room.user('bob')}")
    assert "cards: 1 in" in said
    assert old.log_in().status_code == 403
    assert room.client("bob").log_in().status_code == 200
