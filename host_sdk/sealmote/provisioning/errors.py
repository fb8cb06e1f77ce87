"""Exceptions of provisioning; each message names cause and next step."""

from sealmote.errors import SealmoteError


class WishError(SealmoteError):
    """Settings that are missing, unsafe to read, or no settings."""


class TargetError(SealmoteError):
    """A gateway that cannot be told to a board."""


class RegistryError(SealmoteError):
    """A key that cannot be entered where it should be."""


class SensorFailedError(SealmoteError):
    """A board that is set up, and whose sensor gives no reading."""


class NoReadingError(SealmoteError):
    """A board whose first reading did not come, or does not verify."""
