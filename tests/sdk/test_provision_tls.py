"""`--ca`: the CA certificates that a board knows its https gateway by, checked and put on the board."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from certificates import Authority, over_tls
from patience import PATIENCE_S
from plugged import PluggedBoard, time_served
from sealmote.board.port.ports import Port
from sealmote.board.provision import ProvisioningError
from sealmote.provisioning import ca, flow, target
from sealmote.provisioning.errors import InputError, TargetError
from sealmote.provisioning.provisioning_input import ProvisioningInput
from sealmote.sim import Network

HOME = Network("home", "correct horse")
WIFI = {"wifi": {"ssid": "home", "password": "correct horse"}}
Make = Callable[..., PluggedBoard]


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Make]:
    made: list[PluggedBoard] = []

    def make(config: Any = None) -> PluggedBoard:
        made.append(PluggedBoard(tmp_path, config, wifi=[HOME]))
        return made[-1].plug_in()

    yield make
    for one in made:
        one.unplug()


def provision(
    live: Any, board: PluggedBoard, url: str, file: Path | None, sections: Any = None
) -> list[str]:
    """Do what the command does; return what it says."""
    board.wait_until_it_speaks()
    read = ca.read(file) if file is not None else None
    there = target.choose(str(live.directory), url, read)
    order = flow.ProvisioningRequest(there, ProvisioningInput(sections or {}), ca=read)
    return flow.carry_out(Port(board.port), order, nobody, lambda _: None).changes


def nobody(question: str, hidden: bool) -> str:
    raise AssertionError(question)


def certificates_on(board: PluggedBoard) -> dict[str, bytes]:
    board.unplug()
    found = {p: board.board.read_file(p) for p in board.board.files() if p.startswith("/data/ca")}
    board.plug_in()
    return found


def test_a_ca_is_put_on_the_board_and_rotated(make_board: Make, live: Any, tmp_path: Path) -> None:
    board, old, new = make_board(WIFI), *(Authority(tmp_path, name) for name in ("old", "new"))
    with over_tls(old.server(), live.port) as port:
        url = f"https://127.0.0.1:{port}"
        provision(live, board, url, old.file)
        assert list(certificates_on(board).values()) == [old.der]
        both = tmp_path / "both.pem"
        both.write_bytes(b"The CA until May:\n" + old.pem + b"and from then on:\n" + new.pem)
        (changed,) = provision(live, board, url, both)
        assert changed.startswith("gateway.ca: ")
        assert list(certificates_on(board).values()) == [old.der + new.der]
        assert provision(live, board, url, None, {"log": "debug"}) == ['log: not set → "debug"']
        assert list(certificates_on(board).values()) == [old.der + new.der]
    assert provision(live, board, f"http://127.0.0.1:{live.port}", None)
    assert certificates_on(board) == {}


def test_a_board_delivers_over_the_tls_that_it_was_set_up_for(
    make_board: Make, live: Any, tmp_path: Path
) -> None:
    board, authority = make_board(WIFI), Authority(tmp_path, "one")
    settings: dict[str, Any] = {
        "sample": {"period_s": 1, "sensors": ["chip"]},
        "upload": {"period_s": 1},
    }
    with time_served() as ntp, over_tls(authority.server(), live.port) as port:
        settings["ntp"] = {"host": "127.0.0.1", "port": ntp}
        provision(live, board, f"https://localhost:{port}", authority.file, settings)
        board.board.serial.wait_for("acknowledged", timeout=PATIENCE_S)


def test_a_gateway_of_another_ca_is_refused(live: Any, tmp_path: Path) -> None:
    right, wrong = (Authority(tmp_path, name) for name in ("right", "wrong"))
    with (
        over_tls(right.server(), live.port) as port,
        pytest.raises(
            TargetError, match=r"a board that trusts .*wrong\.pem would not trust https://"
        ),
    ):
        target.choose(str(live.directory), f"https://127.0.0.1:{port}", ca.read(wrong.file))


def test_a_name_that_is_not_in_the_certificate_is_refused(live: Any, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "right")
    elsewhere = x509.SubjectAlternativeName([x509.DNSName("gateway.example")])
    with (
        over_tls(authority.server(elsewhere), live.port) as port,
        pytest.raises(TargetError, match="mismatch"),
    ):
        target.choose(str(live.directory), f"https://127.0.0.1:{port}", ca.read(authority.file))


def test_what_speaks_no_tls_is_said_to_and_what_is_not_there_is_asked_later(
    live: Any, tmp_path: Path
) -> None:
    read = ca.read(Authority(tmp_path, "one").file)
    with pytest.raises(TargetError, match=r"does not speak TLS 1\.2"):
        target.choose(str(live.directory), f"https://127.0.0.1:{live.port}", read)
    assert not target.choose(str(live.directory), "https://127.0.0.1:9", read).answers
    with pytest.raises(TargetError, match="--ca goes with https"):
        target.choose(str(live.directory), f"http://127.0.0.1:{live.port}", read)


def test_a_server_for_tls_1_3_alone_is_named(live: Any, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "one")
    context = authority.server()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with (
        over_tls(context, live.port) as port,
        pytest.raises(TargetError, match=r"does not speak TLS 1\.2, as boards do"),
    ):
        target.choose(str(live.directory), f"https://127.0.0.1:{port}", ca.read(authority.file))


def test_a_path_to_nothing_is_refused_by_the_board(
    make_board: Make, live: Any, tmp_path: Path
) -> None:
    board = make_board(WIFI)
    there = {"gateway": {"ca": "/data/none.der"}}
    with pytest.raises(ProvisioningError, match=r"/data/none\.der .*sealmote provision --ca FILE"):
        provision(live, board, "https://127.0.0.1:9", None, there)
    with pytest.raises(ProvisioningError, match=r"gateway\.ca is needed with https.*--ca FILE"):
        provision(live, board, "https://127.0.0.1:9", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no certificate"),
        (b"hello", "holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "damaged"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", "damaged"),
    ],
)
def test_what_is_no_certificate_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    with pytest.raises(InputError, match=words):
        ca.read(file)


def test_one_that_has_expired_and_one_too_many_are_refused(tmp_path: Path) -> None:
    one, expired = Authority(tmp_path, "one"), Authority(tmp_path, "expired", days=-1)
    with pytest.raises(InputError, match="has expired on 20"):
        ca.read(expired.file)
    one.file.write_bytes(one.pem + expired.pem)
    with pytest.raises(InputError, match="has expired on 20"):
        ca.read(one.file)
    one.file.write_bytes(one.pem * 30)
    with pytest.raises(InputError, match="a board takes 8192"):
        ca.read(one.file)
    with pytest.raises(InputError, match="cannot read"):
        ca.read(tmp_path / "nothing.pem")
    one.file.write_bytes(one.der)
    assert ca.read(one.file).content == one.der


@pytest.mark.parametrize("host", ["h:99999", "[::1", "a..b", "h:x"])
def test_an_address_that_is_none_is_said_to_be(host: str, tmp_path: Path) -> None:
    read = ca.read(Authority(tmp_path, "one").file)
    with pytest.raises(TargetError, match="is no address"):
        ca.matches(read, f"https://{host}/path")
