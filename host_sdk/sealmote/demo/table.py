"""The demo's live table for a terminal."""

from rich.table import Table

from sealmote.demo.progress import DemoView


def render(view: DemoView) -> Table:
    """Return the table: a row for each board, and below it the log and its newest anchor."""
    anchor = "none yet"
    if view.anchor_block is not None:
        anchor = f"{view.anchor_size} leaves in block {view.anchor_block}"
    table = Table(
        title="Sealmote: boards, gateway and chain at work",
        caption=f"log: {view.log_size} leaves · last anchor: {anchor}\n"
        "(besides its readings, a board sends a statement about itself after each boot)",
    )
    table.add_column("board")
    table.add_column("last reading")
    for heading in ("sealed", "kept", "acknowledged"):
        table.add_column(heading, justify="right")
    for board in view.boards:
        table.add_row(
            board.name,
            board.values,
            str(board.sealed),
            str(board.kept),
            str(board.acknowledged),
        )
    return table
