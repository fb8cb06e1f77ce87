"""The `sealmote` command: a file for each subcommand, none with logic of its own.

Exit codes: 0 done and sound, 1 something is wrong (the message says what and what to do), 2 the
command was not understood.
"""

from sealmote.cli.app import main

__all__ = ["main"]
