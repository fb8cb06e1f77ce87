"""Native signing where the board can run it, plain Python where it cannot: the same bytes, slowly."""

import gc
import os

from sealwire import keys

from .log import Log

_log = Log("signing")


def prepare(alg: int) -> None:
    """Load the native signer of an algorithm, if this board has room and an emitter for it.

    Call it before anything large is laid out, Wi-Fi above all: it needs blocks of up to 21 kB in one piece.
    """
    from sealwire import fast  # here: heap that a board without it keeps

    try:
        keys.use_engine(alg, fast.load(alg, os.urandom))
    except (ImportError, MemoryError) as error:
        _log.warning("in plain Python: %s" % error)
    gc.collect()
