"""Wi-Fi radio: networks in the air, joining one, and the states that the ESP32 port reports.

Nothing runs in the background: what has happened by now is worked out from the clock when somebody
asks. What `status` shows follows MicroPython's ports/esp32/network_wlan.c: the driver's last reason is
kept until an address comes, through new attempts, restarts of the radio and soft resets.
"""

from binascii import hexlify, unhexlify

from micropython import const

from _sim import clock, faults, hardware, host_events

IDLE = const(1000)
CONNECTING = const(1001)
GOT_IP = const(1010)
BEACON_TIMEOUT = const(200)
NO_AP_FOUND = const(201)
WRONG_PASSWORD = const(202)

_LEFT = const(8)  # WIFI_REASON_ASSOC_LEAVE: by our own disconnect()
_STICKY = (NO_AP_FOUND, WRONG_PASSWORD, 210, 211, 212)  # shown even while an attempt is on its way

_FOR_EVER = const(-1)

# Where a station is: the values of `phase`.
_OUT, _JOINING, _IN = "out", "joining", "in"

_join_us = hardware.integer("join_ms") * 1000
networks = hardware.records("wifi")


class Radio:
    """The station interface's state; it survives a soft reset, in the host's keeping.

    phase: where it is, since `since_us` · reason: the driver's last, 0 for none since an address came ·
    tries: failures since `connect` · started_us: when the radio was switched on · reconnects: how often
    the driver tries again by itself, -1 for ever.
    """

    def __init__(self, kept: dict[str, object]) -> None:
        self.active = kept.get("active") is True
        self.requested = kept.get("requested") is True
        self.phase = str(kept.get("phase", _OUT))
        self.ssid, self.key = _bytes(kept, "ssid"), _bytes(kept, "key")
        self.since_us, self.started_us = _integer(kept, "since_us"), _integer(kept, "started_us")
        self.reason, self.tries = _integer(kept, "reason"), _integer(kept, "tries")
        self.reconnects = _integer(kept, "reconnects", _FOR_EVER)

    def keep(self) -> None:
        """Hand the state to the host; names and keys as hex, for they may be any bytes."""
        host_events.send(
            {
                "radio": {
                    "active": self.active,
                    "requested": self.requested,
                    "phase": self.phase,
                    "ssid": hexlify(self.ssid).decode(),
                    "key": hexlify(self.key).decode(),
                    "since_us": self.since_us,
                    "started_us": self.started_us,
                    "reason": self.reason,
                    "tries": self.tries,
                    "reconnects": self.reconnects,
                }
            }
        )

    def switch(self, on: bool) -> None:
        """Start the driver or stop it; what was asked and the last reason stay."""
        if on != self.active:
            self._leave()
            self.active = on
            self.tries = 0
            self.started_us = clock.now_us()
            self.keep()

    def begin(self) -> None:
        """Begin to join what `ssid` and `key` say."""
        self.requested, self.tries = True, 0
        self.phase, self.since_us = _JOINING, clock.now_us()
        self.keep()

    def leave(self) -> None:
        """Leave the network, or stop trying."""
        self.requested = False
        self._leave()
        self.keep()

    def _leave(self) -> None:
        """Be out; the driver gives a reason only where it was in (ESP-IDF, WIFI_EVENT_STA_DISCONNECTED)."""
        self._advance()
        if self.phase == _IN:
            self.reason = _LEFT
        self.phase = _OUT

    def network(self) -> dict[str, object] | None:
        """Network in the air that bears the name that was asked for, byte for byte."""
        for network in networks:
            if _ssid(network) == self.ssid:
                return network
        return None

    def trying(self) -> bool:
        """Whether an attempt is on its way at this moment."""
        self._advance()
        return self.phase == _JOINING

    def joined(self) -> bool:
        """Whether the station has an address."""
        self._advance()
        return self.phase == _IN

    def status(self) -> int:
        """Port's status code (network_wlan_status)."""
        self._advance()
        if self.phase == _IN:
            return GOT_IP
        if self.reason in _STICKY:
            return self.reason
        if self.reason == _LEFT:
            return IDLE
        if self.requested and (self.reconnects == _FOR_EVER or self.tries <= self.reconnects):
            return CONNECTING
        return self.reason or IDLE

    def _advance(self) -> None:
        """Let happen what has happened by now: the port's network_wlan_wifi_event_handler."""
        now, before = clock.now_us(), self.since_us
        while self.phase != _OUT:
            if self.phase == _JOINING:
                due = self.since_us + _join_us
                if due > now:
                    break
                refusal = self._refusal(due)
                if refusal:
                    self._lost(refusal, due, now)
                else:
                    self.phase, self.since_us, self.reason = _IN, due, 0
            else:
                lost = _next_outage(self.since_us)
                if lost is None or lost > now:
                    break
                self._lost(BEACON_TIMEOUT, lost, now)
        if self.since_us != before:
            self.keep()

    def _refusal(self, at: int) -> int:
        network = self.network()
        if network is None or _outage(at):
            return NO_AP_FOUND
        return 0 if _opens(network, self.key) else WRONG_PASSWORD

    def _lost(self, reason: int, at: int, now: int) -> None:
        """Take a reason, and try again where the driver does so by itself."""
        self.phase, self.since_us, self.reason = _OUT, at, reason
        if not self.requested:
            return
        if self.reconnects != _FOR_EVER:
            self.tries += 1
            if self.tries > self.reconnects:
                return
        self.phase = _JOINING
        if self.reconnects == _FOR_EVER and reason != BEACON_TIMEOUT:
            # The attempts that fail alike are not gone through one by one.
            over = min(_outage(at) or now, now)
            self.since_us += max(over - at, 0) // _join_us * _join_us


def _bytes(kept: dict[str, object], name: str) -> bytes:
    return unhexlify(str(kept.get(name, "")))


def _integer(kept: dict[str, object], name: str, default: int = 0) -> int:
    value = kept.get(name, default)
    assert isinstance(value, int)
    return value


def _ssid(network: dict[str, object]) -> bytes:
    return str(network["ssid"]).encode()


def _opens(network: dict[str, object], key: bytes) -> bool:
    """Whether a station with this key gets in: 64 hexadecimal digits are the key itself.

    Any other is a passphrase (ESP-IDF, wpa_supplicant/src/rsn_supp/wpa.c, wpa_set_passphrase).
    """
    if len(key) == 64:
        try:
            return hexlify(unhexlify(key)).decode() == network["psk"]
        except ValueError:
            return False
    return str(network["password"]).encode() == key


def _outage(at: int) -> int | None:
    """When the outage is over in which a moment lies; None where it lies in none."""
    for fault in faults.of("wifi-lost"):
        begin = faults.last_begin(fault, at)
        if begin is not None and at < faults.end(fault, begin):
            return faults.end(fault, begin)
    return None


def _next_outage(after: int) -> int | None:
    begins = [faults.next_begin(fault, after) for fault in faults.of("wifi-lost")]
    known = [begin for begin in begins if begin is not None]
    return min(known) if known else None


def in_the_air() -> list[dict[str, object]]:
    """Return the networks that can be heard at this moment."""
    return [] if faults.active("wifi-lost") else networks


def out_of_reach() -> bool:
    """Whether the board is on no network."""
    return not station.joined()


def mute() -> bool:
    """Whether the board is on a network that passes nothing: neither out nor in."""
    now = clock.now_us()
    for fault in faults.of("wifi-mute"):
        begin = faults.last_begin(fault, now)
        if begin is None or now >= faults.end(fault, begin):
            continue
        cured = {"join": station.since_us, "radio": station.started_us}.get(str(fault["cure"]), 0)
        if cured <= begin:
            return True
    return False


def silent() -> bool:
    """Whether nothing gets from the board to the network or back."""
    return out_of_reach() or mute()


station = Radio(hardware.record("radio"))
