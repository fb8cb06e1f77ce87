"""Device registry on chain: register, rotate, revoke, release and look up keys."""

from sealmote.chain.errors import RegistrationError
from sealmote.chain.evm.session import ZERO_ADDRESS, ZERO_WORD, Session, TxRef, signature_of, tx_ref
from sealmote.chain.evm.transactions.account import checksum
from sealmote.chain.protocols import RegisteredDevice
from sealwire.errors import WireError
from sealwire.keys import PublicKey
from sealwire.registration import Terms, open_terms

_NOW = 2**256 - 1  # later than any block


class Devices(Session):
    """What an account does with devices."""

    def registration_terms(
        self, key: PublicKey, owner: bytes | None = None, valid_for_s: int = 3600
    ) -> Terms:
        """Return what a key must sign to be registered to `owner`, by default this account.

        The terms lapse `valid_for_s` seconds after the newest block.
        """
        (nonce,) = self.device_registry.call("nonces", key.thumbprint())
        deadline = self.api.newest_block().time + valid_for_s
        registry = self.deployment.registry
        return Terms(self.chain_id, registry, owner or self.address, nonce, deadline)

    def register_device(self, key: PublicKey, registration: bytes) -> TxRef:
        """Register a key by the message in which it signed its terms; again is no error.

        Raises RegistrationError for terms that do not fit, RevertedError if the contract refuses.
        """
        with self._lock:
            terms = self._opened(key, registration)
            standing = self.device(key.thumbprint())
            if standing is not None and standing.owner == terms.owner:
                return self._registered(key, standing.registered_block)
            self._check_nonce(key, terms)
            signature = signature_of(registration)
            return tx_ref(
                self.device_registry.send(
                    "register", key.alg, key.x, key.y, terms.owner, terms.deadline, *signature
                )
            )

    def rotate_device(self, thumbprint: bytes, key: PublicKey, registration: bytes) -> TxRef:
        """Put `key` in the place of a device's key of this account, by the terms that `key` signed.

        Terms are public once they are sent, and anybody may have registered the key by them: then it
        is this account's, and is linked as it stands.
        """
        terms = self._opened(key, registration)
        standing = self.device(key.thumbprint())
        if standing is None or standing.owner != self.address:
            self._check_nonce(key, terms)
        if terms.owner != self.address:
            raise RegistrationError(
                f"the successor named {checksum(terms.owner)} as its owner, and this account is"
                f" {checksum(self.address)}: have it sign terms for the device's owner"
            )
        signature = signature_of(registration)
        return tx_ref(
            self.device_registry.send(
                "rotate", thumbprint, key.alg, key.x, key.y, terms.deadline, *signature
            )
        )

    def revoke_device(self, thumbprint: bytes) -> TxRef:
        """Declare a key of this account worthless, for good."""
        return tx_ref(self.device_registry.send("revoke", thumbprint))

    def release_device(self, thumbprint: bytes) -> TxRef:
        """Give a device of this account up, so that it can name another owner.

        What was anchored while it was this account's stays this account's.
        """
        return tx_ref(self.device_registry.send("release", thumbprint))

    def device(self, thumbprint: bytes, block: int | None = None) -> RegisteredDevice | None:
        """Return whose a key (by its 32-byte thumbprint) is, None if it is nobody's.

        With a block: whose it was then. What became of the key later is told all the same.
        """
        registry = self.device_registry
        ((owner, since, until),) = registry.call(
            "registration_at", thumbprint, _NOW if block is None else block
        )
        if owner == ZERO_ADDRESS:
            return None
        ((alg, x, y, revoked, successor),) = registry.call("devices", thumbprint)
        key = self._key(alg, x, y)
        if key.thumbprint() != thumbprint:
            raise self._bad("a key that has not the thumbprint asked for")
        return RegisteredDevice(
            key,
            owner,
            since,
            until or None,
            revoked or None,
            None if successor == ZERO_WORD else successor,
        )

    def accepts(self, terms: Terms) -> bool:
        """Say whether a registration's terms are for this chain's registry."""
        return (terms.chain_id, terms.contract) == (self.chain_id, self.deployment.registry)

    def _opened(self, key: PublicKey, registration: bytes) -> Terms:
        try:
            terms = open_terms(registration, key)
        except WireError as error:
            raise RegistrationError(
                f"the registration is not by this key ({error}): have the device sign new terms"
            ) from error
        if not self.accepts(terms):
            raise RegistrationError(
                f"the device signed for registry {checksum(terms.contract)} on chain"
                f" {terms.chain_id}, and this is {checksum(self.deployment.registry)} on chain"
                f" {self.chain_id}: have it sign new terms"
            )
        return terms

    def _check_nonce(self, key: PublicKey, terms: Terms) -> None:
        (nonce,) = self.device_registry.call("nonces", key.thumbprint())
        if terms.nonce != nonce:
            raise RegistrationError(
                f"the terms have nonce {terms.nonce} and the registry expects {nonce}:"
                " have the device sign new terms"
            )

    def _registered(self, key: PublicKey, block: int) -> TxRef:
        event = self.device_registry.event_of(block, "DeviceRegistered", key.thumbprint())
        if event is None:
            raise self._bad("a registration without its event")
        return TxRef(event.tx_hash, event.block_number, event.block_hash)
