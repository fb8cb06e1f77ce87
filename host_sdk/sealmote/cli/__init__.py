"""The `sealmote` command: a file for each subcommand, none with logic of its own.

Exit codes: 0 done and sound, 1 something is wrong (the message says what and what to do), 2 the
command was not understood, 130 Ctrl-C before it was done. A command that goes on until it is stopped ends
with 0 on Ctrl-C and SIGTERM.
"""

from sealmote.cli.app import main

__all__ = ["main"]
