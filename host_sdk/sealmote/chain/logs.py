"""Logs on chain: opened by their checkpoint key's signature, anchored, and readings proven under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sealmote.chain.account import checksum
from sealmote.chain.errors import AnchorConflictError, LogError
from sealmote.chain.session import (
    ZERO_ADDRESS,
    ZERO_WORD,
    Session,
    TxRef,
    signature_of,
    to_address,
    tx_ref,
)
from sealmote.crypto import Signer
from sealwire import cose, envelope
from sealwire.keys import ES256, PublicKey
from sealwire.message import MAX_MESSAGE
from sealwire.registration import Terms

LOG_MEDIA_TYPE = "application/vnd.sealmote.log+cbor"
MAX_ORIGIN = 255  # bytes


@dataclass(frozen=True)
class OnChainLog:
    """A log that was opened: who anchors it, its anchored size, the key of its checkpoints."""

    operator: bytes
    size: int
    key: PublicKey


@dataclass(frozen=True)
class Anchor:
    """A head on chain. `block_time` is Unix seconds, as the block has it."""

    size: int
    root: bytes
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    block_time: int


class Logs(Session):
    """What an account does with logs."""

    def open_log(self, origin: str, signer: Signer, valid_for_s: int = 3600) -> TxRef:
        """Bind an origin and its checkpoint key (ES256) to this account; again is no error.

        Raises LogError if the origin is bound to another operator or key, or is no origin.
        """
        with self._lock:
            self._sender.settle()
            log_id = _log_id(origin)
            standing = self.log(origin)
            if standing is not None:
                return self._opened_log(origin, standing, signer.public)
            if signer.alg != ES256:
                raise LogError("a log's checkpoint key is ES256 (P-256): name such a key")
            deadline = self.api.head().time + valid_for_s
            # The layout of a registration's terms, with the log where the nonce stands there.
            terms = Terms(
                self.chain_id,
                self.deployment.anchor,
                self.address,
                int.from_bytes(log_id, "big"),
                deadline,
            )
            signature = signature_of(envelope.seal(signer, LOG_MEDIA_TYPE, terms.encode()))
            key = signer.public
            return tx_ref(self.log_anchor.send("open", origin, key.x, key.y, deadline, *signature))

    def log(self, origin: str) -> OnChainLog | None:
        """Return what is bound to an origin, None if nothing is."""
        ((operator, size, x, y),) = self.log_anchor.call("logs", _log_id(origin))
        if to_address(operator) == ZERO_ADDRESS:
            return None
        return OnChainLog(to_address(operator), size, self._key(ES256, x, y))

    def anchor(self, origin: str, size: int, root: bytes) -> Anchor:
        """Anchor a head (root: 32 bytes) and return where it stands.

        After a crash call it again: a transaction still under way is waited for, and a head that
        stands already is returned. Raises AnchorConflictError if the chain has another root for this
        size or a larger size, LogError if the log is not open or not this account's.
        """
        with self._lock:
            self._sender.settle()
            standing = self._standing(origin, size, root)
            if standing is not None:
                return standing
            receipt = self.log_anchor.send("anchor", _log_id(origin), size, root)
            block = self.api.block(receipt.block_hash)
            return Anchor(size, root, receipt.tx_hash, block.number, receipt.block_hash, block.time)

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        """Return the head that was anchored for a size, None if none was."""
        log_id = _log_id(origin)
        (root,) = self.log_anchor.call("roots", log_id, size)
        if root == ZERO_WORD:
            return None
        event = self.log_anchor.newest_event("Anchored", log_id, size.to_bytes(32, "big"))
        if event is None or event.data != root:
            raise self._bad("an anchor without its event")
        block = self.api.block(event.block_hash)
        return Anchor(size, root, event.tx_hash, block.number, event.block_hash, block.time)

    def latest_anchor(self, origin: str) -> Anchor | None:
        """Return the newest head, None if there is none."""
        log = self.log(origin)
        return None if log is None or log.size == 0 else self.anchor_at(origin, log.size)

    def prove_reading(
        self,
        origin: str,
        thumbprint: bytes,
        message: bytes,
        leaf_index: int,
        tree_size: int,
        path: Sequence[bytes],
    ) -> bytes:
        """Have the contract prove a reading, and return the device owner's address.

        `message` is the sealed reading, `path` its inclusion path in the tree of `tree_size` leaves.
        Raises RevertedError with the link that is broken as its reason, WireError for no message.
        """
        sign1 = cose.parse(message, MAX_MESSAGE)
        r, s = sign1.signature[:32], sign1.signature[32:]
        log_id = _log_id(origin)
        parts = (sign1.protected, sign1.payload, r, s)
        (owner,) = self.log_anchor.call(
            "prove_reading", log_id, thumbprint, *parts, leaf_index, tree_size, list(path)
        )
        return to_address(owner)

    def _opened_log(self, origin: str, standing: OnChainLog, key: PublicKey) -> TxRef:
        if (standing.operator, standing.key) != (self.address, key):
            raise LogError(
                f"{origin} belongs to {checksum(standing.operator)} or has another checkpoint key:"
                " use that account and key, or another origin"
            )
        event = self.log_anchor.newest_event("LogOpened", _log_id(origin))
        if event is None:
            raise self._bad("a log without its event")
        return TxRef(event.tx_hash, event.block_number, event.block_hash)

    def _standing(self, origin: str, size: int, root: bytes) -> Anchor | None:
        """Return the anchor if exactly this one stands; raise if it cannot be made."""
        log = self.log(origin)
        if log is None or log.operator != self.address:
            raise LogError(f"{origin} is not open for this account: open the log with it first")
        standing = self.anchor_at(origin, size)
        if standing is not None and standing.root == root:
            return standing
        if standing is not None or size <= log.size:
            raise AnchorConflictError(
                f"{origin} is anchored at size {log.size}, and not with this root at {size}: the log was"
                " rolled back or forked; restore it from its newest copy and do not sign for it"
            )
        return None


def _log_id(origin: str) -> bytes:
    octets = origin.encode()
    if not 0 < len(octets) <= MAX_ORIGIN or not origin.isprintable():
        raise LogError(f"an origin is 1 to {MAX_ORIGIN} bytes of printable text on one line")
    return sha256(octets).digest()
