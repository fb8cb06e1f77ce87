"""Errors of the gateway, each with the next step for its operator.

What it refuses a client is no exception: a message's outcome stands in the signed
acknowledgement, a whole request's in an RFC 9457 problem document.
"""

from sealmote.errors import SealmoteError


class GatewayError(SealmoteError):
    """A gateway that cannot be made, opened or started."""


class SettingsError(GatewayError):
    """A settings file that is missing or says something that it must not."""


class DeviceError(GatewayError):
    """A device that cannot be added, found or revoked."""


class ChallengeError(GatewayError):
    """A challenge that a device cannot be given."""


class StoreError(GatewayError):
    """The database cannot be opened, read or written."""


class DamagedError(StoreError):
    """Something in the database is not what was written: `name` says what."""

    def __init__(self, name: str, what: str):
        super().__init__(
            f"{name} is damaged ({what}): `sealmote gateway fsck` names all that is, and a backup has it"
        )
        self.name = name
        self.what = what


class BusyError(GatewayError):
    """More work is waiting than the gateway takes on: try again later."""


class BatchError(GatewayError):
    """A body that is no batch of messages."""


class NotAcceptingError(GatewayError):
    """Nothing is accepted now, for a promise could not be kept: try again after `retry_after_s`."""

    def __init__(self, cause: str, retry_after_s: int):
        super().__init__(cause)
        self.retry_after_s = retry_after_s


class ServiceError(GatewayError):
    """The service ended by itself."""


class ClockError(GatewayError):
    """A clock that cannot be right: nothing is promised, and nothing noted, by it."""


class CopiedError(GatewayError):
    """A folder that is another one's copy, or that was given up: it must not serve."""


class RolledBackError(GatewayError):
    """The log is behind a head that was already published or anchored, or differs from it."""
