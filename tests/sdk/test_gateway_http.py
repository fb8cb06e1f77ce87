"""The HTTP interface: what is refused whole, what is shown, and the document that describes it."""

import csv
import http.client
import io
import json
import re
import socket
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patience import PATIENCE_S
from sealmote.gateway import Gateway, Limits, Options
from sealmote.gateway.intake import MAX_BODY, MAX_MESSAGES
from sealwire import ack, message, senml

PROBLEM = "application/problem+json"


def assert_problem(reply: Any, status: int, cause: str) -> None:
    assert reply.status == status
    assert reply.headers["Content-Type"].startswith(PROBLEM)
    body = reply.json
    assert body["status"] == status
    assert cause in body["detail"]
    assert body["next_step"]


def post(live: Any, body: bytes, kind: str = "cbor-seq", **headers: str) -> Any:
    return live.request("POST", "/v1/readings", body, Content_Type=f"application/{kind}", **headers)


def test_other_content_types_and_encodings_are_refused(live: Any, board: Any) -> None:
    assert_problem(post(live, board.seal(0), "json"), 415, "application/json")
    encoded = post(live, board.seal(0), "cose", Content_Encoding="gzip")
    assert_problem(encoded, 415, "compressed")
    parameter = post(live, board.seal(0), 'cose; cose-type="cose-sign1"')
    assert live.opened(parameter).outcomes[0].result == ack.ACCEPTED


def test_a_body_that_is_empty_or_cannot_be_cut_is_refused(live: Any, board: Any) -> None:
    assert_problem(post(live, b""), 400, "empty")
    assert_problem(post(live, board.seal(0)[:-1]), 400, "cannot be cut")
    assert_problem(post(live, b"\x00" * (MAX_MESSAGES + 1)), 400, "more than 256")
    assert live.get("/v1/status").json["size"] == 0


def test_a_body_that_is_too_large_is_refused(live: Any) -> None:
    assert_problem(post(live, bytes(MAX_BODY + 1)), 413, str(MAX_BODY))


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, make_live: Any) -> None:
    hasty = Options(limits=Limits(body_timeout_s=1.0))
    Gateway.create(tmp_path / "hasty", "sealmote.example/test", hasty).close()
    port = make_live(tmp_path / "hasty").port
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as slow:
        slow.sendall(
            b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"
            b"Content-Length: 100\r\n\r\n\xd2\x84"
        )
        answer = slow.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"not complete after 1 s" in answer


def test_overload_is_answered_at_once_and_bounded(live: Any, board: Any) -> None:
    """The writer is held up; what exceeds the bound is told to come again, the rest is taken."""
    most = live.gateway.settings.limits.max_requests
    release = threading.Event()
    live.gateway._store.write(lambda _: release.wait(PATIENCE_S))
    waiting = [
        http.client.HTTPConnection("127.0.0.1", live.port, timeout=PATIENCE_S) for _ in range(most)
    ]
    headers = {"Content-Type": "application/cose"}
    for number, connection in enumerate(waiting):
        connection.request("POST", "/v1/readings", board.seal(number), headers)
    live.wait(lambda: bool(post(live, b"").status == 503))
    refused = post(live, board.seal(1000), "cose")
    assert_problem(refused, 503, "being worked on")
    assert int(refused.headers["Retry-After"]) > 0
    release.set()
    assert {connection.getresponse().status for connection in waiting} == {200}
    assert live.get("/v1/status").json["size"] == most


@given(st.binary(max_size=300), st.sampled_from(["cose", "cbor-seq"]))
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_garbage_is_answered_and_never_accepted(live: Any, body: bytes, kind: str) -> None:
    reply = post(live, body, kind)
    if reply.status == 200:
        results = {outcome.result for outcome in live.opened(reply).outcomes}
        assert results <= {ack.REFUSED, ack.RETRY}
    else:
        assert_problem(reply, 400, "")
    assert live.get("/v1/status").json["size"] == 0


@given(st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_message_that_was_tampered_with_is_never_accepted(
    live: Any, board: Any, data: st.DataObject
) -> None:
    raw = board.seal(0)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    changed = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    if changed in (raw, b""):
        return
    results = {outcome.result for outcome in live.opened(post(live, changed, "cose")).outcomes}
    assert results <= {ack.REFUSED, ack.RETRY}


def test_paths_methods_and_parameters_that_are_not_there(live: Any) -> None:
    assert_problem(live.get("/v1/nothing"), 404, "/v1/nothing")
    assert_problem(live.request("DELETE", "/v1/readings"), 405, "DELETE")
    assert_problem(live.get("/v1/readings?limit=0"), 400, "limit=0")
    assert_problem(live.get("/v1/readings?limit=1&limit=2"), 400, "twice")
    assert_problem(live.get("/v1/readings?colour=red"), 400, "colour")
    assert_problem(live.get("/v1/readings?from=-5"), 400, "from")
    assert_problem(live.get("/v1/readings?format=xml"), 400, "xml")
    assert_problem(live.get("/v1/readings?device=AB"), 400, "AB")
    assert_problem(live.get("/v1/devices/" + "0" * 64), 404, "no device")
    assert_problem(live.get("/v1/devices/" + "A" * 64), 400, "AAAA")


def test_decimals_are_shown_as_they_were_signed(live: Any, board: Any) -> None:
    values = [(-5, -1), (2150, -2), (1, -9), (9_007_199_254_740_993, -3), (0, 0), (-(2**63) + 1, 0)]
    records = [senml.Record(f"v{n}", None, *value) for n, value in enumerate(values)]
    raw = message.seal(board.signer, senml.Pack(1_763_000_000, records), 3, 9, 1_763_000_000)
    live.post(raw)
    exact = [Decimal(mantissa).scaleb(exponent) for mantissa, exponent in values]
    page = json.loads(live.get("/v1/readings").body, parse_float=Decimal)
    (reading,) = page["readings"]
    assert [Decimal(record["value"]) for record in reading["records"]] == exact
    assert b'"value": 21.50' in live.get("/v1/readings").body
    assert (reading["boot"], reading["sequence"], reading["time"]) == (3, 9, 1_763_000_000)
    assert bytes.fromhex(reading["message"]) == raw
    lines = list(csv.DictReader(io.StringIO(live.get("/v1/readings?format=csv").body.decode())))
    assert [Decimal(line["value"]) for line in lines] == exact
    assert {line["device"] for line in lines} == {board.name}


def test_readings_without_a_time_are_dated_by_a_later_statement(live: Any, board: Any) -> None:
    def undated(number: int, boot: int) -> bytes:
        return bytes(board.seal(number, boot=boot, iat=None))  # uptime 12

    live.post(*(undated(n, 2) for n in (3, 1, 5)), undated(0, 4), board.seal(4, boot=2))
    derived = "/v1/readings?format=json"
    assert {r["derived_time"] for r in live.get(derived).json["readings"]} == {None}
    live.post(board.state(4 + 2, boot=1), board.state(4, boot=5), board.state(2, boot=2))
    shown = {
        (r["boot"], r["sequence"]): (r["time"], r["derived_time"])
        for r in live.get(derived).json["readings"]
    }
    at = 1_763_000_000 - 61 + 12  # the statement's time and uptime, the reading's uptime
    assert shown == {
        (2, 1): (None, at), (2, 3): (None, None), (2, 5): (None, None), (4, 0): (None, None),
        (2, 4): (1_763_000_000, None),
    }  # fmt: skip
    live.post(board.state(6, boot=2))
    lines = csv.DictReader(io.StringIO(live.get("/v1/readings?format=csv&boot=2").body.decode()))
    assert {line["sequence"]: line["derived_time"] for line in lines} == {
        "1": str(at), "3": str(at), "5": str(at), "4": "",
    }  # fmt: skip


def test_csv_by_the_accept_header(live: Any, board: Any) -> None:
    live.post(board.seal(0, iat=None))
    reply = live.get("/v1/readings", Accept="text/csv")
    assert reply.headers["Content-Type"].startswith("text/csv")
    line = next(csv.DictReader(io.StringIO(reply.body.decode())))
    assert (line["name"], line["unit"], line["value"], line["time"]) == (
        "temperature",
        "Cel",
        "21.50",
        "",
    )


def test_readings_come_in_pages_by_device_boot_and_time(live: Any, board: Any) -> None:
    other = type(board)()
    live.gateway.add_device(other.signer.public, unproven=True)
    live.post(*(board.seal(n, boot=1 + n % 2, iat=1_700_000_000 + n) for n in range(25)))
    live.post(*(other.seal(n) for n in range(5)))
    live.post(board.state(100))

    def numbers(query: str) -> list[int]:
        return [item["sequence"] for item in live.get(f"/v1/readings?{query}").json["readings"]]

    assert numbers(f"device={other.name}") == list(range(5))
    assert numbers(f"device={board.name}&boot=2") == list(range(1, 25, 2))
    assert numbers("from=1700000003&to=1700000006") == [3, 4, 5]
    assert numbers("limit=1000") == [*range(25), *range(5)]
    seen, path = [], f"/v1/readings?device={board.name}&limit=10"
    while path:
        reply = live.get(path)
        seen += [item["sequence"] for item in reply.json["readings"]]
        link = re.fullmatch(r'<(.+)>; rel="next"', reply.headers.get("Link", ""))
        assert (link is None) == (reply.json["after"] is None)
        path = link[1] if link else ""
    assert seen == list(range(25))


def test_a_device_shows_its_gaps_and_statements(live: Any, board: Any) -> None:
    before = int(time.time())
    live.post(board.state(0), board.seal(1), board.seal(4), board.seal(0, boot=7), board.seal(9))
    (overview,) = live.get("/v1/devices").json["devices"]
    assert (overview["device"], overview["messages"]) == (board.name, 5)
    assert before <= overview["last_seen"] <= time.time()
    shown = live.get(f"/v1/devices/{board.name}").json
    words = f"refused for good (revoked) by the acknowledgement {bytes(32).hex()}"
    refused = {"cause": "refused", "words": words, "code": 5, "refusal": bytes(32).hex()}
    assert shown["boots"] == [
        {
            "boot": 0, "last": None, "closed": False,
            "logged": [], "dropped": [[3, 4]], "missing": [[0, 2], [5, 7]], "awaited": [],
            "drops": [{"first": 3, "last": 4, **refused}],
        },
        {
            "boot": 1, "last": None, "closed": False,
            "logged": [[0, 1], [4, 4], [9, 9]], "dropped": [], "missing": [],
            "awaited": [[2, 3], [5, 8]], "drops": [],
        },
        {
            "boot": 7, "last": None, "closed": False,
            "logged": [[0, 0]], "dropped": [], "missing": [], "awaited": [],
            "drops": [],
        },
    ]  # fmt: skip
    (said,) = shown["statements"]
    assert (said["sequence"], said["reset_cause"], said["mac"]) == (
        0,
        "power-on",
        "02:aa:bb:cc:dd:ee",
    )
    assert (said["acknowledged_to"], said["dropped"]) == ([0, 7], [[0, 3, 4]])
    assert said["drops"] == [{"boot": 0, "first": 3, "last": 4, **refused}]
    assert said["counters"] == {
        "least_free_heap": 48_000, "uplink_failures": 3, "wifi_joins": 2,
        "sensor_failures": 0, "dropped": 2, "watchdog_resets": 1,
    }  # fmt: skip


def test_the_keys_are_those_that_boards_pin(live: Any) -> None:
    keys = live.get("/v1/keys").json
    assert keys["origin"] == live.gateway.origin
    assert bytes.fromhex(keys["ack_key"]) == live.gateway.ack_key.cose()
    assert keys["log_vkey"] == live.gateway.log_key.vkey()
