"""Explain why a server cannot listen at an address."""

import errno
import socket

_ANOTHER_PORT = {
    errno.EADDRINUSE: "another program listens there: stop it, or choose another port",
    errno.EACCES: "the system keeps this port for the superuser: choose one above 1023",
}


def explain(host: str, port: int, error: OSError) -> str:
    """Return one line: host, port, cause and next step."""
    where = f"cannot listen on {host} port {port}"
    if isinstance(error, socket.gaierror):
        return f"{where}: {error.strerror}; choose an address of this machine"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{where}: this machine has no such address; choose one of its own, or 0.0.0.0"
    known = _ANOTHER_PORT.get(error.errno or 0)
    return f"{where}: {known or f'{error.strerror or error}; choose another address or port'}"
