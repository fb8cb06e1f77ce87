"""Exceptions of provisioning; each message names cause and next step."""

from sealmote.errors import SealmoteError


class InputError(SealmoteError):
    """Provisioning input that is missing, unsafe to read, or malformed."""


class TargetError(SealmoteError):
    """A gateway that no board can be provisioned for."""


class RegistryError(SealmoteError):
    """A key that cannot be entered where it should be."""


class SensorFailedError(SealmoteError):
    """A board that is set up, and whose sensor gives no reading."""


class NoReadingError(SealmoteError):
    """A board whose first reading did not come, or does not verify."""
