"""The kinds of walls around a cleaner, from the strongest to none."""

from __future__ import annotations

from enum import StrEnum


class Confinement(StrEnum):
    """Which walls stood around a cleaner.

    =============  ================================================================================================
    ``BUBBLEWRAP``  namespaces made by bubblewrap: no network, no other process, sees the interpreter and its folder
    ``NAMESPACES``  the same namespaces made through libc, where bubblewrap is missing
    ``LANDLOCK``    Landlock: reads the interpreter, writes its folder only; no TCP, but UDP and local sockets are open
    ``LIMITS``      time, memory and size only: a cleaner that was taken over can do what the service's user can do
    =============  ================================================================================================

    In all four: empty environment, a folder of its own, limits, killed as a whole.
    """

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    LIMITS = "limits"

    @property
    def strength(self) -> int:
        """A larger number is a stronger wall."""
        return _FROM_WEAKEST.index(self)

    @property
    def cuts_network(self) -> bool:
        """Whether no packet of any kind leaves."""
        return self in (Confinement.BUBBLEWRAP, Confinement.NAMESPACES)

    @property
    def hides_files(self) -> bool:
        """Whether files outside its folder can be neither written nor, but for the interpreter's, read."""
        return self is not Confinement.LIMITS


_FROM_WEAKEST = (Confinement.LIMITS, Confinement.LANDLOCK, Confinement.NAMESPACES, Confinement.BUBBLEWRAP)
STRONGEST_FIRST = tuple(reversed(_FROM_WEAKEST))
