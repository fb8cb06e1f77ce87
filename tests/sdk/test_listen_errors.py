"""An address that cannot be listened on is told with what to name in its place."""

import errno
import socket

import pytest

from sealmote.common.listen_errors import explain


def refusal(host: str, port: int) -> str:
    """Return the words for what the system says to a listener there."""
    with pytest.raises(OSError) as refused:  # noqa: PT011 - which one is the system's word
        socket.create_server((host, port)).close()
    return explain(host, port, refused.value)


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        told = refusal("127.0.0.1", port)
    assert told.startswith(f"cannot listen on 127.0.0.1 port {port}: ")
    assert told.endswith("choose another port")


def test_an_address_of_another_machine_is_not_mended_by_a_port() -> None:
    told = refusal("203.0.113.1", 0)  # RFC 5737: nobody's
    assert "no such address" in told
    assert "another port" not in told


def test_a_name_that_is_nobodys() -> None:
    unknown = socket.gaierror(
        socket.EAI_NONAME, "Name or service not known"
    )  # as asyncio passes it on
    assert explain("nowhere.invalid", 0, unknown).endswith("choose an address of this machine")


def test_a_port_of_the_superusers_and_anything_else() -> None:
    assert "above 1023" in explain("::1", 80, PermissionError(errno.EACCES, "Permission denied"))
    other = explain("::1", 80, OSError("could not bind on any address"))
    assert other.endswith("could not bind on any address; choose another address or port")
