"""Errors of a client that asks a gateway."""

from sealmote.errors import SealmoteError


class GatewayAnswerError(SealmoteError):
    """A gateway that cannot be reached, refuses, or answers what was not asked or is not declared."""


class UnreachableGatewayError(GatewayAnswerError):
    """A gateway from which no whole answer came: not in time, or nobody listens, or a proxy says so."""
