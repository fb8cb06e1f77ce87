"""The Wi-Fi radio: which networks are in the air, and how far joining one has come.

Nothing runs in the background: the state is worked out from the clock when somebody asks.
"""

from micropython import const

from _sim import clock, control, faults, hardware

IDLE = const(1000)
CONNECTING = const(1001)
GOT_IP = const(1010)
BEACON_TIMEOUT = const(200)
NO_AP_FOUND = const(201)
WRONG_PASSWORD = const(202)

_FOR_EVER = const(-1)

_join_us = hardware.integer("join_ms") * 1000
networks = hardware.records("wifi")


class Radio:
    """The station interface's state; it survives a soft reset, in the host's keeping."""

    def __init__(self, kept: dict[str, object]) -> None:
        self.active = kept.get("active") is True
        self.ssid = str(kept.get("ssid", ""))
        self.password = str(kept.get("password", ""))
        self.requested = kept.get("requested") is True
        started, reconnects = kept.get("started_us", 0), kept.get("reconnects", _FOR_EVER)
        assert isinstance(started, int)
        assert isinstance(reconnects, int)
        self.started_us = started
        self.reconnects = reconnects

    def keep(self) -> None:
        """Hand the state to the host."""
        control.tell(
            {
                "radio": {
                    "active": self.active,
                    "ssid": self.ssid,
                    "password": self.password,
                    "requested": self.requested,
                    "started_us": self.started_us,
                    "reconnects": self.reconnects,
                }
            }
        )

    def network(self) -> dict[str, object] | None:
        """Network in the air that bears the name that was asked for."""
        for network in in_the_air():
            if network["ssid"] == self.ssid:
                return network
        return None

    def _outcome(self) -> int:
        network = self.network()
        if network is None:
            return NO_AP_FOUND
        return GOT_IP if network["password"] == self.password else WRONG_PASSWORD

    def trying(self) -> bool:
        """Whether an attempt is on its way at this moment."""
        return self.status() == CONNECTING

    def status(self) -> int:
        """Port's status code.

        While the driver reconnects by itself, which it does for ever by default, a failure shows
        as CONNECTING; the reason appears when its attempts are used up (network_wlan.c).
        """
        if not self.active or not self.requested:
            return IDLE
        now = clock.now_us()
        begun = self.started_us
        for outage in faults.of("wifi-lost"):
            lost = faults.last_begin(outage, now)
            if lost is None or faults.end(outage, lost) <= begun:
                continue
            if self.reconnects == _FOR_EVER:
                begun = faults.end(outage, lost)  # it joins by itself as soon as it can
            elif lost >= begun + _join_us:
                return BEACON_TIMEOUT  # it was in, fell out, and has given up
        return self._progress(now - begun)

    def _progress(self, elapsed: int) -> int:
        outcome = self._outcome()
        if outcome == GOT_IP:
            return GOT_IP if elapsed >= _join_us else CONNECTING
        if self.reconnects == _FOR_EVER or elapsed < _join_us * (self.reconnects + 1):
            return CONNECTING
        return outcome


def in_the_air() -> list[dict[str, object]]:
    """Return the networks that can be heard at this moment."""
    return [] if faults.active("wifi-lost") else networks


def out_of_reach() -> bool:
    """Whether nothing gets from the board to the network or back."""
    return station.status() != GOT_IP


station = Radio(hardware.record("radio"))
