"""A gateway: its directory, its devices, and serving them.

    gateway = Gateway.create(Path("gw"), "sealmote.example/greenhouse")
    gateway.add_device(key, registration=signed_terms)
    await gateway.start("127.0.0.1", 8080)
    ...
    await gateway.stop()
    gateway.close()

Devices can be added and revoked while another process serves the same directory: it looks into
the database at every request.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

from sealmote.api.answers import DeviceReport
from sealmote.chain.protocols import AnchorService
from sealmote.crypto import Signer
from sealmote.gateway import settings
from sealmote.gateway.clock import Clock, check_clock
from sealmote.gateway.directory import copy_check
from sealmote.gateway.directory.layout import Layout
from sealmote.gateway.directory.lock import Lock
from sealmote.gateway.errors import DeviceError, GatewayError, StoreError
from sealmote.gateway.fsck import Checked, check
from sealmote.gateway.ingress import registry
from sealmote.gateway.ingress.listener import ListenerFactory
from sealmote.gateway.registration_check import check_registration
from sealmote.gateway.reports import device_report
from sealmote.gateway.serving import OpenDirectory, Serving
from sealmote.gateway.store import Store, challenges, devices, schema, tree_heads
from sealmote.gateway.store.challenges import Challenge
from sealmote.gateway.store.devices import Device
from sealmote.gateway.store.tree_heads import AnchorRow
from sealmote.log.note import NoteKey
from sealwire.keys import ES256, PublicKey

_OWN_JOBS = 16  # checkpoints, anchors and devices wait for the writer beside the requests


class Gateway:
    """An open gateway directory. Methods block for a millisecond or so, and raise SealmoteError."""

    def __init__(self, directory: Path, clock: Clock = time.time):
        """Open an existing directory: the same as `open`. `clock` gives Unix seconds."""
        self._layout = Layout(directory)
        self.settings = settings.load(self._layout.settings)
        self._ack_signer = Signer.load(self._layout.ack_key)
        self._log_signer = Signer.load(self._layout.log_key)
        self._clock = clock
        self._serving: Serving | None = None
        self._host = ""
        queue_limit = self.settings.limits.max_requests + _OWN_JOBS
        self._store = Store(self._layout.database, queue_limit)
        if self._store.origin() != self.origin:
            named = self._store.origin()
            self.close()
            raise StoreError(
                f"the database is the log {named}, {self._layout.settings} says {self.origin}:"
                " a log keeps its name; correct the settings"
            )

    @classmethod
    def create(
        cls, directory: Path, origin: str, options: settings.Options | None = None
    ) -> "Gateway":
        """Make keys, database and settings in a directory, and open it.

        `origin` names the log for ever. Raises GatewayError if the directory has a gateway already.
        """
        chosen = settings.check(origin, options or settings.Options())
        layout = Layout(directory)
        if layout.settings.exists():
            raise GatewayError(f"{directory} has a gateway already: open it, or name another")
        begun = [p.name for p in (layout.ack_key, layout.log_key, layout.database) if p.exists()]
        if begun:
            raise GatewayError(
                f"{directory} holds {', '.join(begun)} without settings, as after a creation that was"
                " cut short: name another directory, or remove them if nobody uses them"
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GatewayError(
                f"{directory} cannot be made ({error.strerror}): name another directory"
            ) from error
        Signer.generate(ES256).save(layout.ack_key)
        Signer.generate(ES256).save(layout.log_key)
        schema.create(layout.database, origin)
        copy_check.adopt(layout.home)
        settings.save(layout.settings, chosen)
        return cls(directory)

    @classmethod
    def open(cls, directory: Path) -> "Gateway":
        """Open an existing directory. Several processes may; one of them can serve."""
        return cls(directory)

    def close(self) -> None:
        """Let go of the database; `stop` comes first if it serves."""
        if self._serving is not None:
            raise GatewayError("the gateway is serving: stop it before closing it")
        self._store.close()

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(self, *what: object) -> None:
        """Close it."""
        self.close()

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.settings.origin

    @property
    def ack_key(self) -> PublicKey:
        """The key that acknowledgements and evidence are signed with: boards pin it."""
        return self._ack_signer.public

    @property
    def log_key(self) -> NoteKey:
        """The key that checkpoints and receipts are signed with: verifiers pin it."""
        return NoteKey(self.origin, self._log_signer.public)

    @property
    def log_signer(self) -> Signer:
        """The secret half of `log_key`, by which the log consents to be opened on a chain."""
        return self._log_signer

    @property
    def url(self) -> str:
        """Where it serves, as in http://127.0.0.1:8080."""
        if self._serving is None:
            raise GatewayError("the gateway does not serve: start it first")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._serving.port}"

    def release(self) -> None:
        """Let the gateway live here no more, before its folder is moved elsewhere.

        CopiedError if it does not live here, GatewayError while it serves.
        """
        with self._held():
            copy_check.release(self._layout.home)

    @property
    def is_released(self) -> bool:
        """Whether this folder, or the one that it is a copy of, was released."""
        return copy_check.is_released(self._layout.home)

    def adopt(self) -> None:
        """Let the gateway live in this folder from now on; the caller vouches that no other one serves."""
        with self._held():
            copy_check.adopt(self._layout.home)

    @contextmanager
    def _held(self) -> Iterator[None]:
        lock = Lock(self._layout.lock)
        try:
            yield
        finally:
            lock.release()

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        chain: AnchorService | None = None,
        on_acknowledged: Callable[[bytes], None] = lambda _: None,
        listeners: Mapping[str, ListenerFactory] = MappingProxyType({}),
    ) -> None:
        """Serve; port 0 takes a free one. With a `chain`, checkpoints are anchored on it.

        `on_acknowledged` is told each signed acknowledgement before it is sent; `listeners` are ways in
        beside HTTP and those of the settings, by the names under which the status shows them.
        Raises RolledBackError if the database is older than a head that was published or anchored,
        CopiedError if the directory is a copy of the gateway's, GatewayError if another process serves
        this directory or the port is taken. While the chain cannot be asked, it serves and takes no
        readings, and its status says why.
        """
        if self._serving is not None:
            raise GatewayError("the gateway serves already: stop it first")
        copy_check.check(self._layout.home)
        opened = OpenDirectory(
            self._layout,
            self.settings,
            self._store,
            self._ack_signer,
            self._log_signer,
            self._clock,
        )
        ways_in = registry.factories(self.settings.ingress) | dict(listeners)
        serving = Serving(opened, chain, on_acknowledged, (host, port), ways_in)
        await serving.start()
        self._serving, self._host = serving, host

    async def failure(self) -> str:
        """Wait, while it serves, until it cannot go on by itself, and return why; then stop it."""
        if self._serving is None:
            raise GatewayError("the gateway does not serve: start it first")
        return await self._serving.failure()

    async def stop(self) -> None:
        """Stop serving; requests that are being worked on are answered first."""
        if self._serving is not None:
            serving, self._serving = self._serving, None
            await serving.stop()

    def add_device(
        self,
        key: PublicKey,
        owner: bytes | None = None,
        registration: bytes | None = None,
        *,
        unproven: bool = False,
    ) -> Device:
        """Accept this key's messages from now on.

        `registration` is the key's own signature over its terms (sealwire.registration): it proves
        that the key is held, and names the owner (an EVM address, 20 bytes). `unproven` adds a key
        without it. Raises DeviceError if the proof does not hold or the key is there already.
        """
        now = self._now()
        owner = check_registration(key, owner, registration, now, unproven=unproven)
        return self._store.write(devices.add, key, owner, registration, now).result()

    def list_devices(self) -> list[Device]:
        """Return all devices, revoked ones too, in the order in which they were added."""
        return self._store.read(devices.list_all)

    def revoke_device(self, thumbprint: bytes) -> Device:
        """Refuse whatever is new from a device, for good. DeviceError if it is not there."""
        return self._store.write(devices.revoke, thumbprint, self._now()).result()

    def describe_device(self, thumbprint: bytes) -> DeviceReport:
        """Return all that is known of a device, as `GET /v1/devices/{thumbprint}` does.

        DeviceError if it is not there.
        """
        found = self._store.read(device_report.report, thumbprint)
        if found is None:
            raise DeviceError(
                f"no device {thumbprint.hex()} here: `sealmote device list` shows those that are"
            )
        return found

    def challenge_device(self, thumbprint: bytes, nonce: bytes | None = None) -> Challenge:
        """Ask a device for a statement with this nonce (8 to 64 bytes), a random one if None.

        The process that serves gives it to the device in its next acknowledgement, and in each after
        that until the answer is there. DeviceError if the device is not there, ChallengeError if it
        cannot be asked that.
        """
        now = self._now()
        return self._store.write(challenges.ask, thumbprint, nonce, now).result()

    def list_anchors(self) -> list[AnchorRow]:
        """Return the heads that were anchored, by size, with where the chain has them."""
        return self._store.read(tree_heads.every_anchor)

    def damaged_devices(self) -> list[str]:
        """Say which devices `list_devices` leaves out, for their rows are not what was entered."""
        return self._store.read(devices.damaged)

    def check(self) -> Checked:
        """Hold everything in the directory against each other (`fsck`); another process may serve it."""
        keys = (self.ack_key, self.log_key)
        return self._store.read(check, *keys, self._layout.published)

    def _now(self) -> int:
        """Return Unix seconds for what is noted or judged by them; ClockError if they cannot be right."""
        return int(check_clock(self._clock()))
