"""Mounts /data. Where that cannot be done main.py does not start, and USB says why and answers."""

import sys

import mote.data

try:
    mote.data.mount()
except Exception as error:  # noqa: BLE001 - whatever it is, raised again below
    import mote.uptime

    try:
        mote.uptime.settle()  # or a chip's own USB, which starts after this, would not have it
    finally:
        raise error
del sys.modules["mote.data"], mote.data, mote  # the application has better use for the heap
