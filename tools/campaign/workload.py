"""One recorded life of a board, from its first boot on: what every power cut is tried on."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.campaign.peer import (
    NAME,
    NTP_NAME,
    NTP_PORT,
    ORIGIN,
    PORT,
    SIGNER,
    Mailbox,
    Number,
    Peer,
    Received,
)

from sealmote.common import text_encoding
from sealmote.sim import Board, Conditions, Fault, ForkServer, Network, Weather
from sealmote.sim.storage import trace
from sealmote.sim.storage.trace import Operation

WIFI = Network("campaign", "correct horse")
SEED = 1
HEAP_BYTES = 1 << 20
KEPT = re.compile(r" outbox: kept (\d+)/(\d+)$")
BOOTED = re.compile(r" app: sealmote \S+ boot=(\d+) alg=\S+ thumbprint=([0-9a-f]{64})$")

_MAC = bytes.fromhex("02005ea1c0de")
_OUTBOX_BYTES = 16384  # the least there is, so that it has to drop
_PERIOD_S, _CHANGED_PERIOD_S = 20, 30
_WITHIN_S = 600.0  # of real time, for one part of the workload

# Seconds of the board's life. The outage is long enough for the outbox to drop its oldest; each
# watchdog reset comes upon a board that is at work.
_FIRST_LIFE = (
    Fault("gateway-down", at=600, lasts=3000),
    Fault("watchdog", at=4000, every=500),
    Fault("ack-lost", at=4200, lasts=300, share=0.5),
    Fault("switch-off", at=5200),
)
_SECOND_LIFE = (
    Fault("wifi-lost", at=300, lasts=400),
    Fault("clock-jump", at=900, by=-7200),
    Fault("watchdog", at=1000, every=600),
    Fault("switch-off", at=2000),
)
# In the third it sleeps deeply between readings; a wake is no boot, a watchdog reset is.
_THIRD_LIFE = (
    Fault("gateway-down", at=150, lasts=150),
    Fault("watchdog", at=420.02, every=90),
    Fault("switch-off", at=700),
)
_SLEEPING = {"power": {"sleep": True, "send_every": 4}}


@dataclass
class Recording:
    """A board's life.

    flash: before the first operation · times_us: the board's clock behind each operation · kept,
    booted: numbers, and boot numbers with the key's thumbprint, as the board printed them, each with
    the operations done before · lives: how often it was started in all.
    """

    flash: bytes
    operations: list[Operation]
    times_us: list[int]
    kept: list[tuple[int, Number]]
    booted: list[tuple[int, int, str]]
    received: list[Received]
    lives: int

    def kept_before(self, operation: int) -> set[Number]:
        """Numbers whose append had returned when this operation (from 1 on) began."""
        return {number for done, number in self.kept if done < operation}

    def received_before(self, operation: int) -> list[Received]:
        """Return what the gateway had accepted when this operation began."""
        return [received for received in self.received if received.operations < operation]

    def thumbprint_before(self, operation: int) -> str | None:
        """Return the key that the board had shown when this operation began."""
        shown = [thumbprint for done, _, thumbprint in self.booted if done < operation]
        return shown[-1] if shown else None

    def sealed_before(self, operation: int) -> dict[Number, bytes]:
        """Messages that may have been sealed when this operation began, with their bytes.

        All that were kept, and the one that this operation may be keeping.
        """
        boots = [boot for done, boot, _ in self.booted if done < operation]
        coming = [number for done, number in self.kept if done >= operation][:1]
        numbers = self.kept_before(operation) | {n for n in coming if n[0] in boots[-1:]}
        return {r.number: r.raw for r in self.received if r.number in numbers}


def config(period_s: int) -> dict[str, Any]:
    """Return the board's /data/config.json."""
    key = SIGNER.public.cose().hex()
    return {
        "wifi": {"ssid": WIFI.ssid, "password": WIFI.password},
        "gateway": {"url": f"http://{NAME}:{PORT}", "origin": ORIGIN, "key": key},
        "ntp": {"host": NTP_NAME, "port": NTP_PORT},
        "sample": {"period_s": period_s, "sensors": ["bme280"]},
        "outbox": {"max_bytes": _OUTBOX_BYTES},
        "upload": {"batch": 64, "period_s": 15},
        "log": "debug",
    }


def new_board(
    folder: Path, fork_server: ForkServer, firmware: Path | None, *, compiled: bool
) -> Board:
    """Make the board that the workload begins with: firmware and configuration, and no key."""
    board = Board.create(
        folder,
        mac=_MAC,
        wifi=[WIFI],
        weather=Weather.constant(21.5, 45.0, 99000),
        launcher=fork_server,
    )
    board.install(firmware, config(_PERIOD_S), compiled=compiled)
    return board


def conditions(
    peer: Peer, faults: tuple[Fault, ...], *, trace_it: bool = False, seed: int = SEED
) -> Conditions:
    """Conditions of every start in a campaign."""
    return Conditions(
        virtual=True,
        seed=seed,
        faults=faults,
        hosts=peer.hosts,
        heap_bytes=HEAP_BYTES,
        trace=trace_it,
    )


def record(board: Board, peer: Peer) -> Recording:
    """Let the board live through the workload, and return all of it."""
    flash = board.flash_path.read_bytes()
    mailbox = peer.turn_to(Mailbox(board.flash_path, board.shared_state))
    lines: list[str] = []
    board.serial.listen(lambda line: lines.append(line) if line is not None else None)
    _live(board, conditions(peer, _FIRST_LIFE, trace_it=True))
    for change, faults in (({}, _SECOND_LIFE), (_SLEEPING, _THIRD_LIFE)):
        changed = config(_CHANGED_PERIOD_S) | change
        lines += _write_config(board, changed, conditions(peer, (), trace_it=True)).splitlines()
        _live(board, conditions(peer, faults, trace_it=True))
    if mailbox.unsound or mailbox.reused:
        raise AssertionError(f"the workload itself went wrong: {mailbox.unsound} {mailbox.reused}")
    operations = trace.read(board.folder / trace.FILE)
    times, kept, booted = _sorted(lines)
    assert len(times) == len(operations) == board.shared_state.operations
    assert len(kept) == len({number for _, number in kept}), "the workload uses a number twice"
    return Recording(
        flash, operations, times, kept, booted, mailbox.received, board.shared_state.lives
    )


def _live(board: Board, under: Conditions) -> None:
    board.start(under)
    try:
        board.wait_off(_WITHIN_S)
    finally:
        board.kill()


def _write_config(board: Board, changed: dict[str, Any], under: Conditions) -> str:
    """Write another configuration, as `mpremote` does; return what the board printed."""
    text = text_encoding.json_for_board(changed)
    code = f"with open('/data/config.json', 'w') as file:\n    file.write({text!r})\n"
    return board.exec(code, conditions=under)


def _sorted(
    lines: list[str],
) -> tuple[list[int], list[tuple[int, Number]], list[tuple[int, int, str]]]:
    """Return the clock behind each operation, and what was said of kept messages and boots."""
    times: list[int] = []
    kept: list[tuple[int, Number]] = []
    booted: list[tuple[int, int, str]] = []
    for line in lines:
        if found := trace.MARK.fullmatch(line):
            times.append(int(found[2]))
        elif found := KEPT.search(line):
            kept.append((len(times), (int(found[1]), int(found[2]))))
        elif found := BOOTED.search(line):
            booted.append((len(times), int(found[1]), found[2]))
    return times, kept, booted
