"""Two erase blocks of NOR flash in memory, whose power can be cut at any byte."""

BLOCK = 4096


class PowerCutError(Exception):
    pass


class Flash:
    """NOR flash of two blocks: programming clears bits, erasing sets them; cut after some bytes."""

    def __init__(self) -> None:
        self.data = bytearray(b"\xff" * 2 * BLOCK)
        self.budget = -1  # bytes that may still be erased or programmed; -1 without end

    def _spend(self) -> None:
        if self.budget == 0:
            raise PowerCutError
        self.budget -= 1

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        start = block * BLOCK + offset
        buffer[:] = self.data[start : start + len(buffer)]

    def writeblocks(self, block: int, buffer: bytes, offset: int) -> None:
        for index, value in enumerate(buffer):
            self._spend()
            self.data[block * BLOCK + offset + index] &= value

    def ioctl(self, op: int, block: int) -> int:
        assert op == 6
        for index in range(0, BLOCK, 256):
            self._spend()
            self.data[block * BLOCK + index : block * BLOCK + index + 256] = b"\xff" * 256
        return 0
