"""Errors of the application.

MoteError
├── DataError        /data cannot be mounted; the application does not start
├── TrialError       the record of which firmware is on trial is damaged, or the firmware's file system is
├── ConfigError      /data/config.json is missing or has faults; the text lists every one
├── IdentityError    the key cannot be used or made; nothing is sealed
│   └── SlotError    the identity partition is missing or both of its records are damaged
├── OutboxError      a sealed message could not be kept
├── SensorError      one sensor did not answer; the others go on
├── WifiError        the radio does not do what it is told; it is tried again
├── ClockError       a time server gave no answer that can be believed
└── UplinkError      a batch was not acknowledged; it stays in the outbox
    └── SilentError  because nothing came from the gateway
"""

__all__ = ["SensorError"]  # for drivers (docs/guides/sensors.md)


class MoteError(Exception):
    """Base of them all. The text names cause and next step, and never a secret."""


class DataError(MoteError):
    """The partition with configuration and outbox is missing or damaged."""


class TrialError(MoteError):
    """No firmware can be put on trial, or none can be started."""


class ConfigError(MoteError):
    """The configuration cannot be used as it is."""


class IdentityError(MoteError):
    """The board's key or its counters cannot be used."""


class SlotError(IdentityError):
    """The identity partition holds no record that can be trusted."""


class OutboxError(MoteError):
    """A message could not be kept, or what is kept could not be read."""


class SensorError(MoteError):
    """A sensor is missing, did not answer in time, or gave words that cannot be true."""


class WifiError(MoteError):
    """The Wi-Fi driver refuses."""


class ClockError(MoteError):
    """No believable time."""


class UplinkError(MoteError):
    """The gateway did not give a sound acknowledgement.

    ``too_large``: a smaller batch may pass · ``patience_s``: for how long it asks to be left alone.
    """

    too_large = False
    patience_s = 0


class SilentError(UplinkError):
    """Nothing came from there at all."""
