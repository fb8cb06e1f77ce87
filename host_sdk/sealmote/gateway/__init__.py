"""The gateway: verifies sealed messages, keeps them in a log, publishes and anchors it.

gateway     a gateway's directory and devices: start here
config      its settings file
serving     HTTP, checkpoints and anchors, started and stopped together
web/        the HTTP interface
supervisor  its tasks, watched
intake      the path of a batch, and where it becomes durable
turns       who goes next
places      how many at once
reading     looking into the log for those who ask
home        where it lives, and whether a folder is a copy
clock       whether the time can be right
accept      what becomes of each message: the pure decision
portrait    all that is known of one device
operator    who may ask things of it over HTTP
publisher   checkpoints
anchorer    anchors on a chain
fsck        everything in the database, held against each other
store/      the database; nothing else touches SQL
"""

from sealmote.gateway.config import Options, Settings
from sealmote.gateway.errors import (
    BusyError,
    ChallengeError,
    DeviceError,
    GatewayError,
    RolledBackError,
    SettingsError,
    StoreError,
)
from sealmote.gateway.gateway import Gateway
from sealmote.gateway.store.challenges import Challenge
from sealmote.gateway.store.devices import Device

__all__ = [
    "BusyError",
    "Challenge",
    "ChallengeError",
    "Device",
    "DeviceError",
    "Gateway",
    "GatewayError",
    "Options",
    "RolledBackError",
    "Settings",
    "SettingsError",
    "StoreError",
]
