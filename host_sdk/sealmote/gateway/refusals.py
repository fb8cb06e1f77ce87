"""Refusals: the answer to a request that fails as a whole, by whatever way it came in.

Only the log has the inner details. A message's own outcome is no refusal: it stands in the acknowledgement.
"""

from enum import Enum
from typing import NamedTuple

from sealmote.common.fault_log import FaultLog
from sealmote.errors import SealmoteError
from sealmote.gateway.errors import (
    BatchError,
    BusyError,
    ClockError,
    DamagedError,
    NotAcceptingError,
)
from sealmote.gateway.intake import MAX_MESSAGES

_RETRY_S = 5


class Reason(Enum):
    """Why a request is refused, for a protocol's own codes: HTTP has a status for each."""

    BAD_REQUEST = "bad request"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class Refusal(NamedTuple):
    """Cause and next step in words; `retry_after_s` says when to come again, None if not as it was."""

    reason: Reason
    cause: str
    next_step: str
    retry_after_s: int | None = None


def refusal_of(error: Exception, faults: FaultLog, request: str) -> Refusal:
    """Return what to tell the sender; what its operator has to know of goes to the log.

    `request` names what failed in the log's line, as in "POST /v1/readings".
    """
    match error:
        case BatchError():
            step = f"send 1 to {MAX_MESSAGES} whole CBOR items, one after another"
            return Refusal(Reason.BAD_REQUEST, str(error), step)
        case NotAcceptingError():
            step = "keep the readings; the operator has to act"
            return Refusal(Reason.UNAVAILABLE, str(error), step, error.retry_after_s)
        case BusyError() | ClockError():
            step = "send the request again later"
            return Refusal(Reason.UNAVAILABLE, str(error), step, _RETRY_S)
        case DamagedError():
            faults.report("cannot serve %s", request, error=error)
            step = (
                "keep what was not acknowledged; what is not damaged is served; tell the operator"
            )
            return Refusal(Reason.FAILED, str(error), step)
        case SealmoteError() | OSError():
            faults.report("cannot serve %s", request, error=error)
            cause = "the gateway cannot read or write its log"
            step = "keep what was not acknowledged; try later"
            return Refusal(Reason.UNAVAILABLE, cause, step, _RETRY_S)
        case _:
            faults.report("failed on %s", request, error=error)
            cause = "the gateway failed on this request"
            step = "keep what was not acknowledged; tell the operator, whose log has the cause"
            return Refusal(Reason.FAILED, cause, step)
