"""/data/config.json: read once at startup, checked as a whole; every fault is reported with its fix.

key                 value                                   default
wifi.ssid           text, 1..32 bytes                       required
wifi.password       text, 8..63 bytes, "" for an open net,  required
                    or a raw WPA key, 64 hex digits
gateway.url         SCHEME://HOST[:PORT][/PATH], the scheme  required
                    one of uplink.transport.SCHEMES
gateway.origin      the log's name, as its checkpoints say  required
gateway.key         COSE_Key in hex, signs acknowledgements required
gateway.ca          file with CA certificates, DER or PEM   required with https
ntp.host            text                                    pool.ntp.org
ntp.port            1..65535                                123
sample.period_s     1..86400                                60
sample.count        0 (for ever) or how many readings       0
sample.sensors      names, at least one                     ["bme280", "chip"]
board               a name in board.names()                 generic
i2c.sda, i2c.scl    GPIO numbers, together                  the board's
alg                 ES256 or ES256K, for a key to be made   ES256
outbox.max_bytes    16384..67108864                         what the filesystem has free
upload.batch        messages a request, 1..64               20
upload.period_s     1..86400                                10
power.sleep         true: deep sleep between readings       false
power.send_every    wakes to a sending, 1..1440             10
log                 debug, info, warning or error           info
"""

import os
from binascii import unhexlify
from collections import namedtuple

from mote.configuration import json_file
from mote.configuration.fields import Fields, is_password
from mote.configuration.url import Url, parse_url
from mote.errors import ConfigError
from mote.hardware.board_profiles import GENERIC, Profile, names, profile
from sealwire.keys import ALGORITHM_NAMES, PublicKey

PATH = "/data/config.json"
MAX_SIZE = 4096  # bytes

Config = namedtuple(
    "Config",
    ("wifi", "gateway", "ntp", "sample", "i2c", "board", "alg", "outbox", "upload", "power", "log"),
)
Wifi = namedtuple("Wifi", ("ssid", "password"))
Gateway = namedtuple("Gateway", ("url", "origin", "key", "ca"))
Ntp = namedtuple("Ntp", ("host", "port"))
Sample = namedtuple("Sample", ("period_s", "count", "sensors"))
I2C = namedtuple("I2C", ("sda", "scl"))
Upload = namedtuple("Upload", ("batch", "period_s"))
Power = namedtuple("Power", ("sleep", "send_every"))


def load(path: str = PATH) -> Config:
    """Return the configuration in ``path``. Raises `ConfigError` with every fault, one a line."""
    try:
        size = os.stat(path)[6]
    except OSError:
        raise ConfigError(
            "no %s: run `sealmote provision` on the computer that the board is plugged into" % path
        )
    if size > MAX_SIZE:
        raise ConfigError("%s has %d bytes; %d is the most" % (path, size, MAX_SIZE))
    return read(json_file.load(path))


def read(value: object) -> Config:
    """Return the configuration in a decoded JSON ``value``. Raises `ConfigError` as `load` does."""
    faults: list[str] = []
    top = Fields(value, "", faults)
    board = top.choice("board", names(), GENERIC)
    config = Config(
        wifi=_wifi(top.section("wifi")),
        gateway=_gateway(top.section("gateway")),
        ntp=_ntp(top.section("ntp", optional=True)),
        sample=_sample(top.section("sample", optional=True)),
        board=board,
        i2c=_i2c(top.section("i2c", optional=True), profile(board)),
        alg=top.choice("alg", sorted(ALGORITHM_NAMES.values()), "ES256"),
        outbox=_outbox(top.section("outbox", optional=True)),
        upload=_upload(top.section("upload", optional=True)),
        power=_power(top.section("power", optional=True)),
        log=top.choice("log", ["debug", "info", "warning", "error"], "info"),
    )
    top.close()
    if faults:
        raise ConfigError(PATH + ":\n" + "\n".join(faults))
    return config


def _wifi(fields: Fields) -> Wifi:
    ssid = fields.text("ssid", 1, 32)
    password = fields.text("password", 0, 64)
    if 0 < len(password) < 8:
        fields.fault("password", 'has to have 8 characters at least, or be "" for an open network')
    elif not is_password(password.encode()):
        fields.fault("password", "of 64 bytes has to be a raw key, in hexadecimal digits")
    fields.close()
    return Wifi(ssid, password)


def _gateway(fields: Fields) -> Gateway:
    url = _url(fields)
    origin = fields.text("origin", 1, 128)
    key = _key(fields)
    ca = fields.text("ca", 1, 64, "")
    if url is not None and url.tls and not ca:
        fields.fault(
            "ca",
            "is needed with %s: run `sealmote provision --ca FILE`, with its CA's certificate"
            % url.scheme,
        )
    if url is not None and not url.tls and ca:
        fields.fault("ca", "goes with an https url only")
    fields.close()
    return Gateway(url, origin, key, ca)


def _url(fields: Fields) -> Url | None:
    text = fields.text("url", 1, 256)
    if not text:
        return None
    try:
        return parse_url(text)
    except ValueError as error:
        fields.fault("url", str(error))
        return None


def _key(fields: Fields) -> PublicKey | None:
    text = fields.text("key", 2, 256)
    if not text:
        return None
    try:
        return PublicKey.parse(unhexlify(text))
    except ValueError as error:
        fields.fault("key", "is not a COSE_Key in hex (%s); copy it from the gateway" % error)
        return None


def _ntp(fields: Fields) -> Ntp:
    ntp = Ntp(fields.text("host", 1, 253, "pool.ntp.org"), fields.integer("port", 1, 65535, 123))
    fields.close()
    return ntp


def _sample(fields: Fields) -> Sample:
    period_s = fields.integer("period_s", 1, 86400, 60)
    count = fields.integer("count", 0, 1 << 30, 0)
    sensors = fields.names("sensors", ("bme280", "chip"))
    fields.close()
    return Sample(period_s, count, sensors)


def _i2c(fields: Fields, usual: Profile) -> I2C:
    if fields.empty:
        return I2C(usual.sda, usual.scl)
    i2c = I2C(fields.integer("sda", 0, 54), fields.integer("scl", 0, 54))
    fields.close()
    return i2c


def _outbox(fields: Fields) -> int | None:
    max_bytes = None if fields.empty else fields.integer("max_bytes", 16384, 1 << 26)
    fields.close()
    return max_bytes


def _upload(fields: Fields) -> Upload:
    upload = Upload(fields.integer("batch", 1, 64, 20), fields.integer("period_s", 1, 86400, 10))
    fields.close()
    return upload


def _power(fields: Fields) -> Power:
    power = Power(fields.boolean("sleep", False), fields.integer("send_every", 1, 1440, 10))
    fields.close()
    return power
