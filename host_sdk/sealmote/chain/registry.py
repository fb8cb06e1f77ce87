"""Kinds of chain, by the type that a proof's anchor and a deployment file name.

A kind is a folder with two modules: `claim` declares what a proof says of an anchor, in a model (see
`sealmote.models`) named AnchorClaim that is as that protocol says; `connection` asks the chain itself, as
`Connections` has it. Each is imported when it is first needed: who reads a proof offline has no need of a
client (0.7 s for EVM's).
"""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

from sealmote.chain.errors import DeploymentError
from sealmote.chain.protocols import AnchorClaim, Chain, Payer
from sealmote.models import Fault, ModelError, parse
from sealwire.registration import Terms

_KINDS: Final = {
    "evm": "sealmote.chain.evm",
}
_UNNAMED: Final = "evm"  # the only kind there was when deployment files and proofs named none


class Connections(Protocol):
    """What the module `connection` of a kind has. All of it raises ChainError."""

    def check_targets(self, targets: Sequence[str]) -> None:
        """Raise TargetError, which names the forms that are taken, for what is no address of a node.

        Nothing is asked. No address is shown: it may hold a key.
        """

    def connect(
        self, targets: Sequence[str], deployment: Path, payer: Payer | None, *, is_patient: bool
    ) -> Chain:
        """Connect to a chain's nodes and to what stands there by a deployment file.

        Without a payer it only reads. `is_patient`: nothing is asked of the nodes yet.
        """

    def connect_as_claimed(
        self, targets: Sequence[str], claims: Sequence[AnchorClaim], terms: Terms
    ) -> Chain:
        """Connect, only to read, to the registry and the place of anchors that a proof names."""


def is_known(type_: str) -> bool:
    """Say whether there is such a kind of chain here."""
    return type_ in _KINDS


def claim_model(type_: str) -> type[Any]:
    """Return the model of a known type's claims."""
    model: type[Any] = _module(type_, "claim").AnchorClaim
    return model


def read_claim(fields: Mapping[str, object]) -> AnchorClaim:
    """Read an anchor of a known type, EVM's if it names none. Raises ModelError."""
    rest = dict(fields)
    type_ = rest.pop("type", _UNNAMED)
    if not isinstance(type_, str) or not is_known(type_):
        known = ", ".join(_KINDS)
        raise ModelError([Fault(("type",), f"is not one that this program knows: {known}")])
    claim: AnchorClaim = parse(claim_model(type_), rest)
    return claim


def connect(
    targets: Sequence[str],
    deployment: Path,
    payer: Payer | None = None,
    *,
    is_patient: bool = False,
) -> Chain:
    """Connect to the kind of chain that a deployment file is of: see `Connections.connect`."""
    connections = _connections(_type_of(deployment))
    return connections.connect(targets, deployment, payer, is_patient=is_patient)


def check_targets(targets: Sequence[str]) -> None:
    """Raise TargetError for what is no address of a node, where no deployment file says of which kind."""
    _connections(_UNNAMED).check_targets(targets)


def connect_as_claimed(
    targets: Sequence[str], claims: Sequence[AnchorClaim], terms: Terms
) -> Chain:
    """Connect to what a proof's claims, at least one, name: see `Connections.connect_as_claimed`.

    Of claims of several types, those of the first's.
    """
    type_ = claims[0].type
    named = [claim for claim in claims if claim.type == type_]
    return _connections(type_).connect_as_claimed(targets, named, terms)


def _type_of(deployment: Path) -> str:
    """Return the type that a deployment file names; what is no such file its reader explains."""
    try:
        named: Any = json.loads(deployment.read_bytes())
    except (OSError, ValueError, RecursionError):
        return _UNNAMED
    type_ = named.get("type", _UNNAMED) if isinstance(named, dict) else _UNNAMED
    if not isinstance(type_, str) or not is_known(type_):
        raise DeploymentError(
            f"{deployment} is of another type of chain than this program knows: {', '.join(_KINDS)}"
        )
    return type_


def _connections(type_: str) -> Connections:
    return cast("Connections", _module(type_, "connection"))


def _module(type_: str, name: str) -> Any:
    return import_module(f"{_KINDS[type_]}.{name}")
