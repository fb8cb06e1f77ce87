"""Whatever RFC 9112 lets a server answer is read, in whatever pieces it comes; anything else is refused."""

import asyncio
import string
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.errors import UplinkError
from mote.uplink import http_answer
from mote.uplink import http_date as httpdate

BODY = b"acknowledged"
HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 12\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

WHOLE = {
    "length": HEAD + LENGTH + b"\r\n" + BODY,
    "and more than that": HEAD + LENGTH + b"\r\n" + BODY + b"HTTP/1.1 200 OK\r\n\r\n",
    "equal lengths": HEAD + LENGTH + LENGTH + b"Content-Length: 12, 12\r\n\r\n" + BODY,
    "zeros before": HEAD + b"Content-Length: 000012\r\n\r\n" + BODY,
    "lower case": HEAD + b"content-length:12\r\n\r\n" + BODY,
    "upper case": HEAD + b"CONTENT-LENGTH:\t12 \t\r\n\r\n" + BODY,
    "space before the colon": HEAD + b"Content-Length : 12\r\n\r\n" + BODY,
    "folded": HEAD + b"X: y\r\n Content-Length: 5\r\nContent-Length:\r\n\t12\r\n\r\n" + BODY,
    "space after the status line": HEAD + b"  X: y\r\n" + LENGTH + b"\r\n" + BODY,
    "line feeds alone": (HEAD + LENGTH + b"\r\n").replace(b"\r", b"") + BODY,
    "no reason": b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + BODY,
    "an empty reason": b"HTTP/1.1 200 \r\n" + LENGTH + b"\r\n" + BODY,
    "a reason in Latin-1": b"HTTP/1.1 200 D\xe9j\xe0\r\n" + LENGTH + b"\r\n" + BODY,
    "until the end": HEAD + b"Connection: close\r\n\r\n" + BODY,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "identity": HEAD + b"Transfer-Encoding: identity\r\nContent-Encoding: identity\r\n\r\n" + BODY,
    "a long field": HEAD + b"Set-Cookie: " + b"x" * 12000 + b"\r\n" + LENGTH + b"\r\n" + BODY,
    "100": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + LENGTH + b"\r\n" + BODY,
    "102, 103 and 103": b"HTTP/1.1 102 Processing\r\n\r\n"
    + b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 2
    + b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
    "chunks": CHUNKED + b"5\r\nackno\r\n7\r\nwledged\r\n0\r\n\r\n",
    "extensions and trailers": CHUNKED
    + b'00C ;a;b="c;d"\r\nacknowledged\r\n0;last\r\nX-Sum: 1\r\nDate: never\r\n\r\n',
    "spaces after the size": CHUNKED + b"c   \r\nacknowledged\r\n0  \r\n\r\n",
    "chunks beside a length": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n"
    + b"C\r\nacknowledged\r\n0\r\n\r\n",
    "a cookie of 4 kB": HEAD + b"Set-Cookie: " + b"c" * 4000 + b"\r\n" + LENGTH + b"\r\n" + BODY,
    "a hundred fields": HEAD + b"X-Proxy: something or other\r\n" * 100 + LENGTH + b"\r\n" + BODY,
}  # fmt: skip

REFUSED = {
    "a mail server": (b"220 mail.example ESMTP\r\n\r\n", "not HTTP/1"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "not HTTP/1"),
    "no status": (b"HTTP/1.1\r\n\r\n", "not HTTP/1"),
    "an alert of TLS": (bytes.fromhex("15030100020246"), "begin with https://"),
    "nothing": (b"", "ended within the answer, after 0 bytes"),
    "an interim one alone": (b"HTTP/1.1 100 Continue\r\n\r\n", "ended within"),
    "half a head": (HEAD + LENGTH, "ended within the answer, after 37 bytes"),
    "half a body": (HEAD + LENGTH + b"\r\nackn", "ended within"),
    "half a chunk": (CHUNKED + b"C\r\nackn", "ended within"),
    "no last chunk": (CHUNKED + b"C\r\nacknowledged\r\n", "ended within"),
    "a chunk that is longer": (CHUNKED + b"4\r\nacknowledged\r\n0\r\n\r\n", "longer than it says"),
    "a chunk of minus one": (CHUNKED + b"-1\r\n\r\n", "a chunk without a size"),
    "a chunk of 0x10": (CHUNKED + b"0x10\r\n\r\n", "a chunk without a size"),
    "a huge chunk": (CHUNKED + b"ffffffffffffffffff\r\n", "more than 16384 bytes"),
    "endless chunks": (CHUNKED + b"400\r\n" + b"x" * 1024 + b"\r\n" + b"4000\r\n", "more than 16384"),
    "other lengths": (HEAD + LENGTH + b"Content-Length: 13\r\n\r\n", "differs"),
    "a length of minus one": (HEAD + b"Content-Length: -1\r\n\r\n", "is no number"),
    "a huge length": (HEAD + b"Content-Length: 16385\r\n\r\n", "more than 16384 bytes"),
    "a body without an end": (HEAD + b"\r\n" + b"x" * 16385, "more than 16384 bytes"),
    "an endless line": (HEAD + b"X: " + b"x" * 16384, "longer than 16384 bytes"),
    "an endless head": (HEAD + b"X: y\r\n" * 4000, "longer than 16384 bytes"),
    "endless interim ones": (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "longer than 16384 bytes"),
    "compressed": (HEAD + b"Content-Encoding: br, gzip\r\n\r\n", "compressed"),
    "coded": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "coding that nobody asked for"),
}  # fmt: skip


class Pieces:
    """A stream whose bytes come cut at ``cuts``."""

    def __init__(self, data: bytes, cuts: set[int]) -> None:
        edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
        self._pieces = [data[a:b] for a, b in pairwise(edges) if a < b]

    async def read(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def read(data: bytes, cuts: set[int] | None = None) -> tuple[Any, ...]:
    """What an answer comes to: status, fields and body, or an error."""
    try:
        return tuple(asyncio.run(http_answer.read(Pieces(data, cuts or set()))))
    except UplinkError as error:
        return ("refused", str(error))


@pytest.mark.parametrize("kind", WHOLE)
def test_what_a_server_may_answer_is_read(kind: str) -> None:
    status, _, body = read(WHOLE[kind])
    assert (status, body) == (200, BODY)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_whole_is_refused(kind: str) -> None:
    data, reason = REFUSED[kind]
    said, why = read(data)
    assert said == "refused"
    assert reason in why


ON_A_BOARD = """
import asyncio
from binascii import unhexlify
from mote.errors import UplinkError
from mote.uplink import http_answer as answer, http_date as httpdate

class Pieces:
    def __init__(self, data, size):
        self.data, self.size = data, size

    async def read(self, size):
        piece = self.data[: min(size, self.size)]
        self.data = self.data[len(piece) :]
        return piece

def read(data, size):
    try:
        return str(asyncio.run(answer.read(Pieces(data, size)))[2], "utf-8")
    except UplinkError as error:
        return str(error)

for one in answers:
    print(json.dumps([read(unhexlify(one), size) for size in (max(len(one) // 800, 1), 7, 512)]))
print(json.dumps([httpdate.unix(one.encode()) for one in dates]))
"""


def test_a_board_reads_the_same(micropython: Any) -> None:
    answers = [*WHOLE.values(), *(data for data, _ in REFUSED.values())]
    dates = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "", "soon"]
    *said, unix = micropython(ON_A_BOARD, answers=[one.hex() for one in answers], dates=dates)
    for data, found in zip(answers, said, strict=True):
        status, *_, last = read(data)
        assert found == [last if status == "refused" else last.decode()] * 3
    assert unix == [httpdate.unix(date.encode()) for date in dates]


def test_another_status_has_fields_and_no_body() -> None:
    data = b"HTTP/1.1 503 Busy\r\nretry-after: 60\r\nLocation: /a, b\r\nContent-Length: 99999\r\n\r\nno"
    status, fields, body = read(data)
    assert (status, body) == (503, b"")
    assert fields[b"retry-after"] == b"60"
    assert fields[b"location"] == b"/a, b"
    assert read(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")[0] == 101, "nobody asked for it"


ANSWERS = st.sampled_from([*WHOLE.values(), *(data for data, _ in REFUSED.values())])


@given(ANSWERS, st.sets(st.integers(1, 400)))
def test_any_cut_gives_the_same(data: bytes, cuts: set[int]) -> None:
    assert read(data, cuts) == read(data)


@pytest.mark.parametrize("kind", WHOLE)
def test_byte_by_byte_gives_the_same(kind: str) -> None:
    assert read(WHOLE[kind], set(range(len(WHOLE[kind])))) == read(WHOLE[kind])


@given(ANSWERS, st.data())
def test_damage_is_read_or_refused_and_nothing_else(data: bytes, more: st.DataObject) -> None:
    at = more.draw(st.integers(0, min(len(data), 300)))
    cut = more.draw(st.integers(0, 30))
    damaged = data[:at] + more.draw(st.binary(max_size=8)) + data[at + cut :]
    cuts = more.draw(st.sets(st.integers(1, 400), max_size=8))
    assert read(damaged, cuts) == read(damaged)


TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))


@given(TIMES.map(lambda time: time.replace(microsecond=0)))
def test_the_three_forms_of_a_date(time: datetime) -> None:
    forms = (
        format_datetime(time, usegmt=True),
        time.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        time.strftime("%a %b %e %H:%M:%S %Y"),
    )
    assert [httpdate.unix(form.encode()) for form in forms] == [int(time.timestamp())] * 3


@given(st.text(string.printable).map(str.encode) | st.binary())
def test_what_is_no_date_is_none_or_a_number(text: bytes) -> None:
    assert httpdate.unix(text) is None or isinstance(httpdate.unix(text), int)


@pytest.mark.parametrize("text", [b"", b"soon", b"120.5", b"Sun, 06 Foo 1994 08:49:37 GMT", b"-1"])
def test_what_is_no_date_is_none(text: bytes) -> None:
    assert httpdate.unix(text) is None
