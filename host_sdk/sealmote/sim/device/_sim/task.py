"""Tasks and task queue of `asyncio` on this board's clock.

The interpreter's built-in `_asyncio` reads the machine's own clock, whose ticks do not wrap at
2**30; `asyncio.core` falls back to a module of this shape where that one is missing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    core: Any
else:
    core = None  # asyncio.core imports this module while it is being imported itself


def bind(asyncio_core: object) -> None:
    """Tell the tasks which event loop is theirs."""
    global core  # noqa: PLW0603 - the import that cannot stand at the top
    core = asyncio_core


class TaskQueue:
    """Tasks by the tick at which they are due; equal ticks in the order of their coming."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def peek(self) -> "Task | None":
        """Task that is due first."""
        return self._tasks[0] if self._tasks else None

    def push(self, task: "Task", key: int | None = None) -> None:
        """Put a task in its place; without a key it is due now."""
        task.data = None
        task.ph_key = core.ticks() if key is None else key
        place = len(self._tasks)
        while place and core.ticks_diff(task.ph_key, self._tasks[place - 1].ph_key) < 0:
            place -= 1
        self._tasks.insert(place, task)

    def pop(self) -> "Task":
        """Take the task that is due first."""
        return self._tasks.pop(0)

    def remove(self, task: "Task") -> None:
        """Take a certain task out."""
        self._tasks.remove(task)


class Task:
    """A coroutine and how far it is; `state` and `data` are read and written by asyncio.core.

    state: True while it runs unawaited, a TaskQueue of its waiters while it is awaited, None when
    it ended unawaited, False when it ended and somebody knows; a callable wants to be told.
    data: what it waits on (a queue or a task), or the exception that ended it.
    """

    def __init__(self, coro: object, globals: object = None) -> None:  # noqa: A002, ARG002 - core's
        self.coro = coro
        self.data: object = None
        self.state: object = True
        self.ph_key = 0

    def __iter__(self) -> "Task":
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    __await__ = __iter__

    def __next__(self) -> None:
        if isinstance(self.state, TaskQueue):
            self.state.push(core.cur_task)
            core.cur_task.data = self
            return
        assert isinstance(self.data, BaseException)
        raise self.data

    def done(self) -> bool:
        """Whether the coroutine has ended."""
        return not self.state

    def cancel(self) -> bool:
        """Raise CancelledError in the coroutine at its next turn; False if it has ended."""
        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):  # the innermost one that it waits on is cancelled
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            core._task_queue.push(task)  # noqa: SLF001 - one module in parts
        elif core.ticks_diff(task.ph_key, core.ticks()) > 0:
            core._task_queue.remove(task)  # noqa: SLF001 - the same
            core._task_queue.push(task)  # noqa: SLF001 - one module in parts
        task.data = core.CancelledError
        return True
