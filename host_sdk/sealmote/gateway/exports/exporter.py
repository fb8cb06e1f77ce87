"""Interface of an exporter: a media type, and an encoder for each answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sealmote.gateway.exports.rows import Reading
from sealmote.gateway.store.integrity import Damage


class Encoder(ABC):
    """Encodes one answer, piece by piece; what its methods return is sent in that order.

    They run in a worker thread, one after another, on some 25 readings at a time.
    """

    def begin(self) -> bytes:
        """Return what comes before the first reading."""
        return b""

    @abstractmethod
    def encode(self, readings: Sequence[Reading], damaged: Sequence[Damage]) -> bytes:
        """Return the next readings of the log, and say which leaves between them are not served.

        A damaged leaf has to be named here or at the end: without a word it would look like a gap.
        """

    def end(self, after: int | None) -> bytes:
        """Return what comes after the last reading; `after` is the next page's cursor, None on the last."""
        del after
        return b""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A form in which readings are exported.

    `open` makes the encoder of an answer, `media_type` is what the Accept header names. With `is_endless`
    an answer has everything that was asked for unless it has a limit, and is sent as it is read; else it is
    a page. `charset` is None for a form that is no text.
    """

    media_type: str
    open: Callable[[], Encoder]
    is_endless: bool = True
    charset: str | None = "utf-8"

    @property
    def content_type(self) -> str:
        """What the Content-Type header says."""
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type
