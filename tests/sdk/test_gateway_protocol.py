"""What HTTP itself asks of the gateway (RFC 9110): methods, forms of an answer, encodings, names."""

import csv
import io
import logging
import re
import socket
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.gateway.reports import derived_times
from sealmote.gateway.web.app import ROUTES

MANY = 250
GETS = sorted({path for method, path, _ in ROUTES if method == "GET"})


def raw_answer(live: Any, sent: bytes) -> bytes:
    """Send bytes as they are and return all that comes back."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE_S) as made:
        made.sendall(sent)
        answer = b""
        while part := made.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize("template", GETS)
def test_head_is_answered_as_get_is_without_a_body(live: Any, board: Any, template: str) -> None:
    live.post(board.seal(0))
    live.wait_published(1)
    for name, value in (("{thumbprint}", board.name), ("{leaf}", "0"), ("{level}", "0")):
        template = template.replace(name, value)
    path = re.sub("{path:.*}", "000.p/1", template)
    got, headed = live.get(path), live.request("HEAD", path)
    assert got.status == headed.status == 200
    assert headed.body == b""
    assert headed.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize("template", GETS)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(
    live: Any, template: str
) -> None:
    path = re.sub("{path:.*}", "000", template).replace("{thumbprint}", "0" * 64)
    path = path.replace("{leaf}", "0").replace("{level}", "0")
    refused = live.request("DELETE", path)
    assert refused.status == 405
    allowed = set(refused.headers["Allow"].replace(" ", "").split(","))
    assert allowed == {"GET", "HEAD"} | {m for m, p, _ in ROUTES if p == template and m != "GET"}


@pytest.mark.parametrize("path", ["/v1/readings", "/v1/devices/" + "0" * 64 + "/challenge"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "zstd", "x"])
def test_an_encoding_that_is_not_taken_is_named(live: Any, path: str, encoding: str) -> None:
    refused = live.request(
        "POST", path, b"x", Content_Type="application/cose", Content_Encoding=encoding
    )
    assert refused.status == 415
    assert refused.headers["Accept-Encoding"] == "identity"


def test_the_identity_encoding_is_none(live: Any, board: Any) -> None:
    reply = live.request(
        "POST",
        "/v1/readings",
        board.seal(0),
        Content_Type="application/cose",
        Content_Encoding="Identity",
    )
    assert reply.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: other\r\nConnection: close\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["an answer", "not found", "expectation", "no request", "another version"],
)
def test_no_answer_names_a_version(live: Any, sent: bytes) -> None:
    answer = raw_answer(live, sent)
    assert re.findall(rb"(?im)^server: (.*)\r$", answer) == [b"sealmote"]
    assert b"aiohttp" not in answer.lower()
    assert b"python" not in answer.lower()


def test_what_is_no_request_is_one_line_in_the_log(
    live: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sealmote")
    for sent in [b"\x16\x03\x01\x02 \r\n\r\nGET / HT"] * 3 + [
        b"GET / HTTP/1.1\r\n\x00: 1\r\n\r\n"
    ] * 3:
        assert raw_answer(live, sent).startswith(b"HTTP/1.0 400") or b" 400 " in raw_answer(
            live, sent
        )
    lines = [record for record in caplog.records if record.name.startswith(("sealmote", "aiohttp"))]
    assert 1 <= len(lines) <= 2  # one for each kind
    for line in lines:
        assert line.exc_info is None
        assert len(line.getMessage().splitlines()) == 1
        assert len(line.getMessage()) < 700


def post_many(live: Any, board: Any) -> None:
    live.post(*(board.seal(number) for number in range(MANY)))


def sequences(text: bytes) -> list[int]:
    return [int(line["sequence"]) for line in csv.DictReader(io.StringIO(text.decode()))]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/readings", {"Accept": "text/csv"}),
        ("/v1/readings?format=csv", {}),
        ("/v1/readings?format=csv", {"Accept": "application/json"}),
    ],
)
def test_csv_has_all_rows(live: Any, board: Any, path: str, headers: dict[str, str]) -> None:
    post_many(live, board)
    reply = live.get(path, **headers)
    assert (reply.status, reply.headers["Transfer-Encoding"]) == (200, "chunked")
    assert "Link" not in reply.headers
    assert sequences(reply.body) == list(range(MANY))
    rest = live.get(f"{path}{'&' if '?' in path else '?'}after=99", **headers)
    assert sequences(rest.body) == list(range(100, MANY))


def test_csv_with_a_limit_comes_in_pages(live: Any, board: Any) -> None:
    post_many(live, board)
    seen, path = [], "/v1/readings?format=csv&limit=60"
    while path:
        reply = live.get(path)
        seen += sequences(reply.body)
        link = re.fullmatch(r'<(.+)>; rel="next"', reply.headers.get("Link", ""))
        path = link[1] if link else ""
    assert seen == list(range(MANY))


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/csv", "text/csv"),
        ("TEXT/CSV; q=0.5", "text/csv"),
        ("text/csv;q=0", None),
        ("text/csv;q=0, */*", "application/json"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv, application/json;q=0.9", "text/csv"),
        ("text/*, application/json;q=0.1", "text/csv"),
        ("text/*;q=0, application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/json;q=0", None),
        ("application/json;q=0, text/*", "text/csv"),
        ("text/html", None),
        ("text/html, */*;q=0.1", "application/json"),
        ("", "application/json"),
        ("text/csv;charset=utf-8", "text/csv"),
        ("text/csv;q=x", "text/csv"),
    ],
)
def test_the_accept_header_is_heeded(live: Any, accept: str, media: str | None) -> None:
    reply = live.get("/v1/readings", Accept=accept)
    if media is None:
        assert reply.status == 406
        assert "format=csv" in reply.json["next_step"]
    else:
        assert reply.status == 200
        assert reply.headers["Content-Type"].split(";")[0] == media
        assert reply.headers["Vary"] == "Accept"


def test_an_export_that_breaks_off_does_not_look_complete(
    live: Any, board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_many(live, board)
    kept, calls = derived_times.derived_times, []

    def failing(*arguments: Any) -> dict[int, int]:
        calls.append(1)
        if len(calls) > 3:
            raise OSError(5, "Input/output error")
        return kept(*arguments)

    monkeypatch.setattr(derived_times, "derived_times", failing)
    answer = b""
    with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE_S) as made:
        made.sendall(b"GET /v1/readings?format=csv HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            while part := made.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    assert answer.startswith(b"HTTP/1.1 200")
    assert not answer.endswith(b"\r\n0\r\n\r\n")  # the last chunk (RFC 9112 section 7.1)
