"""Answers compared with what was asked, and names as a gateway writes them."""

import re
from typing import Final

from sealmote.api import answers
from sealmote.chain.anchors import to_dict
from sealmote.client.errors import GatewayAnswerError
from sealmote.log.errors import LogError
from sealmote.log.receipt import Receipt
from sealmote.models import plain
from sealmote.proof import proof_file
from sealmote.proof.errors import ProofFileError
from sealwire import cose, message
from sealwire.errors import WireError
from sealwire.keys import PublicKey

_HASH: Final = re.compile("[0-9a-f]{64}")
_TOKEN: Final = re.compile("[!-~]+")
_NUMBER: Final = re.compile("[0-9]{1,18}")


def leaf_name(leaf: int | str) -> str:
    """Return a leaf's number, or its hash in hex, as a gateway writes it. Raises GatewayAnswerError."""
    name = str(leaf).lower()
    if _HASH.fullmatch(name):
        return name
    if _NUMBER.fullmatch(name):
        return str(int(name))
    raise GatewayAnswerError(
        f"{str(leaf)[:80]!r} names no leaf: give its number, or its hash as 64 hexadecimal digits"
    )


def thumbprint(device: bytes | str, where: str) -> bytes:
    """Return a device's thumbprint, 32 bytes, given as such or in hex. Raises GatewayAnswerError."""
    name = device.hex() if isinstance(device, bytes) else device.lower()
    if not _HASH.fullmatch(name):
        raise GatewayAnswerError(
            f"{name[:80]!r} is no thumbprint of 64 hexadecimal digits: see"
            f" {where}/v1/devices for those that are known there"
        )
    return bytes.fromhex(name)


def token(text: str) -> str:
    """Return an operator's token, without the line's end that a file has. Raises GatewayAnswerError."""
    found = text.strip()
    if not _TOKEN.fullmatch(found):
        raise GatewayAnswerError(
            "that is no operator's token: give the content of operator.token in the gateway's folder"
        )
    return found


def to_proof(found: answers.LeafProof, keys: answers.Keys) -> proof_file.Proof:
    """Return a gateway's answer as a proof's file. Raises GatewayAnswerError."""
    if found.device is None:
        raise GatewayAnswerError("this leaf is no device's message: choose a reading's")
    document = {
        "format": proof_file.FORMAT,
        "message": found.message.hex(),
        "device": {key: plain(found.device)[key] for key in ("key", "registration")},
        "log": {
            "key": keys.log_vkey,
            "checkpoint": found.checkpoint,
            "receipt": found.receipt.hex(),
        },
        "anchors": _anchors(found),
    }
    try:
        return proof_file.from_dict(document)
    except ProofFileError as error:
        raise GatewayAnswerError(f"the gateway's proof does not parse: {error}") from error


def _anchors(found: answers.LeafProof) -> list[dict[str, object]]:
    """Return where chains have the checkpoint; a gateway of an earlier version says it of EVM's alone."""
    if found.anchor is None or found.anchors:
        return [to_dict(one) for one in found.anchors]
    place = plain(found.anchor)
    del place["size"], place["root"]  # the head's, which the checkpoint has
    return [{"type": "evm", **place}]


def check_leaf(proof: proof_file.Proof, wanted: str, where: str) -> None:
    """Raise GatewayAnswerError unless a proof is of the leaf with this name."""
    try:
        index = Receipt.parse(proof.receipt).index
    except LogError as error:
        raise GatewayAnswerError(f"the gateway's receipt does not parse: {error}") from error
    leaf_hash = cose.leaf_hash(proof.message).hex()
    if wanted not in (str(index), leaf_hash):
        raise GatewayAnswerError(
            f"{where} was asked for leaf {wanted} and answered with leaf {index}, {leaf_hash}:"
            " do not trust it"
        )


def check_message(
    proof: proof_file.Proof, device: bytes, boot: int, sequence: int, where: str
) -> None:
    """Raise GatewayAnswerError unless a proof is of a device's message with this identity."""
    try:
        header = message.parse(proof.message).header
        found = PublicKey.parse(proof.device_key).thumbprint()
    except WireError as error:
        raise GatewayAnswerError(f"{where} answered with what is no message: {error}") from error
    if (found, header.boot, header.sequence) != (device, boot, sequence):
        raise GatewayAnswerError(
            f"{where} was asked for {boot}/{sequence} of {device.hex()} and answered with"
            f" {header.boot}/{header.sequence} of {found.hex()}: do not trust it"
        )


def check_page(page: answers.Readings, after: int, device: bytes | None, where: str) -> None:
    """Raise GatewayAnswerError unless a page goes on after a leaf, with readings of the device."""
    seen = after
    for reading in page.readings:
        if reading.leaf <= seen:
            raise _circling(where)
        seen = reading.leaf
        if device not in (None, reading.device):
            raise GatewayAnswerError(
                f"{where} was asked for readings of {device.hex() if device else ''} and answered with"
                f" one of {reading.device.hex()}: do not trust it"
            )
    if page.after is not None and (page.after <= after or page.after < seen):
        raise _circling(where)


def _circling(where: str) -> GatewayAnswerError:
    return GatewayAnswerError(f"{where} goes round in circles with its pages: is it a gateway?")
