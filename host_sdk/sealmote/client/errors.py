"""What can go wrong with a gateway that is asked."""

from sealmote.errors import SealmoteError


class GatewayAnswerError(SealmoteError):
    """A gateway that cannot be reached, refuses, or answers what was not asked or is not declared."""
