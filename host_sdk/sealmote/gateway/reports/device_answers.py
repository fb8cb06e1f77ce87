"""A device's registration, statements, challenges and boot accounts, as the API declares them."""

from sealmote.api import answers
from sealmote.common import drop_causes
from sealmote.gateway.reports import accounting
from sealmote.gateway.store import challenges, devices
from sealmote.gateway.store.integrity import Leaf
from sealwire.statement import CLOCK_SOURCES, RESET_CAUSES, SIGNERS, Statement


def device(row: devices.Device) -> answers.Device:
    """Return a device's registration."""
    return answers.Device(
        row.thumbprint, row.key, row.owner or None, row.registration, row.added, row.revoked
    )


def statement(leaf: Leaf) -> answers.Statement:
    """Return a statement with its claims by name. TypeError for a leaf that is none."""
    parsed = leaf.parsed()
    said = parsed.content
    if not isinstance(said, Statement) or leaf.thumbprint is None:
        raise TypeError(f"leaf {leaf.number} is no statement")
    account = said.account
    return answers.Statement(
        leaf=leaf.number,
        device=leaf.thumbprint,
        boot=parsed.header.boot,
        sequence=parsed.header.sequence,
        time=parsed.header.iat,
        received=leaf.received,
        mac=said.mac.hex(":"),
        hwmodel=said.hwmodel.decode("latin-1"),
        uptime=said.uptime,
        bootcount=said.bootcount,
        firmware=f"{said.swname} {said.swversion}",
        reset_cause=RESET_CAUSES[account.reset_cause],
        clock_source=CLOCK_SOURCES[account.clock_source],
        clock_uncertainty_ms=account.clock_uncertainty_ms,
        previous_last=account.previous_last,
        acknowledged_to=account.acknowledged_to,
        dropped=[span[:3] for span in account.dropped],
        drops=[_stated_drop(*span) for span in account.dropped],
        last_ack=account.last_ack,
        counters=None if account.counters is None else answers.Counters(*account.counters),
        signer=None if account.signer is None else SIGNERS[account.signer],
        memory=None if account.memory is None else answers.Memory(*account.memory),
        nonce=said.nonce,
        message=leaf.raw,
    )


def boot_account(account: accounting.BootAccount) -> answers.BootAccount:
    """Return the account of one boot."""
    return answers.BootAccount(
        boot=account.boot,
        last=account.last,
        logged=account.logged,
        dropped=account.dropped,
        missing=account.missing,
        awaited=account.awaited,
        drops=[_drop(one) for one in account.drops],
        closed=account.closed,
    )


def challenge(
    one: challenges.Challenge, answer: answers.Statement | answers.Damaged | None
) -> answers.Challenge:
    """Return a challenge and what answered it, None while it is open."""
    return answers.Challenge(one.nonce, one.asked, one.given, answer)


def _drop(one: accounting.Drop) -> answers.Drop:
    said = drop_causes.name(one.cause), drop_causes.explain(one.cause, one.refusal)
    if one.cause is None or said[0] != drop_causes.REFUSED:
        return answers.Drop(one.first, one.last, *said)
    return answers.RefusedDrop(one.first, one.last, *said, one.cause, one.refusal)


def _stated_drop(
    boot: int, first: int, last: int, cause: int | None, refusal: bytes | None
) -> answers.StatedDrop:
    said = drop_causes.name(cause), drop_causes.explain(cause, refusal)
    if cause is None or said[0] != drop_causes.REFUSED:
        return answers.StatedDrop(boot, first, last, *said)
    return answers.RefusedStatedDrop(boot, first, last, *said, cause, refusal)
