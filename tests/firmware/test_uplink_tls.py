"""Over TLS: which certificates count, and what is said of those that do not."""

import asyncio
import contextlib
import socket
import ssl
import threading
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tools.campaign.certificate import self_signed

from outgoing import RawServer, send_to
from sealwire import ack, cose


def certificate(folder: Path, name: str, common_name: str = "a CA") -> ssl.SSLContext:
    """A server context for this machine; its own certificate is NAME.der, the CA, and NAME.crt in PEM."""
    here = IPv4Address("127.0.0.1")
    context, der = self_signed("localhost", here, common_name=common_name)
    folder.joinpath(f"{name}.der").write_bytes(der)
    folder.joinpath(f"{name}.crt").write_text(ssl.DER_cert_to_PEM_cert(der))
    return context


def over_tls(context: ssl.SSLContext, gateway: Any, work: Any) -> Any:
    async def run() -> Any:
        async def post(request: web.Request) -> web.Response:
            item = await request.read()
            outcome = ack.Outcome(cose.leaf_hash(item), ack.ACCEPTED)
            return web.Response(body=gateway.acknowledge([outcome]))

        app = web.Application()
        app.router.add_post("/v1/readings", post)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        try:
            return await asyncio.to_thread(work, runner.addresses[0][1])
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def test_https_checks_the_certificate(tmp_path: Path, send: Any, stub_gateway: Any) -> None:
    context = certificate(tmp_path, "right")
    certificate(tmp_path, "wrong")

    def work(port: int) -> list[Any]:
        url = f"https://localhost:{port}"
        return [
            *send(1, gateway_url=url, gateway_ca="right.der"),
            *send(1, gateway_url=url, gateway_ca="wrong.der"),
        ]

    trusted, distrusted = over_tls(context, stub_gateway, work)
    assert trusted == [False, 0]
    assert distrusted[1] >= 1
    assert "TLS:" in distrusted[0]
    assert "gateway.ca" in distrusted[0]


@pytest.mark.parametrize("names", [("old", "new"), ("new", "old")])
@pytest.mark.parametrize("form", ["der", "crt"])
@pytest.mark.parametrize("same_name", [True, False])
def test_every_certificate_in_the_file_counts(
    tmp_path: Path,
    send: Any,
    stub_gateway: Any,
    names: tuple[str, str],
    form: str,
    same_name: bool,
) -> None:
    context = certificate(tmp_path, "new")
    certificate(tmp_path, "old", "a CA" if same_name else "another CA")
    both = b"".join((tmp_path / f"{name}.{form}").read_bytes() for name in names)
    (tmp_path / "both").write_bytes(both)

    def work(port: int) -> Any:
        return send(1, gateway_url=f"https://localhost:{port}", gateway_ca="both")

    assert over_tls(context, stub_gateway, work) == [[False, 0]]


@pytest.mark.parametrize("made", ["", "cut", "and more", "text"])
def test_a_file_that_is_not_certificates_is_refused(
    tmp_path: Path, micropython: Any, made: str
) -> None:
    certificate(tmp_path, "one")
    one = (tmp_path / "one.der").read_bytes()
    contents = {
        "": b"",
        "cut": one + one[:-1],
        "and more": one + b"\n",
        "text": b"not a certificate",
    }
    (tmp_path / "ca").write_bytes(contents[made])
    script = """
from mote.errors import UplinkError
from mote.uplink import tls
try:
    tls.context("ca")
except UplinkError as error:
    print(json.dumps([str(error)]))
"""
    ((said,),) = micropython(script)
    assert said.startswith("gateway.ca: ca holds no certificates in DER or PEM: ")


def accept_once(context: ssl.SSLContext, listener: socket.socket) -> None:
    """Shake hands with one client, as servers do that say why they end it."""
    with contextlib.suppress(OSError), listener.accept()[0] as connection:
        context.wrap_socket(connection, server_side=True).close()


@pytest.mark.parametrize("told", [True, False])
def test_a_server_with_tls_1_3_alone_is_named(
    tmp_path: Path, send: Any, stub_gateway: Any, told: bool
) -> None:
    context = certificate(tmp_path, "right")
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    def work(port: int) -> Any:
        return send(1, gateway_url=f"https://localhost:{port}", gateway_ca="right.der")

    if told:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=accept_once, args=(context, listener)).start()
            ((said, kept),) = work(listener.getsockname()[1])
    else:  # asyncio's servers close without an alert
        ((said, kept),) = over_tls(context, stub_gateway, work)
    assert said.startswith("TLS: the server ended the handshake; a board speaks TLS 1.2,")
    assert "TLS 1.3 alone?" in said
    assert kept == 1


def test_a_scheme_that_does_not_fit_is_named(tmp_path: Path, send: Any, stub_gateway: Any) -> None:
    certificate(tmp_path, "right")
    plain = f"https://127.0.0.1:{stub_gateway.port}"
    assert send(1, gateway_url=plain, gateway_ca="right.der") == [
        ["TLS: the server does not answer in TLS; check scheme and port of gateway.url", 1]
    ]
    ((said, _),) = send_to(RawServer(bytes.fromhex("15030100020246")), send)
    assert said == "the server speaks TLS: gateway.url has to begin with https://"
