"""Mounts /data. Where that cannot be done main.py does not start, and USB says why and answers."""

import sys

import mote.data

mote.data.mount()
del sys.modules["mote.data"], mote.data, mote  # the application has better use for the heap
