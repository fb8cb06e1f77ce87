"""Errors of a proof file; a link that does not hold is no error but a finding."""

from sealmote.errors import SealmoteError


class ProofFileError(SealmoteError):
    """A file that is not one whole proof."""
