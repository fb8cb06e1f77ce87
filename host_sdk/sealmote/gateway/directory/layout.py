"""The files of a gateway's directory.

gateway.toml    the settings, for people to edit
gateway.sqlite  devices, log, checkpoints, anchors
ack.key         signs acknowledgements and evidence; boards pin its public half
log.key         signs checkpoints and receipts
operator.token  what the operator's requests over HTTP carry
published       the newest checkpoint that left the house: what a restored backup is held to
home            where the gateway lives: what a copied folder is known by
lock            held by the one process that serves
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a gateway keeps what."""

    directory: Path

    @property
    def settings(self) -> Path:
        """The settings file: it exists once the directory is complete."""
        return self.directory / "gateway.toml"

    @property
    def database(self) -> Path:
        """The database."""
        return self.directory / "gateway.sqlite"

    @property
    def ack_key(self) -> Path:
        """The secret key of acknowledgements."""
        return self.directory / "ack.key"

    @property
    def log_key(self) -> Path:
        """The secret key of checkpoints and receipts."""
        return self.directory / "log.key"

    @property
    def operator_token(self) -> Path:
        """The token of the operator's requests."""
        return self.directory / "operator.token"

    @property
    def published(self) -> Path:
        """The newest published checkpoint."""
        return self.directory / "published"

    @property
    def home(self) -> Path:
        """Where the gateway lives."""
        return self.directory / "home"

    @property
    def lock(self) -> Path:
        """The lock of the serving process."""
        return self.directory / "lock"
