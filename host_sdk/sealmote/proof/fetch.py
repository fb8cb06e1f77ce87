"""Fetch a reading's proof from a gateway."""

import json
import re
import ssl
from http import HTTPStatus
from typing import Final

import aiohttp

from sealmote.common.printable import printable
from sealmote.errors import SealmoteError
from sealmote.log.errors import LogError
from sealmote.log.receipt import Receipt
from sealmote.proof import proof_file
from sealmote.proof.errors import ProofFileError
from sealwire import cose, message
from sealwire.errors import WireError
from sealwire.keys import PublicKey

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_LONGEST_DETAIL = 1000
_MAX_ANSWER = 8 << 20  # bytes: a page of 1000 of the largest readings has 4 MB

_HASH: Final = re.compile("[0-9a-f]{64}")
_NUMBER: Final = re.compile("[0-9]{1,18}")
_CREDENTIALS: Final = re.compile("//[^/@]*@")  # before a host (RFC 3986 section 3.2.1)


class GatewayAnswerError(SealmoteError):
    """A gateway that cannot be reached, or answers something that is no proof."""


async def fetch_proof(
    gateway: str, leaf: int | str, tls: ssl.SSLContext | None = None
) -> proof_file.Proof:
    """Return the proof of a leaf, by its number or its hash in hex, from the gateway at a URL.

    ``tls`` is for an https gateway whose CA is not one of the system's. Raises GatewayAnswerError, also for
    the proof of another leaf. Whether the proof holds is unchecked: see `sealmote.proof.verify`.
    """
    wanted = _leaf_named(str(leaf))
    proof = await _fetch(gateway, wanted, tls)
    got = _leaf_of(proof), cose.leaf_hash(proof.message).hex()
    if wanted not in (str(got[0]), got[1]):
        raise GatewayAnswerError(
            f"{_shown(gateway)} was asked for leaf {wanted} and answered with leaf {got[0]}, {got[1]}:"
            " do not trust it"
        )
    return proof


async def fetch_numbered(gateway: str, device: str, boot: int, sequence: int) -> proof_file.Proof:
    """Return the proof of a device's message by its number; ``device`` is a thumbprint in hex.

    Raises GatewayAnswerError if the gateway has none, or answers with that of another message.
    """
    device = device.lower()
    proof = await fetch_proof(gateway, await find_leaf(gateway, device, boot, sequence))
    try:
        header = message.parse(proof.message).header
        thumbprint = PublicKey.parse(proof.device_key).thumbprint().hex()
    except WireError as error:
        raise GatewayAnswerError(
            f"{_shown(gateway)} answered with what is no message: {error}"
        ) from error
    if (thumbprint, header.boot, header.sequence) != (device, boot, sequence):
        raise GatewayAnswerError(
            f"{_shown(gateway)} was asked for {boot}/{sequence} of {device} and answered with"
            f" {header.boot}/{header.sequence} of {thumbprint}: do not trust it"
        )
    return proof


def _leaf_named(text: str) -> str:
    """Return a leaf's number or hash as a gateway writes it."""
    name = text.lower()
    if _HASH.fullmatch(name):
        return name
    if _NUMBER.fullmatch(name):
        return str(int(name))
    raise GatewayAnswerError(
        f"{text[:80]!r} names no leaf: give its number, or its hash as 64 hexadecimal digits"
    )


def _leaf_of(proof: proof_file.Proof) -> int:
    try:
        return Receipt.parse(proof.receipt).index
    except LogError as error:
        raise GatewayAnswerError(f"the gateway's receipt does not parse: {error}") from error


async def _fetch(gateway: str, leaf: str, tls: ssl.SSLContext | None) -> proof_file.Proof:
    async with opened(tls, _TIMEOUT) as session:
        found = await get_json(session, f"{gateway}/v1/proofs/{leaf}")
        keys = await get_json(session, f"{gateway}/v1/keys")
    return _to_proof(found, keys)


async def find_leaf(gateway: str, device: str, boot: int, sequence: int) -> int:
    """Return the leaf number of a device's reading. Raises GatewayAnswerError if there is none."""
    if not _HASH.fullmatch(device):
        raise GatewayAnswerError(
            f"{device[:80]!r} is no thumbprint of 64 hexadecimal digits: see"
            f" {_shown(gateway)}/v1/devices for those that are known there"
        )
    readings = f"{gateway}/v1/readings?device={device}&boot={boot}&limit=1000"
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        url, seen = readings, -1
        while True:
            page = await get_json(session, url)
            for reading in readings_of(page):
                if reading.get("sequence") == sequence:
                    return number_in(reading, "leaf")
            if page.get("after") is None:
                raise GatewayAnswerError(
                    f"the gateway has no reading {boot}/{sequence} of {device}: see"
                    f" {_shown(gateway)}/v1/devices/{device} for the numbers it has"
                )
            after = number_in(page, "after")
            if after <= seen:
                raise GatewayAnswerError(
                    f"{_shown(gateway)} goes round in circles with its pages: is it a gateway?"
                )
            url, seen = f"{readings}&after={after}", after


def opened(tls: ssl.SSLContext | None, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    """Return a session that asks gateways; ``tls`` None: those that the system's CAs have signed."""
    connector = aiohttp.TCPConnector(ssl=tls) if tls else None
    return aiohttp.ClientSession(timeout=timeout, connector=connector)


async def get_json(session: aiohttp.ClientSession, url: str) -> dict[str, object]:
    """Return the JSON object at a gateway's URL. Raises GatewayAnswerError."""
    shown = _shown(url)
    try:
        async with session.get(url) as response:
            body = await _read(response)
            status = response.status
    except (ValueError, aiohttp.NonHttpUrlClientError) as error:
        # ValueError: no URL, or a name that no DNS can have (encodings.idna).
        raise GatewayAnswerError(
            f"{shown} is no address of a gateway: give it as in http://127.0.0.1:8470"
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        why = _shown(str(error)) or type(error).__name__
        raise GatewayAnswerError(
            f"no answer from {shown} ({why}): check that the gateway runs"
        ) from error
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GatewayAnswerError(
            f"{shown} answered {status} and no JSON: is it a gateway?"
        ) from error
    if not isinstance(document, dict):
        raise GatewayAnswerError(f"{shown} answered {status} and no JSON object: is it a gateway?")
    if status != HTTPStatus.OK:
        said = document.get("detail") or document.get("title") or status
        raise GatewayAnswerError(f"{shown}: {printable(str(said))[:_LONGEST_DETAIL]}")
    return document


def _shown(text: str) -> str:
    """Return an address, or a text with addresses, without what they hold of passwords."""
    return _CREDENTIALS.sub("//", text)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the whole body, which arrives in parts."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MAX_ANSWER:
            raise GatewayAnswerError(
                f"{_shown(str(response.url))} answered with more than {_MAX_ANSWER} bytes: is it a gateway?"
            )
    return bytes(body)


def readings_of(page: dict[str, object]) -> list[dict[str, object]]:
    """Return the readings of a page of /v1/readings. Raises GatewayAnswerError."""
    readings = page.get("readings")
    if not isinstance(readings, list) or not all(isinstance(item, dict) for item in readings):
        raise GatewayAnswerError(
            "the gateway's page of readings is not as its OpenAPI document says"
        )
    return readings


def number_in(item: dict[str, object], name: str) -> int:
    """Return a whole number that a gateway's answer has to have. Raises GatewayAnswerError."""
    value = item.get(name)
    if type(value) is not int or value < 0:
        raise GatewayAnswerError(
            f"the gateway's {name!r} is not a whole number, as its OpenAPI document says"
        )
    return value


def _anchor_claim(anchor: object) -> object:
    """Return what the gateway says of the anchor, but for the head, which the checkpoint has."""
    if not isinstance(anchor, dict):
        return None
    return {key: value for key, value in anchor.items() if key not in ("size", "root")}


def _to_proof(found: dict[str, object], keys: dict[str, object]) -> proof_file.Proof:
    device = found.get("device")
    if not isinstance(device, dict):
        raise GatewayAnswerError("this leaf is no device's message: choose a reading's")
    document = {
        "format": proof_file.FORMAT,
        "message": found.get("message"),
        "device": {"key": device.get("key"), "registration": device.get("registration")},
        "log": {
            "key": keys.get("log_vkey"),
            "checkpoint": found.get("checkpoint"),
            "receipt": found.get("receipt"),
        },
        "anchor": _anchor_claim(found.get("anchor")),
    }
    try:
        return proof_file.from_dict(document)
    except ProofFileError as error:
        raise GatewayAnswerError(f"the gateway's proof does not parse: {error}") from error
