"""HTTP response to a batch: the acknowledgement, or the error that stands for its status."""

from mote.errors import UplinkError
from mote.unimport import Unimport
from mote.uplink.deadline import within
from mote.uplink.http_answer import read
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from mote.uplink.http import Http


async def receive(
    http: "Http", stream: "asyncio.StreamReader", unsent: OSError | ValueError | None
) -> bytes:
    """Return the body of an answer with 200, and close the stream; ``unsent``: what sending failed by.

    Raises as `Http.post`.
    """
    try:
        status, fields, body = await within(http.answer_ms, read(stream), "answering")
    except (OSError, ValueError, UplinkError) as error:
        cause = unsent or error
        if http.tls is None or isinstance(cause, UplinkError):
            raise cause
        with Unimport():
            from mote.uplink.tls import explained

            raise explained(cause)
    finally:
        await stream.wait_closed()  # type: ignore[attr-defined]  # MicroPython's streams are both
    if status != 200:
        with Unimport():
            from mote.uplink.http_status import refusal

            raise refusal(status, fields, http.clock)
    return bytes(body)
