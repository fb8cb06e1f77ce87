"""Challenges: asked by the operator, given with acknowledgements, answered by a statement in the log."""

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands import run_sealmote
from sealmote.cli import challenge
from sealmote.cli.challenge import show
from sealmote.cli.common.byte_argument import SourceError
from sealmote.crypto import KeyFileError
from sealmote.errors import SealmoteError
from sealmote.gateway import ChallengeError, DeviceError
from sealmote.gateway.web.openapi import document

NONCE = b"the hash of a very recent block"


def kid_of(board: Any) -> bytes:
    kid: bytes = board.signer.public.kid()
    return kid


def named(board: Any) -> bytes:
    return bytes.fromhex(board.name)


def challenges_of(live: Any, board: Any) -> list[Any]:
    found: list[Any] = live.get(f"/v1/devices/{board.name}").json["challenges"]
    return found


def test_it_is_given_until_the_answer_is_there(live: Any, board: Any) -> None:
    before = int(time.time())
    assert live.post(board.seal(0)).challenge is None
    asked = live.gateway.challenge_device(named(board))
    assert len(asked.nonce) == 32
    (shown,) = challenges_of(live, board)
    assert (shown["nonce"], shown["given"], shown["answer"]) == (asked.nonce.hex(), None, None)

    for sequence in (1, 2):
        assert live.post(board.seal(sequence)).challenge == (kid_of(board), asked.nonce)
    (shown,) = challenges_of(live, board)
    assert before <= shown["asked"] <= shown["given"] <= time.time()
    assert shown["answer"] is None

    answer = board.state(3, nonce=asked.nonce)
    assert live.post(answer).challenge is None
    (shown,) = challenges_of(live, board)
    assert shown["answer"]["message"] == answer.hex()
    assert shown["answer"]["nonce"] == asked.nonce.hex()
    assert (shown["answer"]["boot"], shown["answer"]["sequence"]) == (1, 3)
    assert shown["answer"]["counters"]["uplink_failures"] == 3
    assert live.post(board.state(4, nonce=asked.nonce)).challenge is None
    assert challenges_of(live, board) == [shown], "the first answer stands"


def test_others_neither_get_it_nor_answer_it(live: Any, board: Any, make_board: Any) -> None:
    other = make_board()
    live.gateway.add_device(other.signer.public, unproven=True)
    asked = live.gateway.challenge_device(named(board))
    assert live.post(other.seal(0)).challenge is None
    assert live.post(make_board().seal(0)).challenge is None
    assert live.post(other.seal(1), board.seal(0)).challenge == (kid_of(board), asked.nonce)
    live.post(other.state(2, nonce=asked.nonce))
    assert [one["answer"] for one in challenges_of(live, board)] == [None]


def test_an_answer_that_came_before_it_was_given_is_none(live: Any, board: Any) -> None:
    live.gateway.challenge_device(named(board), NONCE)
    assert live.post(board.state(0, nonce=NONCE)).challenge == (kid_of(board), NONCE)
    assert [one["answer"] for one in challenges_of(live, board)] == [None]
    live.post(board.state(1, nonce=NONCE))
    assert challenges_of(live, board)[0]["answer"]["sequence"] == 1


def test_the_newest_goes_first_and_older_ones_are_not_forgotten(
    live: Any, board: Any, make_live: Any, directory: Path
) -> None:
    nonces = [bytes([number]) * 8 for number in range(3)]
    for nonce in nonces:
        live.gateway.challenge_device(named(board), nonce)
    live.stop()
    again = make_live(directory)
    for sequence, nonce in enumerate(reversed(nonces)):
        assert again.post(board.seal(2 * sequence)).challenge == (kid_of(board), nonce)
        again.post(board.state(2 * sequence + 1, nonce=nonce))
    assert again.post(board.seal(9)).challenge is None
    shown = challenges_of(again, board)
    assert [one["nonce"] for one in shown] == [nonce.hex() for nonce in reversed(nonces)]
    assert [one["answer"]["sequence"] for one in shown] == [1, 3, 5]


def test_a_revoked_device_is_asked_nothing(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    live.gateway.challenge_device(named(board))
    live.gateway.revoke_device(named(board))
    assert live.post(board.seal(0)).challenge is None
    with pytest.raises(ChallengeError, match="revoked"):
        live.gateway.challenge_device(named(board))


def test_what_cannot_be_asked(live: Any, board: Any) -> None:
    for size in (0, 7, 65):
        with pytest.raises(ChallengeError, match=f"{size} bytes"):
            live.gateway.challenge_device(named(board), bytes(size))
    with pytest.raises(DeviceError, match="no device"):
        live.gateway.challenge_device(bytes(32))
    live.gateway.challenge_device(named(board), NONCE)
    with pytest.raises(ChallengeError, match="already"):
        live.gateway.challenge_device(named(board), NONCE)
    for _ in range(15):
        live.gateway.challenge_device(named(board))
    with pytest.raises(ChallengeError, match="16 challenges"):
        live.gateway.challenge_device(named(board))


def post(live: Any, name: str, body: bytes | None = None, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return live.request("POST", f"/v1/devices/{name}/challenge", body, **headers)


def test_over_http_it_is_for_the_operator_alone(live: Any, board: Any, directory: Path) -> None:
    file = directory / "operator.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text().strip()
    for wrong in (None, "", "0" * 64, token[:-1], token + "0", "\xff"):  # the last: no UTF-8
        refused = post(live, board.name, token=wrong)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert token not in refused.body.decode()
    assert challenges_of(live, board) == []
    made = post(live, board.name, token=token)
    assert made.status == 201
    assert challenges_of(live, board) == [made.json]
    assert len(bytes.fromhex(made.json["nonce"])) == 32


def test_over_http_requests_are_understood_whole(live: Any, board: Any, directory: Path) -> None:
    token = (directory / "operator.token").read_text().strip()
    body = json.dumps({"nonce": NONCE.hex()}).encode()
    replies = [
        post(live, board.name, body, token),
        post(live, board.name, body, token),
        post(live, "0" * 64, None, token),
        *(
            post(live, board.name, wrong, token)
            for wrong in (b"{}", b"[]", b"nonce", b'{"nonce": 7}', b'{"nonce": "00"}',
                          b'{"nonce": "zz"}', b'{"nonce": "0011223344556677", "more": 1}',
                          b"[" * 100_000)
        ),
    ]  # fmt: skip
    assert [reply.status for reply in replies] == [201, 409, 404] + [400] * 8
    paths: Any = document()["paths"]
    described = paths["/v1/devices/{thumbprint}/challenge"]["post"]["responses"]
    assert {str(reply.status) for reply in replies} | {"401"} <= set(described)
    assert replies[0].json["nonce"] == NONCE.hex()


def test_a_token_file_that_is_none_is_named(directory: Path, make_live: Any) -> None:
    file = directory / "operator.token"
    file.write_text("secret")
    with pytest.raises(KeyFileError, match="chmod 600"):
        make_live(directory)
    file.chmod(0o600)
    with pytest.raises(Exception, match=r"operator\.token holds no token"):
        make_live(directory)


def test_a_gateway_is_asked_for_a_device_as_its_folder_is(
    live: Any, board: Any, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live.gateway.challenge_device(named(board), NONCE)
    live.post(board.seal(0))
    live.post(board.state(1, nonce=NONCE), board.seal(2))
    shown = []
    for gateway in (str(directory), f"http://127.0.0.1:{live.port}/"):
        show(gateway, board.name[:8], everything=False, json=True)
        show(gateway, board.name, everything=True, json=False)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert "answered" in shown[0]
    with pytest.raises(SourceError, match=r"no device begins with 0000: see http.*/v1/devices"):
        show(f"http://127.0.0.1:{live.port}", "0000", everything=False, json=False)


@pytest.fixture
def shown(board: Any, directory: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What `sealmote device show` says of the board, on one line."""

    def say() -> str:
        show(str(directory), board.name)
        return " ".join(capsys.readouterr().out.split())

    return say


def test_on_the_command_line(
    live: Any, board: Any, directory: Path, shown: Callable[[], str]
) -> None:
    live.post(board.state(0))
    asked = run_sealmote("gateway", "challenge", str(directory), board.name, "--json")
    assert asked.returncode == 0, asked.stderr
    nonce = json.loads(asked.stdout)["nonce"]
    said = shown()
    assert f"challenge {nonce}" in said
    assert "not yet: the board has sent nothing since" in said
    assert "open for" in said

    live.post(board.seal(1))
    live.post(board.state(2, nonce=bytes.fromhex(nonce)))
    said = shown()
    for part in (
        "boot 1, sequence 2",
        "61 s",
        "48000 bytes",
        "watchdog resets",
        "answers the challenge",
        "clock uncertainty",
        "0-2",
        "the board swears that the missing ones were acknowledged",
    ):
        assert part in said, part
    known = json.loads(run_sealmote("device", "show", str(directory), board.name, "--json").stdout)
    assert known == live.get(f"/v1/devices/{board.name}").json

    for wrong, cause in (("zz", "is no thumbprint"), ("00" * 32, "no device 0000")):
        with pytest.raises(SealmoteError, match=cause):
            challenge.challenge(directory, wrong)


def test_an_open_challenge_is_said_to_be_superseded_by_a_later_one(
    live: Any, board: Any, shown: Callable[[], str]
) -> None:
    first, second = (live.gateway.challenge_device(named(board)).nonce for _ in range(2))
    assert live.post(board.seal(3)).challenge == (kid_of(board), second)
    earlier, _, later = shown().partition(f"challenge {second.hex()}")
    assert f"challenge {first.hex()}" in earlier
    assert f"superseded by the later one, {second.hex()}, until that is answered" in earlier
    assert "superseded" not in later
    assert live.post(board.state(4, nonce=second)).challenge == (kid_of(board), first)
    assert "a later one was answered, and this one is given again" in shown()
    live.post(board.state(5, nonce=first))
    assert "open for" not in shown()
