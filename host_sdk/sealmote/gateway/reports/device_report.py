"""Device report: everything that the gateway knows of one device."""

import sqlite3
from dataclasses import fields
from typing import Any

from sealmote.api import answers
from sealmote.gateway.errors import DamagedError
from sealmote.gateway.reports import accounting, device_answers
from sealmote.gateway.store import challenges, devices, queries

_STATEMENTS = 20


def overviews(connection: sqlite3.Connection) -> answers.Devices:
    """Return the overview of each device, in the order in which they were added."""
    found = [overview(connection, device) for device in devices.list_all(connection)]
    return answers.Devices(found, devices.damaged(connection))


def overview(connection: sqlite3.Connection, device: devices.Device) -> answers.DeviceOverview:
    """Return a device's registration and how much the log has of it."""
    registered = device_answers.device(device)
    summary = queries.summary(connection, device.device)
    return answers.DeviceOverview(**_values(registered), **summary._asdict())


def report(connection: sqlite3.Connection, thumbprint: bytes) -> answers.DeviceReport | None:
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
    return answers.DeviceReport(
        **_values(overview(connection, device)),
        boots=[device_answers.boot_account(one) for one in accounting.account(known, stated)],
        evidence=queries.equivocations(connection, device.device),
        statements=[device_answers.statement(leaf) for leaf in leaves[:_STATEMENTS]],
        challenges=[
            _challenge(connection, device, one) for one in challenges.of(connection, device.device)
        ],
        damaged=[answers.DamagedLeaf(*one) for one in damaged],
    )


def _challenge(
    connection: sqlite3.Connection, device: devices.Device, one: challenges.Challenge
) -> answers.Challenge:
    try:
        leaf = queries.answer(connection, device, one)
    except DamagedError as error:
        return device_answers.challenge(one, answers.Damaged(str(error)))
    return device_answers.challenge(one, None if leaf is None else device_answers.statement(leaf))


def _values(model: answers.Device) -> dict[str, Any]:
    return {one.name: getattr(model, one.name) for one in fields(model)}
