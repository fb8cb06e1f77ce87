"""Deployment of both contracts, once, resumed after a crash.

A contract's address follows from the account and the number of its transaction, so it is known before
anything is sent:

    1. The address is noted in a file, FILE.begun: durable.
    2. The contract is sent, and waited for.
    3. After a crash, or a node that gave no answer any more, the next call looks at that address first.
    4. Once both contracts stand, FILE is written, and the note is removed.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sealmote.chain.errors import DeploymentError
from sealmote.chain.evm.contracts.abi import contract
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.session import ZERO_ADDRESS, Session, anchor_code
from sealmote.chain.evm.transactions.transaction import contract_address


class Deploying(Session):
    """What an account does to have contracts."""

    def deploy(self, file: Path | None = None) -> Deployment:
        """Put both contracts on the chain, use them, and write them to a file if one is named.

        With a file they are made once: those that it names already are used, and what an earlier call
        began is finished. Raises DeploymentError if a file cannot be written, before anything is sent.
        """
        if file is not None and file.is_file():
            self.use(Deployment.load(file))
            return self.deployment
        if file is not None and file.is_dir():
            raise DeploymentError(f"cannot write {file}: it is a folder; name a file in it")
        notes = None if file is None else file.with_name(file.name + ".begun")
        with self._sender.lock:
            self._sender.settle()
            begun = self._begun(notes)
            if begun is None:
                start = self.api.newest_block().number
                begun = self._make(
                    "device_registry",
                    lambda made: Deployment(self.chain_id, made, ZERO_ADDRESS, start),
                    notes,
                )
            if not self._has_anchor(begun):
                begun = self._make(
                    "log_anchor",
                    lambda made: replace(begun, anchor=made),
                    notes,
                    begun.registry,
                )
            self.use(begun)
        if file is not None and notes is not None:
            begun.save(file)
            notes.unlink(missing_ok=True)
        return begun

    def _begun(self, notes: Path | None) -> Deployment | None:
        """Return what an earlier call began and the chain has; None if there is nothing of it."""
        if notes is None or not notes.exists():
            return None
        begun = Deployment.load(notes)
        if begun.chain_id != self.chain_id:
            return None
        stands = self.api.code(begun.registry) == contract("device_registry").runtime
        return begun if stands else None

    def _has_anchor(self, begun: Deployment) -> bool:
        if begun.anchor == ZERO_ADDRESS:
            return False
        return self.api.code(begun.anchor) == anchor_code(begun.registry)

    def _make(
        self,
        name: str,
        place: Callable[[bytes], Deployment],
        notes: Path | None,
        *arguments: object,
    ) -> Deployment:
        """Make a contract and return the deployment with it; noted before it is sent."""
        expected = contract_address(self.address, self._sender.next_nonce())
        if notes is not None:
            place(expected).save(notes)
        return place(self._create(name, *arguments))

    def _create(self, name: str, *arguments: object) -> bytes:
        compiled = contract(name)
        receipt = self._sender.send(
            None, compiled.creation + compiled.constructor.encode(arguments)
        )
        if receipt.contract is None:
            raise self._bad("a receipt without the contract that was made")
        return receipt.contract
