"""Start the application after every reset; Ctrl-C on the serial line ends it and gives the REPL."""

import gc
import sys
import time

import machine

from mote import uptime  # the first import: it is the clock that counts from here

_PAUSE_S = 30  # so that a fault at every start is a slow loop, with time to read and to interrupt


def load_signer() -> None:
    """Load what signs, before the application: it needs the largest blocks of the heap."""
    from mote.unimport import Unimport

    with Unimport():
        from mote.attestation import signer

        signer.begin()


def report(error: Exception) -> None:
    """Print its traceback."""
    try:
        from mote import trace

        trace.report(error)
    except (ImportError, MemoryError):
        sys.print_exception(error)


try:
    # What compiling leaves behind is cleared as it comes: modules then lie close together, and the
    # heap need not grow into the memory that Wi-Fi wants.
    gc.threshold(8192)
    from mote.power import safe_mode

    try:
        if safe_mode.begin():
            load_signer()
            from mote import app

            app.run()
        safe_mode.end()
    except KeyboardInterrupt:
        safe_mode.end()
        raise
except Exception as error:  # noqa: BLE001 - the last resort for what nobody named
    try:
        uptime.settle()
    finally:
        report(error)
    print("E %4d.000 main: restarting in %d s" % (uptime.seconds(), _PAUSE_S))
    time.sleep(_PAUSE_S)
    machine.reset()
