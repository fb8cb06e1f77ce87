"""Device report: everything that the gateway knows of one device, as a JSON object."""

import sqlite3

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.reports import accounting
from sealmote.gateway.store import challenges, devices, queries
from sealmote.gateway.web import render

_STATEMENTS = 20


def overviews(connection: sqlite3.Connection) -> list[dict[str, object]]:
    """Return the overview of each device, in the order in which they were added."""
    return [overview(connection, device) for device in devices.list_all(connection)]


def overview(connection: sqlite3.Connection, device: devices.Device) -> dict[str, object]:
    """Return a device's registration and how much the log has of it."""
    summary = queries.summary(connection, device.device)
    return {**render.device(device), **summary._asdict()}


def report(connection: sqlite3.Connection, thumbprint: bytes) -> dict[str, object] | None:
    """Return a device's overview, account, evidence, newest statements and challenges.

    `damaged` names the statements that are not as they were written; the account is without them.

    None if there is no such device.
    """
    device = devices.find(connection, thumbprint)
    if device is None:
        return None
    known = queries.ranges(connection, device.device)
    leaves, damaged = queries.statements(connection, device.device)
    stated = [accounting.claims(leaf.raw) for leaf in leaves]
    return {
        **overview(connection, device),
        "boots": [render.boot(one) for one in accounting.account(known, stated)],
        "evidence": queries.equivocations(connection, device.device),
        "statements": [render.statement(leaf) for leaf in leaves[:_STATEMENTS]],
        "challenges": [
            _challenge(connection, device, one) for one in challenges.of(connection, device.device)
        ],
        "damaged": [one._asdict() for one in damaged],
    }


def _challenge(
    connection: sqlite3.Connection, device: devices.Device, one: challenges.Challenge
) -> dict[str, object]:
    try:
        answer = queries.answer(connection, device, one)
    except DamagedError as error:
        return render.challenge(one, None) | {"answer": {"damaged": str(error)}}
    return render.challenge(one, answer)
