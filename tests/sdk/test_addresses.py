"""By which address boards reach this machine: never loopback in silence, never one of several by chance."""

import os
import pty
import socket
import subprocess
from pathlib import Path

import pytest

from commands import SEALMOTE
from patience import PATIENCE_S
from sealmote.gateway import Gateway
from sealmote.provisioning import addresses, target
from sealmote.provisioning.addresses import Address
from sealmote.provisioning.errors import TargetError

LAN, VPN = Address("192.168.1.5", "wlan0"), Address("10.8.0.2", "tun0")


@pytest.fixture
def gateway(tmp_path: Path) -> str:
    Gateway.create(tmp_path / "gateway", "example.org/test").close()
    return str(tmp_path / "gateway")


def has(monkeypatch: pytest.MonkeyPatch, *found: Address) -> None:
    monkeypatch.setattr(addresses, "own", lambda: list(found))


def test_its_own_are_the_system_s_without_loopback() -> None:
    found = addresses.own()
    assert len({one.address for one in found}) == len(found)
    for one in found:
        assert not one.address.startswith("127.")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            here.bind((one.address, 0))  # only one's own address can be bound


def test_the_only_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, LAN)
    assert target.own_address() == "192.168.1.5"


def test_in_no_network_there_is_none(monkeypatch: pytest.MonkeyPatch, gateway: str) -> None:
    has(monkeypatch)
    with pytest.raises(TargetError, match=r"in no network.* --url"):
        target.choose(gateway)


def test_of_several_a_person_chooses(monkeypatch: pytest.MonkeyPatch, gateway: str) -> None:
    has(monkeypatch, VPN, LAN)
    with pytest.raises(TargetError, match=r"10.8.0.2 \(tun0\), 192.168.1.5 \(wlan0\).* --url"):
        target.choose(gateway)
    assert target.own_address(lambda found: found[1].address) == "192.168.1.5"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8470", True),
        ("http://127.9.9.9", True),
        ("http://localhost:8470/x", True),
        ("https://LOCALHOST./", True),
        ("http://gateway.localhost", True),
        ("http://[::1]:8470", True),
        ("http://0.0.0.0:8470", True),
        ("http://192.168.1.5:8470", False),
        ("http://localhost.example.org", False),
        ("http://gateway.example.org", False),
    ],
)
def test_loopback_is_known(url: str, loopback: bool) -> None:
    assert addresses.is_loopback(url) == loopback


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_person_is_asked_before_a_board_is_told_of_loopback(gateway: str, answer: str) -> None:
    ours, theirs = pty.openpty()
    wanted = ["provision", gateway, "--url", "http://127.0.0.1:9", "--port", "/dev/null"]
    with subprocess.Popen(
        [str(SEALMOTE), *wanted], stdin=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        os.write(ours, f"{answer}\n".encode())
        assert process.stderr is not None
        said = " ".join(process.stderr.read().split())
        assert process.wait(PATIENCE_S)
    os.close(ours)
    os.close(theirs)
    assert "leads a real board to itself" in said
    assert ("nothing was changed" in said) == (answer == "n")


def test_without_a_person_it_is_said(gateway: str) -> None:
    done = subprocess.run(
        [str(SEALMOTE), "provision", gateway, "--url", "http://localhost:9", "--port", "/dev/null"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert "leads each board to itself" in " ".join(done.stderr.split())
