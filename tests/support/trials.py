"""A firmware is put on trial on a simulated board, as an update does when it has written it."""

from mote.storage.slots import Slots
from mote.storage.trial import STARTS, Trial
from nor_flash import Flash
from sealmote import trial_record
from sealmote.flash_layout import Partition
from sealmote.sim import Board
from sealmote.sim.storage import partitions

PLACE = partitions.partition("trial")


def put(board: Board, place: Partition, content: bytes | bytearray) -> None:
    """Write the bytes of a partition from its begin on."""
    with board.flash_path.open("r+b") as file:
        file.seek(place.address)
        file.write(content)


def put_on_trial(board: Board, starts: int = STARTS) -> None:
    """Have the board try what is not its good firmware, from its next start on."""
    flash = Flash()
    with board.flash_path.open("rb") as file:
        file.seek(PLACE.address)
        flash.data[:] = file.read(PLACE.size)
    Trial(Slots(flash)).begin(starts)
    put(board, PLACE, flash.data)


def record(board: Board) -> trial_record.Trial | None:
    """Return the board's trial record, as the host reads it."""
    with board.flash_path.open("rb") as file:
        file.seek(PLACE.address)
        return trial_record.parse(file.read(PLACE.size))
