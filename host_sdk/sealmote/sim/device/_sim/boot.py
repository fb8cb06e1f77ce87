"""Boot: from reset to the prompt, as the ESP32 port's `main.c` does it.

It puts the simulated modules in the place of the built-in ones, takes the host's files away, and
then does what the ESP32 port does: `_boot.py`, `boot.py`, `main.py`, and the prompt.
"""

import builtins
import io
import sys

import uos
import vfs

import _sim
from _sim import (
    chip,
    clock,
    fault_scheduler,
    hardware,
    host_events,
    memory,
    native_substitutes,
    task,
)
from _sim.storage import mounting

# What parts the output of the boot, of a snippet, and the traceback that ended it.
_SNIPPET_BEGINS = "\x01"
_SNIPPET_RAISED = "\x04"

_CONSOLE = hardware.flag("console")


def boot(scope: dict[str, object]) -> None:
    """Go from reset to the prompt; `scope` is what boot.py, main.py and the prompt share."""
    scope.clear()
    scope["__name__"] = "__main__"
    take_over()
    fault_scheduler.begin()
    mount()
    if _CONSOLE:
        host_events.send({"listening": True})
    fine = run_programs(scope)
    if _CONSOLE:
        go_on_to_the_prompt(fine)
    else:
        stand_by(fine)


def take_over() -> None:
    """Import what replaces built-in modules; from here on the firmware finds it in sys.modules."""
    sys.modules["_asyncio"] = _sim  # anything without a TaskQueue: asyncio then takes ours
    sys.modules["asyncio.task"] = task
    __import__("asyncio")
    task.bind(sys.modules["asyncio.core"])
    for name in (
        "esp32",
        "flashbdev",
        "inisetup",
        "machine",
        "network",
        "os",
        "select",
        "socket",
        "time",
    ):
        __import__(name)
    sys.modules["vfs"] = mounting
    builtins.open = native_substitutes.plain_open(builtins.open)  # type: ignore[assignment]  # the same function
    if _CONSOLE:
        from _sim import console  # what only a board at a port needs

        console.take_over()


def mount() -> None:
    """Replace the host's files by the board's: what the port's frozen `_boot.py` does."""
    from flashbdev import bdev

    vfs.umount("/")
    try:
        mounting.mount(vfs.VfsLfs2(bdev), "/")  # type: ignore[abstract]  # the stub's fault
    except OSError:
        from inisetup import setup

        setup()  # type: ignore[no-untyped-call]  # the port's stub has no types
    sys.modules["os"].chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []
    memory.limit()


def traceback(error: BaseException) -> str:
    """Print an exception as a real board does: without this module's own frame, the first."""
    text = io.StringIO()
    sys.print_exception(error, text)
    lines = text.getvalue().split("\n")
    del lines[1]
    return "\n".join(lines)


def run(source: str, name: str, scope: dict[str, object], mark: str = "") -> bool:
    """Run a source, or the file of that name, in the scope that boot.py and main.py share.

    Returns False if it raised. The traceback goes to the serial line, after a mark.
    """
    try:
        if not source:
            with open("/" + name) as file:
                source = file.read()
        exec(compile(source, name, "exec"), scope)  # noqa: S102 - the board's own program
    except SystemExit:
        chip.restart(chip.SOFT_RESET)
    except BaseException as error:  # noqa: BLE001 - as the port's pyexec.c: print it, go on
        sys.stdout.write(mark + traceback(error))
        return False
    return True


def run_file(name: str, scope: dict[str, object]) -> bool:
    """Run a file of the board's root; a missing one is as good as an empty one."""
    os = sys.modules["os"]
    if name not in os.listdir("/"):
        return True
    return run("", name, scope)


def run_programs(scope: dict[str, object]) -> bool:
    """boot.py, and unless that failed main.py, or the snippet that the host wants instead.

    After a soft reset out of the raw prompt there is no main.py (the port's `main.c`).
    """
    fine = run_file("boot.py", scope)
    snippet = hardware.text("snippet")
    if snippet:
        sys.stdout.write(_SNIPPET_BEGINS)
        return run(snippet, "<stdin>", scope, _SNIPPET_RAISED)
    if hardware.flag("raw"):
        return fine
    return fine and run_file("main.py", scope)


def go_on_to_the_prompt(fine: bool) -> None:
    """Tell the host; the interpreter's own prompt comes when this script has ended."""
    uos.putenv("MICROPYINSPECT", "1")  # not before: what fails until here must not end at a prompt
    while True:
        try:
            host_events.send({"idle": fine})
        except KeyboardInterrupt:
            continue
        return


def stand_by(fine: bool) -> None:
    """Nothing runs any more, but the chip has power: sit at the prompt until it is cut."""
    host_events.send({"idle": fine})
    if hardware.text("snippet"):
        clock.halt()  # with a snippet ends its time: what it printed and the clock it left are all
    while True:
        try:
            due = clock.next_alarm()
            while due is not None:
                clock.wait_until(due)
                due = clock.next_alarm()
            clock.halt()
        except KeyboardInterrupt:
            continue
