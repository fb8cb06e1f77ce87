"""Acceptance of messages: the decision on each, without HTTP and without SQL.

In two steps, for the first is costly and can run in many threads, while the second needs to be
alone with the log:

    examine  bytes → a verified Message, or the outcome that refuses them
    settle   a verified message → accepted (a leaf), duplicate, or refused, one after another

Lateness is no offence: a board empties its outbox in any order, and only its identity (device,
boot, sequence) says whether a message is new. Its own time (iat) is a claim and judges nothing.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from sealmote.common.fault_log import FaultLog
from sealmote.crypto import Signer, verify
from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store.devices import Device
from sealmote.gateway.store.leaves import Appender, First, Kind, Message
from sealwire import ack, evidence, message
from sealwire.ack import Outcome
from sealwire.cose import leaf_hash
from sealwire.errors import (
    BAD_SIGNATURE,
    BUSY,
    EQUIVOCATION,
    REVOKED,
    UNKNOWN_DEVICE,
    WRONG_ALGORITHM,
    WireError,
)
from sealwire.keys import PublicKey
from sealwire.statement import Statement

DeviceFinder = Callable[[bytes], list[Device]]
Examined = Message | Outcome

_faults = FaultLog(logging.getLogger(__name__))
_parse_key = lru_cache(maxsize=16384)(PublicKey.parse)


def examine(raw: bytes, with_kid: DeviceFinder) -> Examined:
    """Parse a message and check its signature against every device that its key hint fits.

    A device that is unknown may be registered a minute later, so its board is told to keep the
    message. Everything else that is refused here stays refused.
    """
    try:
        parsed = message.parse(raw)
        device, signed = _authenticate(parsed, with_kid(parsed.header.kid))
    except WireError as error:
        result = ack.RETRY if error.code == UNKNOWN_DEVICE else ack.REFUSED
        return Outcome(leaf_hash(raw), result, error.code)
    header, content = parsed.header, parsed.content
    stated = isinstance(content, Statement)
    return Message(
        raw=raw,
        hash=leaf_hash(raw),
        kind=Kind.STATEMENT if stated else Kind.READING,
        device=device.device,
        boot=header.boot,
        sequence=header.sequence,
        signed=sha256(signed).digest(),
        sealed=header.iat,
        nonce=content.nonce if isinstance(content, Statement) else None,
    )


def _authenticate(parsed: message.Message, candidates: list[Device]) -> tuple[Device, bytes]:
    """Return who signed, and the Sig_structure; WireError if none of the candidates did."""
    if not candidates:
        raise WireError(UNKNOWN_DEVICE, "no registered device has this kid")
    keys = [(device, _parse_key(device.key)) for device in candidates]
    pinned = [(device, key) for device, key in keys if key.alg == parsed.header.alg]
    if not pinned:
        raise WireError(WRONG_ALGORITHM, "the device is registered with another algorithm")
    signed = parsed.sign1.sig_structure()
    for device, key in pinned:
        if verify(key, signed, parsed.sign1.signature):
            return device, signed
    raise WireError(BAD_SIGNATURE, "the signature is not by the device's key")


def settle(log: Appender, examined: list[Examined], key: Signer) -> list[Outcome]:
    """Append what is new and answer for each message, in order; `key` signs evidence.

    An answer holds once the appender's transaction is durable.
    """
    return [item if isinstance(item, Outcome) else _settle_one(log, item, key) for item in examined]


def _settle_one(log: Appender, item: Message, key: Signer) -> Outcome:
    try:
        first = log.first_under(item)
    except DamagedError as error:  # the board may have the only copy that is left: it keeps it
        _faults.report("a message cannot be judged", error=error)
        return Outcome(item.hash, ack.RETRY, BUSY)
    # Before the question of revocation: what was taken stays taken, whoever asks again.
    if first is not None and first.signed == item.signed:
        return Outcome(item.hash, ack.DUPLICATE, None, first.hash, first.log_by)
    if log.is_revoked(item.device):
        return Outcome(item.hash, ack.REFUSED, REVOKED)
    if first is not None:
        _keep_evidence(log, first, item, key)
        return Outcome(item.hash, ack.REFUSED, EQUIVOCATION)
    log.append(item)
    return Outcome(item.hash, ack.ACCEPTED)


def _keep_evidence(log: Appender, first: First, second: Message, key: Signer) -> None:
    """Make the pair a leaf, once: the first message stands, the second is in the evidence."""
    if log.has_evidence(first, second.signed):
        return
    pair = evidence.seal(key, first.raw, second.raw)
    log.append_evidence(first, second.signed, pair, leaf_hash(pair))
