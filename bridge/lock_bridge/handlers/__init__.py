"""Commands about locks, their people and the journal: from the wire's words to the engine's inputs."""

from lock_bridge.bridge import Bridge

from . import credentials, journal, locks, people

__all__ = ["LockHandlers"]


class LockHandlers:
    """Serves the commands that belong to locks."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def register(self) -> None:
        """Put all of them into the bridge's table."""
        for serve in (locks.serve, people.serve, credentials.serve, journal.serve):
            serve(self._bridge)
