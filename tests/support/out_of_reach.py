"""The configuration of a board that takes readings, and has neither network nor gateway in reach."""

from sealwire.keys import ES256, SecretKey

CONFIG = {
    "wifi": {"ssid": "far away", "password": "correct horse"},
    "gateway": {
        "url": "http://127.0.0.1:9",
        "origin": "example.org/x",
        "key": SecretKey(ES256, bytes(31) + b"\1").public.cose().hex(),
    },
    "sample": {"period_s": 1, "sensors": ["chip"]},
}
