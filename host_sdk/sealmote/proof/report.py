"""Report of a verification: each link of a proof, its state, and what follows from all of them."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """What became of a link."""

    HOLDS = "holds"
    CLAIMED = "claimed"
    BROKEN = "broken"
    UNCHECKED = "unchecked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Link:
    """One link: its name, its state, and why."""

    name: str
    state: State
    explanation: str
    is_anchor: bool = False


@dataclass(frozen=True)
class Report:
    """Every link of a proof, in order, and the facts that hold if all do."""

    links: tuple[Link, ...]

    @property
    def holds(self) -> bool:
        """Whether every link holds, and of the anchors at least one, while none broke.

        A link that was claimed by the file alone or left unchecked does not hold.
        """
        others = all(link.state is State.HOLDS for link in self.links if not link.is_anchor)
        anchors = {link.state for link in self.links if link.is_anchor}
        return others and State.HOLDS in anchors and State.BROKEN not in anchors

    @property
    def sound(self) -> bool:
        """Whether no link broke, however many were only claimed or left unchecked."""
        return not self.broken

    @property
    def broken(self) -> tuple[Link, ...]:
        """The links that broke."""
        return self.that_are(State.BROKEN)

    def that_are(self, state: State) -> tuple[Link, ...]:
        """Return the links in a state."""
        return tuple(link for link in self.links if link.state is state)
