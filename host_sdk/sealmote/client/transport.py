"""One request to a gateway and its whole answer, within bounds of time and size."""

import re
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp

from sealmote.api.answers import Problem
from sealmote.client.errors import GatewayAnswerError, UnreachableGatewayError
from sealmote.common.printable import printable
from sealmote.models import JsonError, ModelError, parse
from sealmote.models.jsontext import loads

T = TypeVar("T")

TIMEOUT_S: Final = 30.0  # of a request with its whole answer
_LONGEST_DETAIL: Final = 1000
_MAX_ANSWER: Final = 8 << 20  # bytes: a page of 1000 of the largest readings has 4 MB
# What a proxy answers for a gateway that it does not reach (RFC 9110 section 15.6).
_FROM_A_PROXY: Final = (
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_CREDENTIALS: Final = re.compile("//[^/@]*@")  # before a host (RFC 3986 section 3.2.1)


def shown(text: str) -> str:
    """Return an address, or a text with addresses, without what they hold of passwords."""
    return _CREDENTIALS.sub("//", text)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `where` is its address as it may be shown."""

    where: str
    status: int
    body: bytes

    def read(self, model: type[T]) -> T:
        """Return a JSON answer as it is declared. Raises GatewayAnswerError."""
        document = self._document()
        self._check_status(document)
        try:
            return parse(model, document, strict=False)
        except ModelError as error:
            raise GatewayAnswerError(
                f"{self.where} answered what is not as its OpenAPI document says ({error}): is it a"
                " gateway, and of this release?"
            ) from error

    def content(self) -> bytes:
        """Return the body of an answer that is no JSON. Raises GatewayAnswerError for a refusal."""
        if self.status != HTTPStatus.OK:
            self._check_status(self._document())
        return self.body

    def _document(self) -> dict[str, Any]:
        try:
            document = loads(self.body)
        except JsonError as error:
            kind = UnreachableGatewayError if self.status in _FROM_A_PROXY else GatewayAnswerError
            raise kind(
                f"{self.where} answered {self.status} and no JSON: is it a gateway?"
            ) from error
        if not isinstance(document, dict):
            raise GatewayAnswerError(
                f"{self.where} answered {self.status} and no JSON object: is it a gateway?"
            )
        return document

    def _check_status(self, document: dict[str, Any]) -> None:
        if self.status in (HTTPStatus.OK, HTTPStatus.CREATED):
            return
        try:
            said = parse(Problem, document, strict=False).detail
        except ModelError:  # of a server before the gateway, say
            said = str(document.get("detail") or document.get("title") or self.status)
        raise GatewayAnswerError(f"{self.where}: {printable(said)[:_LONGEST_DETAIL]}")


class Transport:
    """Sends requests to one gateway over connections that are kept."""

    def __init__(self, url: str, tls: ssl.SSLContext | None, timeout_s: float):
        self.url = url.rstrip("/")
        self.shown = shown(self.url)
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls) if self._tls else None
        self._session = aiohttp.ClientSession(timeout=self._timeout, connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Return the answer, or raise UnreachableGatewayError; a header's name has _ for -."""
        if self._session is None:
            raise RuntimeError("the client is not open: use it in a with statement")
        address = self.url + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            async with self._session.request(method, address, data=body, headers=named) as response:
                return Answer(shown(address), response.status, await _read(response))
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or "it does not hold"
            raise UnreachableGatewayError(
                f"{shown(address)} has a certificate that is not trusted here ({why}): if a CA of your own"
                " signed it, name that CA's with --ca"
            ) from error
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise self._unreachable(address, error) from error
        except (ValueError, aiohttp.NonHttpUrlClientError) as error:
            # ValueError: no URL, or a name that no DNS can have (encodings.idna).
            raise GatewayAnswerError(
                f"{shown(address)} is no address of a gateway: give it as in http://127.0.0.1:8470"
            ) from error
        except aiohttp.ClientError as error:
            raise self._unreachable(address, error) from error

    @staticmethod
    def _unreachable(address: str, error: Exception) -> UnreachableGatewayError:
        why = shown(str(error)) or type(error).__name__
        return UnreachableGatewayError(
            f"no answer from {shown(address)} ({why}): check that the gateway runs"
        )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the whole body, which arrives in parts."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MAX_ANSWER:
            raise GatewayAnswerError(
                f"{shown(str(response.url))} answered with more than {_MAX_ANSWER} bytes: is it a gateway?"
            )
    return bytes(body)
