"""Protocols of a chain, whatever its kind, for verifiers, registration and gateways.

Everything blocks, and raises `sealmote.chain.errors.ChainError` where the chain cannot answer. Times are
Unix seconds, as blocks have them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from sealmote.crypto import Signer
from sealwire.keys import PublicKey
from sealwire.registration import Terms

ACCOUNT_VARIABLE = "SEALMOTE_ACCOUNT_KEY"


@dataclass(frozen=True)
class Payer:
    """Whose account pays: of a key file, an embedded chain's first, or else of $SEALMOTE_ACCOUNT_KEY."""

    file: Path | None = None
    is_dev: bool = False


class AnchorClaim(Protocol):
    """Where somebody says that a checkpoint's root stands, as a proof's file has it. Nobody was asked.

    A model (`sealmote.models`), in JSON beside its type; claims are equal if they say the same.
    """

    @property
    def type(self) -> str:
        """The kind of chain, by its name in `sealmote.chain.registry`."""

    @property
    def chain_id(self) -> int:
        """The chain, by the number that a registration's terms have for it."""

    @property
    def block(self) -> int:
        """The block that has the root."""

    @property
    def block_time(self) -> int:
        """When that block was made."""


@dataclass(frozen=True)
class Anchor:
    """A checkpoint that a chain has; `claim` is what a proof has to say of it.

    `counted` is the block as the registry counts them, on some rollups by the chain below.
    """

    size: int
    root: bytes
    claim: AnchorClaim
    counted: int


@dataclass(frozen=True)
class RegisteredDevice:
    """A registered key. `owner` is its address, `successor` the thumbprint that replaced it.

    It is the owner's from `registered_block` on, and before `released_block` if that is not None. It
    proves nothing from `revoked_block` on. Blocks are counted as the registry does.
    """

    key: PublicKey
    owner: bytes
    registered_block: int
    released_block: int | None
    revoked_block: int | None
    successor: bytes | None

    @property
    def revoked(self) -> bool:
        """Whether the key was revoked by now."""
        return self.revoked_block is not None


@dataclass(frozen=True)
class OpenLog:
    """A log that was opened: who anchors it, its anchored size, the key of its checkpoints."""

    operator: bytes
    size: int
    opened_block: int
    key: PublicKey


class Block(Protocol):
    """A block."""

    @property
    def number(self) -> int:
        """How many came before it."""

    @property
    def time(self) -> int:
        """When it was made, by its own word."""


class ChainView(Protocol):
    """What a verifier asks."""

    def is_of(self, claim: AnchorClaim) -> bool:
        """Say whether a claim is about this chain and the place on it where logs are anchored."""

    def accepts(self, terms: Terms) -> bool:
        """Say whether a registration's terms are for this chain's registry."""

    def device(self, thumbprint: bytes, block: int | None = None) -> RegisteredDevice | None:
        """Return whose a key was as of a block (`Anchor.counted`), or is now; None if nobody's."""

    def log(self, origin: str) -> OpenLog | None:
        """Return what is bound to an origin, None if nothing is."""

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        """Return the checkpoint of this size, None if the chain has none."""


class DeviceRegistry(Protocol):
    """What registration needs."""

    def registration_terms(self, key: PublicKey, owner: bytes | None = None) -> Terms:
        """Return what a key has to sign to be registered to ``owner`` (20 bytes)."""

    def register_device(self, key: PublicKey, registration: bytes) -> object:
        """Register a key by the message in which it signed its terms; again is no error.

        Raises RegistrationError for terms that do not fit.
        """


class AnchorService(Protocol):
    """What a gateway needs, to anchor its log for one account."""

    def is_open(self, origin: str, key: PublicKey) -> bool:
        """Say whether the log is bound to this account and key; LogError if to others."""

    def open_log(self, origin: str, signer: Signer) -> object:
        """Bind the log to this account, unless it is bound to it already."""

    def newest_block(self) -> Block:
        """Return the chain's newest block."""

    def latest_tree_head(self, origin: str) -> tuple[int, bytes] | None:
        """Return size and root of the largest checkpoint that the chain has of a log."""

    def is_of(self, claim: AnchorClaim) -> bool:
        """Say whether a claim is about this chain and the place on it where logs are anchored."""

    def stands(self, claim: AnchorClaim) -> bool:
        """Say whether an anchor of this chain is known to stand still where it was claimed."""

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        """Return the checkpoint of this size, None if the chain has none."""

    def anchor(self, origin: str, size: int, root: bytes) -> Anchor:
        """See to it that the chain has this checkpoint; sends nothing if it has it already.

        Raises AnchorConflictError if another root, or a larger checkpoint, is there.
        """


class Chain(ChainView, DeviceRegistry, AnchorService, Protocol):
    """A connection to a chain, which does all of the above until it is closed."""

    def close(self) -> None:
        """Let go of the connection."""

    def __enter__(self) -> Self:
        """Use it in a with statement."""

    def __exit__(self, *what: object) -> None:
        """Close it."""
