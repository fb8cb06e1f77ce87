"""A batch and its acknowledgement, over real HTTP, with gateways of every kind."""

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sealmote.crypto import Signer
from sealwire import ack, cbor, cose, envelope, message
from sealwire.keys import ES256
from sealwire.senml import Pack, Record
from sealwire.sequence import split_sequence
from sealwire.statement import Account, Statement

DEVICE = Signer.generate(ES256)

# An outbox in the host's folder, an uplink, and one batch at a time.
SETUP = """
import asyncio
from binascii import unhexlify
from mote import config
from mote.clock import Clock
from mote.errors import UplinkError
from mote.outbox import Outbox
from mote.uplink import Uplink
from sealwire.errors import WireError

outbox = Outbox("outbox", 65536)
for sequence, sealed in enumerate(messages):
    outbox.append(1, sequence, unhexlify(sealed))
clock = Clock('127.0.0.1', 1)
uplink = Uplink(config.read(settings), outbox, clock)
uplink._transport.answer_ms = 700

def send():
    try:
        more = asyncio.run(uplink.send_batch())
        print(json.dumps([more, outbox.kept]))
    except (UplinkError, OSError) as error:
        print(json.dumps([str(error), outbox.kept]))
"""


# A clock that was set just now, and may be off by nothing.
SET = """
import time
clock.resume([int(time.time()) * 1000, 0, 100])
"""


def sealed(sequence: int) -> str:
    now = int(time.time())
    pack = Pack(now, [Record("t", "Cel", 2143, -2)])
    return message.seal(DEVICE, pack, 1, sequence, now).hex()


@pytest.fixture
def send(micropython: Any, board_config: dict[str, Any]) -> Any:
    """Send ``times`` batches out of an outbox of ``count`` messages; returns what each came to."""

    def run(count: int = 3, times: int = 1, before: str = "", **changes: Any) -> list[Any]:
        settings = {key: dict(value) if isinstance(value, dict) else value
                    for key, value in board_config.items()}  # fmt: skip
        for key, value in changes.items():
            section, _, name = key.partition("_")
            settings[section][name] = value
        messages = [sealed(n) for n in range(count)]
        script = SETUP + before + "send()\n" * times
        said = micropython(script, settings=settings, messages=messages)
        return [line for line in said if isinstance(line, list)]

    return run


def test_a_batch_leaves_on_the_gateways_word(send: Any, stub_gateway: Any) -> None:
    assert send(3) == [[False, 0]]
    assert stub_gateway.numbers() == [(1, 0), (1, 1), (1, 2)]
    assert stub_gateway.requests == [("application/cbor-seq", 3)]


def test_a_single_message_goes_as_cose(send: Any, stub_gateway: Any) -> None:
    assert send(1) == [[False, 0]]
    assert stub_gateway.requests == [("application/cose", 1)]


def test_batches_follow_one_another(send: Any, stub_gateway: Any) -> None:
    assert send(5, 4, upload_batch=2) == [[True, 3], [True, 1], [False, 0], [False, 0]]
    assert len(stub_gateway.messages) == 5


def test_duplicates_leave_too(send: Any, stub_gateway: Any) -> None:
    stub_gateway.judge = lambda item: ack.Outcome(
        cose.leaf_hash(item), ack.DUPLICATE, None, cose.leaf_hash(item), int(time.time()) + 60
    )
    assert send(3) == [[False, 0]]


def test_a_final_refusal_leaves_and_retry_stays(send: Any, stub_gateway: Any) -> None:
    def judge(item: bytes) -> ack.Outcome:
        if message.parse(item).header.sequence == 1:
            return ack.Outcome(cose.leaf_hash(item), ack.REFUSED, 4)
        return ack.Outcome(cose.leaf_hash(item), ack.RETRY, 9)

    stub_gateway.judge = judge
    assert send(3, 2) == [[True, 2], ["the gateway asks to send it again later: busy", 2]]


def test_dropped_ranges_are_forgotten_once_a_statement_of_them_is_accepted(
    micropython: Any, board_config: dict[str, Any]
) -> None:
    account = Account(0, 0, dropped=[(1, 5, 9, 0, None)])
    stated = Statement(bytes(6), b"test", 1, 1, "sealmote", "0", account)
    sealed_statement = message.seal(DEVICE, stated, 1, 0, None).hex()
    script = """
outbox.ledger.add([(1, 5, 9, 0, b""), (1, 20, 20, 0, b"")])
print(json.dumps(outbox.ledger.ranges(9)))
send()
print(json.dumps(Outbox("outbox", 65536).ledger.ranges(9)))
"""
    said = micropython(SETUP + script, settings=board_config, messages=[sealed_statement])
    assert [line for line in said if isinstance(line, list)] == [
        [[1, 5, 9], [1, 20, 20]],
        [False, 0],
        [[1, 20, 20]],
    ]


def other_key(gateway: Any, items: list[ack.Outcome]) -> bytes:
    now = int(time.time())
    acknowledgement = ack.Acknowledgement("sealmote.example/test", now, now + 60, items)
    return ack.seal(Signer.generate(ES256), acknowledgement)


def flipped(gateway: Any, items: list[ack.Outcome]) -> bytes:
    made = bytearray(gateway.acknowledge(items))
    made[-1] ^= 1
    return bytes(made)


UNSOUND: dict[str, Any] = {
    "another key": other_key,
    "a flipped bit": flipped,
    "another log": lambda gateway, items: gateway.acknowledge(items, "sealmote.example/other"),
    "cut": lambda gateway, items: gateway.acknowledge(items)[:-1],
    "more": lambda gateway, items: gateway.acknowledge(items) + b"\0",
    "nothing": lambda gateway, items: b"",
    "text": lambda gateway, items: b"accepted",
}


@pytest.mark.parametrize("kind", UNSOUND)
def test_an_unsound_acknowledgement_lets_nothing_go(
    send: Any, stub_gateway: Any, kind: str
) -> None:
    async def respond(request: web.Request) -> web.Response:
        await request.read()
        items = [ack.Outcome(cose.leaf_hash(bytes.fromhex(m)), ack.ACCEPTED) for m in [sealed(0)]]
        return web.Response(body=UNSOUND[kind](stub_gateway, items))

    stub_gateway.respond = respond
    ((said, kept),) = send(1)
    assert "not the pinned gateway's" in said
    assert kept == 1


DAY, YEAR = 86_400, 31_557_600
OTHER = bytes(range(32))


def outcome(result: int, *rest: Any) -> Callable[[bytes], list[Any]]:
    return lambda leaf: [leaf, result, *rest]


def again(first_log_by: int, first: bytes | None = None) -> Callable[[bytes], list[Any]]:
    """A duplicate; its promise is so many seconds from now."""
    return lambda leaf: [leaf, ack.DUPLICATE, first or leaf, int(time.time()) + first_log_by]


accepted = outcome(ack.ACCEPTED)

# (issued, log_by, outcomes of the one message) as seconds from now, and what the board says of it.
UNTRUE: dict[str, tuple[int, int, list[Any], str]] = {
    "for the year 36800": (0, 34_773 * YEAR, [accepted], "after issued"),
    "a day and a second": (0, DAY + 1, [accepted], "log_by is 86401 s after issued"),
    "before it was given": (0, -1, [accepted], "log_by is -1 s after issued"),
    "accepted and refused": (0, 60, [accepted, outcome(ack.REFUSED, 5)], "contradictory"),
    "busy and a duplicate": (0, 60, [outcome(ack.RETRY, 9), again(60)], "contradictory"),
    "refused and busy": (0, 60, [outcome(ack.REFUSED, 5), outcome(ack.RETRY, 9)], "contradictory"),
    "refused for good as busy": (0, 60, [outcome(ack.REFUSED, 9)], "for later: busy"),
    "refused for good as unknown": (0, 60, [outcome(ack.REFUSED, 2)], "unknown device"),
    "of a leaf that never was": (0, 60, [again(60, OTHER)], "has not sealed"),
    "first promised a day from now": (0, 60, [again(DAY + 1)], "still to come"),
    "first promised years ago": (0, 60, [again(-10 * YEAR)], "before it was sealed"),
}
# The same of its clock alone.
ASTRAY: dict[str, int] = {"ten years ago": -10 * YEAR, "an hour ago": -3600, "tomorrow": DAY}


def answering(gateway: Any, issued: int, log_by: int, outcomes: list[Any]) -> None:
    """Have the gateway answer each message of a batch so, whatever it is."""

    async def respond(request: web.Request) -> web.Response:
        body = await request.read()
        several = request.content_type == "application/cbor-seq"
        leaves = [cose.leaf_hash(one) for one in (split_sequence(body, 256) if several else [body])]
        now = int(time.time())
        items = [make(leaf) for leaf in leaves for make in outcomes]
        fields = {1: "sealmote.example/test", 2: now + issued, 3: now + log_by, 4: items}
        return web.Response(body=envelope.seal(gateway.signer, ack.MEDIA_TYPE, cbor.encode(fields)))

    gateway.respond = respond


@pytest.mark.parametrize("clock", ["set", "unset"])
@pytest.mark.parametrize("kind", UNTRUE)
def test_a_promise_that_cannot_be_true_settles_nothing(
    send: Any, stub_gateway: Any, kind: str, clock: str
) -> None:
    issued, log_by, outcomes, reason = UNTRUE[kind]
    answering(stub_gateway, issued, log_by, outcomes)
    ((said, kept),) = send(1, before=SET if clock == "set" else "")
    assert "cannot be true, all is kept" in said
    assert reason in said
    assert kept == 1


@pytest.mark.parametrize("kind", ASTRAY)
def test_a_promise_of_another_time_is_believed_by_a_board_without_one_alone(
    send: Any, stub_gateway: Any, kind: str
) -> None:
    answering(stub_gateway, ASTRAY[kind], ASTRAY[kind] + 60, [accepted])
    ((said, kept),) = send(1, before=SET)
    assert re.search(r"the gateway's clock is -?\d+ s off this board's; 300 are believed", said)
    assert kept == 1
    assert send(1) == [[False, 0]]


@pytest.mark.parametrize(("issued", "doubt_s", "kept"), [(-290, 0, 0), (-340, 50, 0), (-340, 0, 1)])
def test_what_the_board_does_not_know_of_its_clock_is_allowed_for(
    send: Any, stub_gateway: Any, issued: int, doubt_s: int, kept: int
) -> None:
    answering(stub_gateway, issued, issued + DAY, [accepted])
    ((_, left),) = send(1, before=SET + f"clock._round_trip_ms = {2000 * doubt_s}\n")
    assert left == kept


def test_one_that_cannot_be_settled_does_not_hold_up_those_behind_it(
    send: Any, stub_gateway: Any
) -> None:
    def judge(item: bytes) -> ack.Outcome:
        if message.parse(item).header.sequence == 0:
            return ack.Outcome(cose.leaf_hash(item), ack.DUPLICATE, None, OTHER, int(time.time()))
        return stub_gateway.accept(item)  # type: ignore[no-any-return]  # the fixture is Any

    stub_gateway.judge = judge
    said = send(6, 3, upload_batch=2)
    assert [kept for _, kept in said] == [6, 4, 2]
    assert stub_gateway.numbers() == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]


def test_a_message_that_is_kept_twice_is_accepted_and_a_duplicate(
    micropython: Any, board_config: dict[str, Any]
) -> None:
    said = micropython(SETUP + "send()\n", settings=board_config, messages=[sealed(0)] * 2)
    assert said == [[False, 0]]


def test_a_sound_acknowledgement_of_other_messages_lets_nothing_go(
    send: Any, stub_gateway: Any
) -> None:
    stub_gateway.judge = lambda item: ack.Outcome(bytes(32), ack.ACCEPTED)
    assert send(2) == [
        ["the gateway asks to send it again later: no outcome for any of the messages", 2]
    ]


def test_a_batch_that_is_too_large_is_halved(send: Any, stub_gateway: Any) -> None:
    async def respond(request: web.Request) -> web.Response:
        if len(await request.read()) > 150:
            return web.Response(status=413)
        stub_gateway.respond = None
        return web.Response(status=503)

    stub_gateway.respond = respond
    said = send(4, 4)
    assert said[:2] == [[True, 4], [True, 4]]
    assert said[2:] == [["503: the gateway is too busy", 4], [True, 3]]


RAW = {
    "not http": (b"220 mail.example ESMTP\r\n\r\n", "the answer is not HTTP"),
    "not text": (b"HTTP/1.1 200 \xff\xfe\r\n\r\n", "the answer is not HTTP"),
    "nothing": (b"", "the connection ended within the answer, after 0 bytes"),
    "cut head": (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection ended within the answer"),
    "cut body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", "ended within the answer"),
    "no length": (b"HTTP/1.1 200 OK\r\n\r\nabc", "the answer has no length"),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "stands twice",
    ),
    "minus": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "is no number"),
    "huge": (b"HTTP/1.1 200 OK\r\nContent-Length: 16385\r\n\r\n", "more than 16384"),
    "longer than it says": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", "goes on after"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "in chunks"),
    "endless head": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000, "longer than 4096"),
    "elsewhere": (b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", "301: no acknowledgement"),
    "404": (b"HTTP/1.1 404 Not Found\r\n\r\n", "404: no gateway at this url"),
}


class RawServer:
    """Says some bytes to whoever connects; after each byte it pauses, if told to."""

    def __init__(self, answer: bytes, pause: float = 0) -> None:
        self.answer, self.pause = answer, pause
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            for byte in self.answer if self.pause else ():
                writer.write(bytes([byte]))
                await asyncio.sleep(self.pause)
            if not self.pause:
                writer.write(self.answer)
            await asyncio.sleep(0.1)
        finally:
            writer.close()

    async def during(self, work: Any) -> Any:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await asyncio.to_thread(work, port)


def send_to(server: RawServer, send: Any) -> Any:
    return asyncio.run(server.during(lambda port: send(1, gateway_url=f"http://127.0.0.1:{port}")))


@pytest.mark.parametrize("kind", RAW)
def test_an_answer_that_is_not_whole_is_refused(send: Any, kind: str) -> None:
    answer, reason = RAW[kind]
    ((said, kept),) = send_to(RawServer(answer), send)
    assert reason in str(said)
    assert kept == 1


def test_a_gateway_that_answers_byte_by_byte_is_left(send: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(100)
    assert send_to(RawServer(answer, 0.05), send) == [["answering took longer than 0 s", 1]]


def test_nobody_there_is_an_oserror_and_all_stays(send: Any) -> None:
    ((said, kept),) = send(1, gateway_url="http://127.0.0.1:9")
    assert isinstance(said, str)
    assert kept == 1


# TLS


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server context for this machine; its own certificate is NAME.der, the CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    folder.joinpath(f"{name}.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
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
