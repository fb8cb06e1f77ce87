"""Logs on chain: open one by its checkpoint key's signature, anchor its checkpoints, prove readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sealmote.chain import protocols
from sealmote.chain.errors import AnchorConflictError, LogError, NodeRefusedError
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.evm.rpc.api import Log, Receipt
from sealmote.chain.evm.session import ZERO_ADDRESS, ZERO_WORD, Session, TxRef, signature_of, tx_ref
from sealmote.chain.evm.transactions.account import checksum
from sealmote.chain.protocols import OpenLog
from sealmote.crypto import Signer
from sealwire import cose, envelope
from sealwire.keys import ES256, PublicKey
from sealwire.message import MAX_MESSAGE
from sealwire.registration import Terms

LOG_MEDIA_TYPE = "application/vnd.sealmote.log+cbor"
MAX_ORIGIN = 255  # bytes


@dataclass(frozen=True)
class Anchor(protocols.Anchor):
    """A checkpoint on chain."""

    claim: AnchorClaim

    @property
    def tx_hash(self) -> bytes:
        """The transaction that anchored it, 32 bytes."""
        return self.claim.transaction

    @property
    def block_hash(self) -> bytes:
        """The block that has it, 32 bytes."""
        return self.claim.block_hash

    @property
    def block_number(self) -> int:
        """The block that has it."""
        return self.claim.block

    @property
    def block_time(self) -> int:
        """When that block was made, Unix seconds."""
        return self.claim.block_time


class Logs(Session):
    """What an account does with logs."""

    def open_log(self, origin: str, signer: Signer, valid_for_s: int = 3600) -> TxRef:
        """Bind an origin and its checkpoint key (ES256) to this account; again is no error.

        Raises LogError if the origin is bound to another operator or key, or is no origin.
        """
        with self._lock:
            if self.is_open(origin, signer.public):
                return self._opened_log(origin)
            self._sender.settle()
            if self.is_open(origin, signer.public):  # by what was under way
                return self._opened_log(origin)
            log_id = _log_id(origin)
            if signer.alg != ES256:
                raise LogError("a log's checkpoint key is ES256 (P-256): name such a key")
            deadline = self.api.newest_block().time + valid_for_s
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

    def log(self, origin: str) -> OpenLog | None:
        """Return what is bound to an origin, None if nothing is."""
        ((operator, size, opened, x, y),) = self.log_anchor.call("logs", _log_id(origin))
        if operator == ZERO_ADDRESS:
            return None
        return OpenLog(operator, size, opened, self._key(ES256, x, y))

    def is_open(self, origin: str, key: PublicKey) -> bool:
        """Say whether a log is open for this account and checkpoint key; one request.

        Raises LogError if it is bound to another operator or key.
        """
        standing = self.log(origin)
        if standing is not None and (standing.operator, standing.key) != (self.address, key):
            raise LogError(
                f"{origin} belongs to {checksum(standing.operator)} or has another checkpoint key:"
                " use that account and key, or another origin"
            )
        return standing is not None

    def anchor(self, origin: str, size: int, root: bytes) -> Anchor:
        """Anchor a tree head (root: 32 bytes) and return where it stands.

        After a crash call it again: a transaction still under way is waited for, and one that
        stands already is returned. Raises AnchorConflictError if the chain has another root for this
        size or a larger size, LogError if the log is not open or not this account's.
        """
        with self._lock:
            self._sender.settle()
            standing = self._standing(origin, size, root)
            if standing is not None:
                return standing
            receipt = self.log_anchor.send("anchor", _log_id(origin), size, root)
            return self._anchor(size, root, receipt, self._counted(origin, size))

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        """Return the anchor of a size, None if none was."""
        root = self.root_at(origin, size)
        if root is None:
            return None
        counted, words = self._counted(origin, size), (_log_id(origin), size.to_bytes(32, "big"))
        event = self.log_anchor.event_of(counted, "Anchored", *words)
        if event is None or event.data != root:
            raise self._bad("an anchor without its event")
        return self._anchor(size, root, event, counted)

    def latest_anchor(self, origin: str) -> Anchor | None:
        """Return the newest anchor, None if there is none."""
        log = self.log(origin)
        return None if log is None or log.size == 0 else self.anchor_at(origin, log.size)

    def root_at(self, origin: str, size: int) -> bytes | None:
        """Return the root that was anchored for a size, None if none was: by the state alone."""
        (root,) = self.log_anchor.call("roots", _log_id(origin), size)
        return None if root == ZERO_WORD else root

    def latest_tree_head(self, origin: str) -> tuple[int, bytes] | None:
        """Return size and root of the newest tree head, None if there is none: by the state alone."""
        log = self.log(origin)
        if log is None or log.size == 0:
            return None
        root = self.root_at(origin, log.size)
        if root is None:
            raise self._bad("a log without the root of its size")
        return log.size, root

    def is_of(self, claim: protocols.AnchorClaim) -> bool:
        """Say whether a claim is about this chain and this anchor contract."""
        return isinstance(claim, AnchorClaim) and (
            (claim.chain_id, claim.contract) == (self.chain_id, self.deployment.anchor)
        )

    def stands(self, claim: protocols.AnchorClaim) -> bool:
        """Say whether an anchor's transaction is known to stand in its block still; one request."""
        if not isinstance(claim, AnchorClaim):
            return False
        try:
            receipt = self.api.receipt(claim.transaction)
        except NodeRefusedError:  # as Geth does while it indexes
            return False
        return receipt is not None and receipt.block_hash == claim.block_hash

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
        return bytes(owner)

    def _opened_log(self, origin: str) -> TxRef:
        log = self.log(origin)
        if log is None:
            raise self._bad("a log that is open and then is not")
        event = self.log_anchor.event_of(log.opened_block, "LogOpened", _log_id(origin))
        if event is None:
            raise self._bad("a log without its event")
        return tx_ref(event)

    def _counted(self, origin: str, size: int) -> int:
        (block,) = self.log_anchor.call("blocks", _log_id(origin), size)
        return int(block)

    def _anchor(self, size: int, root: bytes, made: Receipt | Log, counted: int) -> Anchor:
        block = self.api.block(made.block_hash)
        claim = AnchorClaim(
            self.chain_id,
            self.deployment.anchor,
            made.tx_hash,
            block.number,
            made.block_hash,
            block.time,
        )
        return Anchor(size, root, claim, counted)

    def _standing(self, origin: str, size: int, root: bytes) -> Anchor | None:
        """Return the anchor if exactly this one stands; raise if it cannot be made."""
        log = self.log(origin)
        if log is None or log.operator != self.address:
            raise LogError(f"{origin} is not open for this account: open the log with it first")
        standing = self.root_at(origin, size)
        if standing == root:
            return self.anchor_at(origin, size)
        if standing is not None or size <= log.size:
            raise AnchorConflictError(
                f"{origin} is anchored at size {log.size}, and not with this root at {size}: the log was"
                " rolled back or forked; restore it from its newest copy and do not sign for it"
            )
        return None


def _log_id(origin: str) -> bytes:
    octets = origin.encode("utf-8", "replace")  # a surrogate is not printable
    if not 0 < len(octets) <= MAX_ORIGIN or not origin.isprintable():
        raise LogError(f"an origin is 1 to {MAX_ORIGIN} bytes of printable text on one line")
    return sha256(octets).digest()
