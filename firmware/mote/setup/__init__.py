"""Setup: what a board without a whole configuration does on USB, until it has one.

Any Improv tool can give it its Wi-Fi; `sealmote provision` gives it both Wi-Fi and gateway, over the
REPL. A board that has been set up loads nothing of this package.
"""
