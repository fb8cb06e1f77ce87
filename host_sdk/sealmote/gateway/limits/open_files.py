"""Limit on open files and connections of this process (RLIMIT_NOFILE)."""

import sys

OWN = 128  # database, keys, threads' connections to both, a chain, what libraries open


def raise_limit(wanted: int) -> None:
    """Ask the system for room for `wanted` connections beside our own files, as far as it allows."""
    if sys.platform == "win32":
        return  # which has no such limit
    import resource  # noqa: PLC0415  # POSIX only

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    goal = wanted + OWN if hard == resource.RLIM_INFINITY else min(wanted + OWN, hard)
    if soft != resource.RLIM_INFINITY and soft < goal:
        resource.setrlimit(resource.RLIMIT_NOFILE, (goal, hard))


def room_for(wanted: int) -> int:
    """Return how many connections there is room for, `wanted` at most and one at least."""
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415  # POSIX only

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - OWN))
