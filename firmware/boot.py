"""Boot: mount /data. Where that fails main.py does not start, and USB says why and answers."""

import sys

import mote.storage.data_partition

try:
    mote.storage.data_partition.mount()
except Exception as error:  # noqa: BLE001 - whatever it is, raised again below
    import mote.uptime

    try:
        mote.uptime.settle()  # or a chip's own USB, which starts after this, would not have it
    finally:
        raise error
# The application has better use for the heap.
del sys.modules["mote.storage.data_partition"], mote.storage.data_partition, mote
