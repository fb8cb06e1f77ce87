"""Node of a target: "embedded:PATH", an http(s) address, or several of one chain."""

from collections.abc import Sequence
from pathlib import Path

from sealmote.chain.errors import TargetError
from sealmote.chain.evm.rpc.node import HttpNode, Node

EMBEDDED = "embedded:"

Targets = str | Sequence[str]


def open_node(targets: Targets, *, make: bool = True) -> Node:
    """Return the node behind a target: "embedded:PATH", an http(s) address, or several of those.

    An embedded chain whose file is not there is made anew, or without `make` a TargetError.
    """
    named = [targets] if isinstance(targets, str) else list(targets)
    if len(named) == 1 and named[0].startswith(EMBEDDED):
        path = Path(named[0].removeprefix(EMBEDDED))
        if not make and not path.is_file():
            raise TargetError(
                f"there is no chain in {path}: name the file of one, as `sealmote chain serve` makes it,"
                " or a node's address"
            )
        # Late, because the EVM takes a second to load and a client of a real node has no need of it.
        from sealmote.chain.embedded.chain import EmbeddedChain  # noqa: PLC0415
        from sealmote.chain.embedded.node import EmbeddedNode  # noqa: PLC0415

        return EmbeddedNode(EmbeddedChain(path), owned=True)
    return HttpNode(*named)
