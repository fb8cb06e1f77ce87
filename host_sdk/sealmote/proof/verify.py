"""Verify a proof link by link: from the value to the key, its owner, the log and the chain.

    1 message       the bytes are one whole sealed reading, or a board's statement
    2 signature     this device key made the signature
    3 registration  the key itself consented to be this owner's
    4 inclusion     the message is leaf n, under a root that the log's key signed (receipt)
    5 checkpoint    the log published that root as its tree head of that size
    6 anchor        that root stands on a chain, in this block; a link for each anchor of the file
    and, asked of a chain:
    7 chain device  the registry had the key, for this owner, not revoked, in the anchor's block
    8 chain log     the log's key is the one bound to its origin
    9 chain root    the root stands there for that size, since that block

A link is checked even where an earlier one broke, as far as its own parts allow, so that a report
names every fault at once. Once a chain is asked, it has to have the key, the log and the root, whatever
the file leaves out: a forger would leave out most of it. One anchor is enough: what is claimed beside it of
other chains is judged for itself, and an anchor of a type that this program does not know is `unknown`.

What only the file says is `claimed` and never holds: until a chain is asked, that a registry took the key's
consent, and that a block has the root.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from sealmote import crypto
from sealmote.chain.anchors import OtherAnchor, to_dict
from sealmote.chain.errors import ChainError
from sealmote.chain.protocols import Anchor, AnchorClaim, ChainView, RegisteredDevice
from sealmote.common.timestamps import moment
from sealmote.errors import SealmoteError
from sealmote.log import checkpoint as checkpoints
from sealmote.log import note
from sealmote.log import receipt as receipts
from sealmote.log.errors import LogError
from sealmote.log.note import NoteKey
from sealmote.proof.proof_file import Proof
from sealmote.proof.report import Link, Report, State
from sealwire import cose, message, registration, senml
from sealwire.bounds import TIME_MAX
from sealwire.errors import WireError
from sealwire.keys import PublicKey

_EARLIEST = 1_438_269_973  # Ethereum's first block, 2015-07-30
_AHEAD_S = 900  # how far a block's time may be before this computer's clock


class BrokenLinkError(Exception):
    """Raised inside a link that does not hold; the report carries its text."""


class UncheckedLinkError(Exception):
    """Raised inside a link for which the file has nothing to check."""


class UnknownLinkError(Exception):
    """Raised inside a link that this program does not know how to check."""


class ClaimedLinkError(Exception):
    """Raised inside a link that is as it should be, and rests on the file's own word."""


def verify(proof: Proof, chain: ChainView | None = None, log_key: NoteKey | None = None) -> Report:
    """Check every link offline and, with a ``chain``, against it.

    Without ``log_key`` the log's key is taken from the file, and only a chain can tell whether it is
    the log's. Never raises for a fault of the proof; raises ChainError if the chain cannot answer.
    """
    return Report(tuple(_Verifier(proof, chain, log_key).links()))


class _Verifier:
    """The proof's parts, each parsed where its link first needs it."""

    def __init__(self, proof: Proof, chain: ChainView | None, log_key: NoteKey | None) -> None:
        self._proof = proof
        self._chain = chain
        self._pinned = log_key
        self._found: Anchor | None = None

    def links(self) -> Iterator[Link]:
        yield _follow("message", self._message_link)
        yield _follow("signature", self._signature_link)
        yield _follow("registration", self._registration_link)
        yield _follow("inclusion", self._inclusion_link)
        yield _follow("checkpoint", self._checkpoint_link)
        for name, anchor in zip(
            anchor_names(self._proof), self._proof.anchors or (None,), strict=True
        ):
            link = _follow(name, partial(self._anchor_link, anchor))
            yield replace(link, is_anchor=True)
        yield _follow("chain device", self._chain_device_link)
        yield _follow("chain log", self._chain_log_link)
        yield _follow("chain root", self._chain_root_link)

    # -- the parts ---------------------------------------------------------------------------

    def _message(self) -> message.Message:
        return message.parse(self._proof.message)

    def _device(self) -> PublicKey:
        return PublicKey.parse(self._proof.device_key)

    def _terms(self) -> registration.Terms:
        if self._proof.registration is None:
            raise UncheckedLinkError("the file has no registration: nobody is named as owner")
        terms = registration.open_terms(self._proof.registration, self._device())
        _check_terms(terms, () if self._chain else self._proof.claims)
        return terms

    def _log_key(self) -> NoteKey:
        stated = NoteKey.parse(self._proof.log_key)
        if self._pinned is not None and stated != self._pinned:
            raise BrokenLinkError(
                f"the file's log key is not the one you trust for {self._pinned.name}"
            )
        return stated

    def _inclusion(self) -> tuple[receipts.Receipt, bytes]:
        key = self._log_key()
        return receipts.verify(self._proof.message, self._proof.receipt, key.public, key.name)

    def _checkpoint(self) -> checkpoints.Checkpoint:
        return checkpoints.verify(self._proof.checkpoint.encode(), self._log_key())

    def _view(self) -> ChainView:
        if self._chain is None:
            raise UncheckedLinkError("no chain was asked; name one with --rpc")
        return self._chain

    def _anchor_on(self, chain: ChainView) -> Anchor:
        tree_head = self._checkpoint()
        found = self._found = self._found or chain.anchor_at(tree_head.origin, tree_head.size)
        if found is None:
            raise BrokenLinkError(f"the chain has no anchor of size {tree_head.size}")
        if found.root != tree_head.root:
            raise BrokenLinkError("the chain has another root for this size")
        return found

    def _confirms(self, claim: AnchorClaim) -> bool:
        """Say whether the chain has the anchor as the file claims; why not, the link `chain root` says."""
        chain = self._view()
        try:
            return claim == self._anchor_on(chain).claim
        except (BrokenLinkError, LogError):
            return False

    # -- the links ---------------------------------------------------------------------------

    def _message_link(self) -> str:
        parsed = self._message()
        what = "sealed reading" if isinstance(parsed.content, senml.Pack) else "board's statement"
        return f"one whole {what} of {len(parsed.raw)} bytes"

    def _signature_link(self) -> str:
        parsed, key = self._message(), self._device()
        if parsed.header.kid != key.kid() or parsed.header.alg != key.alg:
            raise BrokenLinkError("the message was sealed by another key than the file's")
        if not crypto.verify(key, parsed.sign1.sig_structure(), parsed.sign1.signature):
            raise BrokenLinkError("the signature is not by this key over these bytes")
        return f"signed by the key {key.thumbprint().hex()}"

    def _registration_link(self) -> str:
        terms = self._terms()
        whose = f"0x{terms.owner.hex()}'s" if any(terms.owner) else "registered, as nobody's"
        consent = f"the key itself consented to be {whose}"
        if self._chain is None:
            where = f"chain {terms.chain_id}" if terms.chain_id else "the gateway"
            until = f" by {moment(terms.deadline)}" if terms.chain_id else ""
            raise ClaimedLinkError(
                f"{consent}; whether {where} took that{until}, the file cannot show"
            )
        return consent

    def _inclusion_link(self) -> str:
        receipt, _ = self._inclusion()
        return f"leaf {receipt.index} of {receipt.size} of the log {receipt.origin}"

    def _checkpoint_link(self) -> str:
        tree_head = self._checkpoint()
        receipt, root = self._inclusion()
        if (tree_head.size, tree_head.root) != (receipt.size, root):
            raise BrokenLinkError(
                f"the checkpoint is of size {tree_head.size}, root {tree_head.root.hex()}, the inclusion"
                f" proof leads to size {receipt.size}, root {root.hex()}"
            )
        more = len(note.unverified(self._proof.checkpoint.encode())[1]) - 1
        cosigned = f"; further signature lines, not checked here: {more}" if more else ""
        return f"the log signed this root for its first {tree_head.size} leaves{cosigned}"

    def _anchor_link(self, claim: AnchorClaim | OtherAnchor | None) -> str:
        if claim is None:
            raise UncheckedLinkError("the file has no anchor: the log's word stands alone")
        if isinstance(claim, OtherAnchor):
            raise UnknownLinkError(
                f"an anchor of type {claim.type}, which this version of Sealmote does not know and does"
                " not check"
            )
        place = f"it stands on chain {claim.chain_id} since block {claim.block}"
        if self._chain is None or not self._chain.is_of(claim):
            _check_time(claim.block_time)
        elif self._confirms(claim):
            return place
        raise ClaimedLinkError(f"the file says that {place}")

    def _chain_device_link(self) -> str:
        chain, key = self._view(), self._device()
        anchor = self._anchor_on(chain)
        found = chain.device(key.thumbprint(), anchor.counted)
        if found is None:
            raise BrokenLinkError(_unregistered(chain, key, anchor))
        if self._proof.registration is not None:
            terms = self._terms()
            if not chain.accepts(terms):
                raise BrokenLinkError("the key's consent is for another registry than this chain's")
            if found.owner != terms.owner:
                raise BrokenLinkError(f"the registry has the key for 0x{found.owner.hex()}")
        if found.revoked_block is not None and found.revoked_block <= anchor.counted:
            raise BrokenLinkError(
                f"the key was revoked in block {found.revoked_block}, and the reading was anchored in"
                f" block {anchor.counted}, not before"
            )
        return (
            f"the registry has the key for 0x{found.owner.hex()} since block"
            f" {found.registered_block}{_later(found)}"
        )

    def _chain_log_link(self) -> str:
        chain, key = self._view(), self._log_key()
        opened = chain.log(key.name)
        if opened is None:
            raise BrokenLinkError(f"no log {key.name} is open on the chain")
        if opened.key != key.public:
            raise BrokenLinkError(f"the chain has another key for the log {key.name}")
        return f"the chain binds {key.name} to this log key"

    def _chain_root_link(self) -> str:
        chain = self._view()
        found = self._anchor_on(chain)
        claims = [claim for claim in self._proof.claims if claim.type == found.claim.type]
        for claim in [claim for claim in claims if chain.is_of(claim)] or claims:
            _check_claim(claim, found.claim)
        return f"the chain has this root in block {found.claim.block}"


def leaf_hash(proof: Proof) -> bytes:
    """Return the 32 bytes by which the log knows the proof's message."""
    return cose.leaf_hash(proof.message)


def anchor_names(proof: Proof) -> list[str]:
    """Return the names of the links of a proof's anchors; there is one where the file has none."""
    return ["anchor", *(f"anchor {number}" for number in range(2, len(proof.anchors) + 1))]


def _check_terms(terms: registration.Terms, claims: Sequence[AnchorClaim]) -> None:
    """Refuse a consent that no registry may take, or none of the chains that the file names.

    As in docs/spec/wire.md, "Registration": terms for no chain with a nonce answer a challenge.
    """
    if terms.chain_id == 0 and (terms.nonce or any(terms.contract)):
        raise BrokenLinkError(
            "what the key signed is its answer to a challenge, and registers nothing"
        )
    if terms.chain_id and claims and terms.chain_id not in {claim.chain_id for claim in claims}:
        raise BrokenLinkError(
            f"the key consented to a registry on chain {terms.chain_id}, and the file's anchor is on"
            f" chain {claims[0].chain_id}"
        )
    if not _EARLIEST <= terms.deadline < TIME_MAX:
        raise BrokenLinkError(
            f"the key's consent was good until {moment(terms.deadline)}, which cannot be"
        )


def _check_time(block_time: int) -> None:
    """Refuse a block's time that no block of an EVM chain can have."""
    if not _EARLIEST <= block_time <= time.time() + _AHEAD_S:
        raise BrokenLinkError(
            f"the file says that the block was made at {moment(block_time)}, which cannot be: not before"
            f" {moment(_EARLIEST)}, and not in what is still to come by this computer's clock"
        )


def _unregistered(chain: ChainView, key: PublicKey, anchor: Anchor) -> str:
    """Say that the registry did not have a key in an anchor's block, and whether it has it now."""
    now = chain.device(key.thumbprint())
    if now is None:
        return f"the registry did not have the key in the anchor's block {anchor.counted}"
    return (
        f"the registry has the key since block {now.registered_block}, and the reading was anchored"
        f" before, in block {anchor.counted}"
    )


def _later(device: RegisteredDevice) -> str:
    """Say what became of a key after the block as of which it is judged."""
    if device.revoked_block is not None:
        return f"; it was revoked later, in block {device.revoked_block}, after the reading was anchored"
    if device.released_block is not None:
        return (
            f"; its owner gave it up later, in block {device.released_block}, after the reading was"
            " anchored"
        )
    return ""


def _check_claim(claim: AnchorClaim, standing: AnchorClaim) -> None:
    said, known = to_dict(claim), to_dict(standing)
    wrong = [key for key in known if said[key] != known[key]]
    if wrong:
        raise BrokenLinkError(
            f"the chain has this root in block {standing.block} of chain {standing.chain_id}; what the"
            f" file says of its {', '.join(wrong)} is wrong"
        )


def _follow(name: str, link: Callable[[], str]) -> Link:
    try:
        return Link(name, State.HOLDS, link())
    except UncheckedLinkError as reason:
        return Link(name, State.UNCHECKED, str(reason))
    except UnknownLinkError as reason:
        return Link(name, State.UNKNOWN, str(reason))
    except ClaimedLinkError as reason:
        return Link(name, State.CLAIMED, str(reason))
    except (BrokenLinkError, WireError) as reason:
        return Link(name, State.BROKEN, str(reason))
    except ChainError:
        raise  # the chain could not answer: no finding about the proof
    except SealmoteError as reason:
        return Link(name, State.BROKEN, str(reason))
