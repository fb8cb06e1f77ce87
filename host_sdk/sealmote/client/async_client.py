"""The client: what a gateway can be asked, each answer checked against what was asked."""

import json
import ssl
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from sealmote.api import answers
from sealmote.api.requests import MOST_READINGS, ChallengeRequest, ReadingsQuery
from sealmote.client import answer_check
from sealmote.client.errors import GatewayAnswerError
from sealmote.client.transport import TIMEOUT_S, Transport
from sealmote.models import plain
from sealmote.proof.proof_file import Proof
from sealwire import ack
from sealwire.errors import WireError
from sealwire.keys import PublicKey


class AsyncClient:
    """Asks one gateway, from asyncio. Every method raises GatewayAnswerError, whose message says why.

    `url` as in http://127.0.0.1:8470; a password in it is never shown. `tls` is for an https gateway whose
    CA is not one of the system's. `timeout_s` bounds each request with its whole answer.
    """

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S
    ):
        self._transport = Transport(url, tls, timeout_s)

    @property
    def shown(self) -> str:
        """The gateway's address as it may be shown."""
        return self._transport.shown

    async def __aenter__(self) -> Self:
        """Open it: connections are kept until the end of the with statement."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        await self._transport.__aexit__(kind, error, trace)

    async def keys(self) -> answers.Keys:
        """Return what boards and verifiers pin: taken on the gateway's word, unless you know better."""
        return (await self._transport.send("GET", "/v1/keys")).read(answers.Keys)

    async def status(self) -> answers.Status:
        """Return the log's size, its newest heads, and what is wrong if anything is."""
        return (await self._transport.send("GET", "/v1/status")).read(answers.Status)

    async def devices(self) -> answers.Devices:
        """Return every device, and how much the log has of it."""
        return (await self._transport.send("GET", "/v1/devices")).read(answers.Devices)

    async def device(self, device: bytes | str) -> answers.DeviceReport:
        """Return everything that the gateway knows of a device, by its thumbprint (bytes or hex)."""
        name = answer_check.thumbprint(device, self.shown)
        answer = await self._transport.send("GET", f"/v1/devices/{name.hex()}")
        found = answer.read(answers.DeviceReport)
        if found.device != name:
            raise GatewayAnswerError(
                f"{self.shown} was asked for device {name.hex()} and answered with"
                f" {found.device.hex()}: do not trust it"
            )
        return found

    async def challenge(
        self, device: bytes | str, token: str, nonce: bytes | None = None
    ) -> answers.Challenge:
        """Ask a board for a statement with a nonce of 8 to 64 bytes, a random one if None.

        `token` is the operator's, from operator.token in the gateway's folder. The statement that answers
        is in `device(…).challenges` once the board has sent it.
        """
        name = answer_check.thumbprint(device, self.shown)
        body = None if nonce is None else json.dumps(plain(ChallengeRequest(nonce))).encode()
        answer = await self._transport.send(
            "POST",
            f"/v1/devices/{name.hex()}/challenge",
            body,
            Authorization=f"Bearer {answer_check.token(token)}",
        )
        asked = answer.read(answers.Challenge)
        if nonce not in (None, asked.nonce):
            raise GatewayAnswerError(f"{self.shown} notes another nonce than was asked for")
        return asked

    async def page(self, query: ReadingsQuery) -> answers.Readings:
        """Return one page of readings; its `after` is the cursor of the next."""
        path = f"/v1/readings?{urlencode(plain(query))}"
        page = (await self._transport.send("GET", path)).read(answers.Readings)
        after = -1 if query.after is None else query.after
        answer_check.check_page(page, after, query.device, f"{self.shown}{path}")
        return page

    async def pages(
        self,
        *,
        device: bytes | str | None = None,
        boot: int | None = None,
        since: int | None = None,
        until: int | None = None,
        after: int | None = None,
        page_size: int = MOST_READINGS,
    ) -> AsyncIterator[answers.Readings]:
        """Yield pages of readings in the order of the log.

        `since` ≤ time < `until` in Unix seconds (the board's time, or else arrival); `after` is the leaf
        to go on from. A page names in `damaged` the readings that the gateway cannot serve.
        """
        name = None if device is None else answer_check.thumbprint(device, self.shown)
        while True:
            page = await self.page(ReadingsQuery(name, boot, since, until, after, page_size))
            yield page
            if page.after is None:
                return
            after = page.after

    async def readings(
        self,
        *,
        device: bytes | str | None = None,
        boot: int | None = None,
        since: int | None = None,
        until: int | None = None,
        after: int | None = None,
    ) -> AsyncIterator[answers.Reading]:
        """Yield readings in the order of the log, chosen as for `pages`.

        Raises GatewayAnswerError where there is one that the gateway cannot serve: none is passed over
        unsaid.
        """
        chosen = self.pages(device=device, boot=boot, since=since, until=until, after=after)
        async for page in chosen:
            damaged = min((one.leaf for one in page.damaged), default=None)
            for reading in page.readings:
                if damaged is not None and damaged < reading.leaf:
                    break
                yield reading
            if damaged is not None:
                raise GatewayAnswerError(
                    f"{self.shown} cannot serve leaf {damaged}, it is damaged: go on with after={damaged}"
                )

    async def proof(self, leaf: int | str) -> Proof:
        """Return the proof of a leaf, by its number or its hash in hex.

        Whether it holds is unchecked: see `sealmote.proof.verify`.
        """
        wanted = answer_check.leaf_name(leaf)
        answer = await self._transport.send("GET", f"/v1/proofs/{wanted}")
        proof = answer_check.to_proof(answer.read(answers.LeafProof), await self.keys())
        answer_check.check_leaf(proof, wanted, self.shown)
        return proof

    async def proof_of(self, device: bytes | str, boot: int, sequence: int) -> Proof:
        """Return the proof of a device's message by its boot and sequence number."""
        name = answer_check.thumbprint(device, self.shown)
        proof = await self.proof(await self.find_leaf(name, boot, sequence))
        answer_check.check_message(proof, name, boot, sequence, self.shown)
        return proof

    async def find_leaf(self, device: bytes | str, boot: int, sequence: int) -> int:
        """Return the leaf of a device's reading."""
        name = answer_check.thumbprint(device, self.shown)
        async for page in self.pages(device=name, boot=boot):
            for reading in page.readings:
                if (reading.boot, reading.sequence) == (boot, sequence):
                    return reading.leaf
        raise GatewayAnswerError(
            f"the gateway has no reading {boot}/{sequence} of {name.hex()}: see"
            f" {self.shown}/v1/devices/{name.hex()} for the numbers it has"
        )

    async def send(
        self, messages: Sequence[bytes], key: PublicKey, origin: str
    ) -> ack.Acknowledgement:
        """Send sealed messages, at most 256; return the acknowledgement, signed by `key` for `origin`."""
        answer = await self._transport.send(
            "POST", "/v1/readings", b"".join(messages), Content_Type="application/cbor-seq"
        )
        try:
            return ack.open_ack(answer.content(), key, origin)
        except WireError as error:
            raise GatewayAnswerError(
                f"{self.shown} answered with no acknowledgement of {origin} ({error}): keep the messages"
            ) from error
