"""Device report: everything that the gateway knows of one device."""

from dataclasses import fields
from typing import Any, NamedTuple

from sealmote.api import answers
from sealmote.gateway.errors import DamagedError
from sealmote.gateway.reports import accounting, device_answers
from sealmote.gateway.store import challenges, devices, queries
from sealmote.gateway.store.session import Reader

_STATEMENTS = 20


def overviews(reader: Reader) -> answers.Devices:
    """Return the overview of each device, in the order in which they were added."""
    found = [overview(reader, device) for device in devices.list_all(reader)]
    return answers.Devices(found, devices.damaged(reader))


def overview(reader: Reader, device: devices.Device) -> answers.DeviceOverview:
    """Return a device's registration and how much the log has of it."""
    registered = device_answers.device(device)
    summary = queries.summary(reader, device.device)
    return answers.DeviceOverview(**_values(registered), **summary._asdict())


class Version(NamedTuple):
    """What a report is made of: while this is the same, so is the report.

    The log only grows, so a device's leaves are known by the newest of them.
    """

    device: devices.Device
    newest: int | None
    evidence: tuple[int, ...]
    challenges: tuple[challenges.Challenge, ...]


def version(reader: Reader, thumbprint: bytes) -> Version | None:
    """Return what a device's report is made of now, None if there is no such device. Takes little time."""
    device = devices.find(reader, thumbprint)
    if device is None:
        return None
    return Version(
        device,
        queries.newest_leaf(reader, device.device),
        tuple(queries.equivocations(reader, device.device)),
        tuple(challenges.of(reader, device.device)),
    )


def report(reader: Reader, thumbprint: bytes) -> answers.DeviceReport | None:
    """Return all that is known of a device, None if there is no such device."""
    found = version(reader, thumbprint)
    return None if found is None else report_of(reader, found)


def report_of(reader: Reader, found: Version) -> answers.DeviceReport:
    """Return a device's overview, account, evidence, newest statements and challenges.

    `damaged` names the statements that are not as they were written; the account is without them.
    """
    device = found.device
    known = queries.ranges(reader, device.device)
    leaves, damaged = queries.statements(reader, device.device)
    stated = [accounting.claims(leaf.raw) for leaf in leaves]
    return answers.DeviceReport(
        **_values(overview(reader, device)),
        boots=[device_answers.boot_account(one) for one in accounting.account(known, stated)],
        evidence=list(found.evidence),
        statements=[device_answers.statement(leaf) for leaf in leaves[:_STATEMENTS]],
        challenges=[_challenge(reader, device, one) for one in found.challenges],
        damaged=[answers.DamagedLeaf(*one) for one in damaged],
    )


def _challenge(
    reader: Reader, device: devices.Device, one: challenges.Challenge
) -> answers.Challenge:
    try:
        leaf = queries.answer(reader, device, one)
    except DamagedError as error:
        return device_answers.challenge(one, answers.Damaged(str(error)))
    return device_answers.challenge(one, None if leaf is None else device_answers.statement(leaf))


def _values(model: answers.Device) -> dict[str, Any]:
    return {one.name: getattr(model, one.name) for one in fields(model)}
