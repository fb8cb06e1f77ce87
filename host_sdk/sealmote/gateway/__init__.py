"""The gateway: verifies sealed messages, keeps them in a log, publishes and anchors it.

gateway      a gateway's directory and devices: start here
settings     its settings file
serving      listeners, checkpoints and anchors, started and stopped together; run: as a program of its own
supervisor   its tasks, watched
ingress/     the ways in: a listener each
intake       the path of a batch, and where it becomes durable; refusals: what is said if it fails
readiness    whether a promise can be kept now
accept       what becomes of each message: the pure decision
store/       the database; nothing else touches SQL
publishing/  checkpoints, anchors on a chain, the rollback check
exports/     readings in the forms that they are exported in
reports/     accounts of devices, derived times, proofs of leaves
web/         the HTTP interface
limits/      fair order, concurrent work, open files
directory/   the lock, the copy check, the operator's token
clock        whether the time can be right
fsck         everything in the directory, checked against each other
"""

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
from sealmote.gateway.settings import ChainOptions, Limits, LogOptions, Options, Settings
from sealmote.gateway.store.challenges import Challenge
from sealmote.gateway.store.devices import Device

__all__ = [
    "BusyError",
    "ChainOptions",
    "Challenge",
    "ChallengeError",
    "Device",
    "DeviceError",
    "Gateway",
    "GatewayError",
    "Limits",
    "LogOptions",
    "Options",
    "RolledBackError",
    "Settings",
    "SettingsError",
    "StoreError",
]
