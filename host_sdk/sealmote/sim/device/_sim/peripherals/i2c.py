"""`machine.I2C` and `machine.SoftI2C` over the simulated wires.

An address that nobody acknowledges raises OSError(ENODEV), as the ESP32 port does. The chips here
take a STOP and a repeated START alike, so `stop` changes nothing.
"""

from _sim import chip, clock, faults, seeded_random
from _sim.peripherals import i2c_bus
from _sim.peripherals.pin import Pin, drives, number, use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Model

_ENODEV = 19
_ETIMEDOUT = 116  # newlib's
_STUCK_US = 50000

# The ESP32 port's default pins of its hardware buses (machine_i2c.h): (scl, sda) by bus.
_DEFAULT_PINS = {
    "esp32": {0: (18, 19), 1: (25, 26)},
    "esp32s3": {0: (9, 8), 1: (9, 8)},
    "esp32c3": {0: (9, 8)},
}[chip.NAME]

# What ESP-IDF 5.5.2 says before it restarts, of a bus on pins that cannot drive it (machine_i2c.c).
_ABORT = """ESP_ERROR_CHECK failed: esp_err_t 0x102 (ESP_ERR_INVALID_ARG) at 0x400d8d3f
file: "./machine_i2c.c" line 81
func: machine_hw_i2c_init
expression: i2c_new_master_bus(&bus_cfg, &self->bus_handle)

abort() was called at PC 0x4008e8bf on core 0

Rebooting..."""


# What is read instead of the chip's own bytes while SDA is held, or open.
_HELD = {"i2c-low": 0x00, "i2c-floating": 0xFF}


def _read(device: "Model", count: int) -> bytes:
    """Read registers, as the wires let them through."""
    first = device.pointer
    found = device.read(count)
    if found is None:
        raise OSError(_ENODEV)
    for kind, byte in _HELD.items():
        held = faults.active(kind)
        if held:
            low, high = faults.number(held, "first"), faults.number(held, "last")
            found = bytes(
                byte if low <= (first + index & 0xFF) <= high else value
                for index, value in enumerate(found)
            )
    return found


class SoftI2C:
    """An I2C controller on two pins; freq in Hz, timeout in µs."""

    def __init__(
        self, scl: Pin | int, sda: Pin | int, *, freq: int = 400000, timeout: int = 50000
    ) -> None:
        self.init(scl, sda, freq=freq, timeout=timeout)

    def init(
        self, scl: Pin | int, sda: Pin | int, *, freq: int = 400000, timeout: int = 50000
    ) -> None:
        """Take the pins."""
        if freq <= 0 or timeout < 0:
            raise ValueError("freq and timeout")
        wires = (number(sda), number(scl))
        for gpio in wires:
            use(gpio)
        self._devices = i2c_bus.devices(*wires) if all(drives(gpio) for gpio in wires) else {}

    def scan(self) -> list[int]:
        """Addresses that answer, ascending."""
        return [] if self._fails() else sorted(self._devices)

    def readfrom(self, addr: int, nbytes: int, stop: bool = True) -> bytes:  # noqa: ARG002
        """Read nbytes."""
        return _read(self._device(addr), nbytes)

    def readfrom_into(self, addr: int, buf: bytearray | memoryview, stop: bool = True) -> None:  # noqa: ARG002
        """Read as many bytes as buf holds."""
        buf[:] = self.readfrom(addr, len(buf))

    def writeto(self, addr: int, buf: bytes | bytearray, stop: bool = True) -> int:  # noqa: ARG002
        """Write buf; returns how many bytes were acknowledged."""
        self._write(addr, bytes(buf))
        return len(buf)

    def writevto(self, addr: int, vector: list[bytes], stop: bool = True) -> int:
        """Write several buffers as one transaction."""
        return self.writeto(addr, b"".join(bytes(part) for part in vector), stop)

    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int, *, addrsize: int = 8) -> bytes:
        """Read nbytes from a register on; addrsize in bits."""
        return _read(self._write(addr, self._register(memaddr, addrsize)), nbytes)

    def readfrom_mem_into(
        self, addr: int, memaddr: int, buf: bytearray | memoryview, *, addrsize: int = 8
    ) -> None:
        """Fill buf from a register on."""
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)

    def writeto_mem(
        self, addr: int, memaddr: int, buf: bytes | bytearray, *, addrsize: int = 8
    ) -> None:
        """Write buf to a register."""
        self._write(addr, self._register(memaddr, addrsize) + bytes(buf))

    def _write(self, addr: int, data: bytes) -> "Model":
        device = self._device(addr)
        if not device.write(data):
            raise OSError(_ENODEV)
        return device

    def _device(self, addr: int) -> "Model":
        device = self._devices.get(addr)
        failure = self._fails()
        if failure:
            raise OSError(failure)
        if device is None:
            raise OSError(_ENODEV)
        return device

    @staticmethod
    def _fails() -> int:
        """Error that a transaction at this moment ends with, 0 for none."""
        if faults.active("i2c-stuck"):
            clock.sleep_us(_STUCK_US)  # somebody holds a line low: the controller waits in vain
            return _ETIMEDOUT
        deaf = faults.active("i2c-nack")
        if deaf and seeded_random.happens(deaf["share"], "i2c-nack", clock.now_us()):
            return _ENODEV
        return 0

    @staticmethod
    def _register(memaddr: int, addrsize: int) -> bytes:
        if addrsize not in (8, 16, 24, 32):
            raise ValueError("invalid addrsize")
        return (memaddr & (1 << addrsize) - 1).to_bytes(addrsize // 8, "big")


class I2C(SoftI2C):
    """A hardware bus: number 0 or 1, with default pins."""

    def __init__(
        self,
        id: int = 0,  # noqa: A002 - the port's name
        *,
        scl: Pin | int | None = None,
        sda: Pin | int | None = None,
        freq: int = 400000,
        timeout: int = 50000,
    ) -> None:
        if id not in _DEFAULT_PINS:
            raise ValueError("I2C(%d) doesn't exist" % id)
        default_scl, default_sda = _DEFAULT_PINS[id]
        scl = number(default_scl if scl is None else scl)
        sda = number(default_sda if sda is None else sda)
        if not (drives(scl) and drives(sda)):
            print(_ABORT)
            chip.restart(chip.HARD_RESET)  # which is how a panic looks to MicroPython
        self.init(scl, sda, freq=freq, timeout=timeout)
