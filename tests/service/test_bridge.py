"""The bridge tells its listeners; what one of them does with it is no matter of the lock's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lock_bridge.bridge import Bridge
from lock_bridge.clock import ManualClock
from lock_bridge.engine.model import Fact
from lock_bridge.store import Store
from lock_bridge.wire.messages import People
from lock_bridge.wire.model import BridgeInfo, BridgeStatus, Event
from lock_bridge.wire.words import EventType


class Listener:
    def __init__(self, *, fails: bool) -> None:
        self.heard: list[Any] = []
        self._fails = fails

    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        self._hear((lock_id, dict(changes), as_of))

    def events(self, events: tuple[Event, ...]) -> None:
        self._hear([event.type for event in events])

    def people(self, people: People) -> None:
        self._hear(people)

    def status(self, status: BridgeStatus) -> None:
        self._hear(status)

    def _hear(self, what: Any) -> None:
        self.heard.append(what)
        if self._fails:
            raise RuntimeError("a defect")


async def test_a_listener_that_raises_keeps_nothing_from_lock_and_other_listeners(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "store.db", boot_id="b")
    try:
        bridge = Bridge(BridgeInfo(id="b1", name="Home", version="1", api=1), store, ManualClock())
        bad, good = Listener(fails=True), Listener(fails=False)
        bridge.listen(bad)
        bridge.listen(good)
        bridge.state_changed("front_door", {"bolt": "locked"})
        await bridge.record(Fact(EventType.DOORBELL))
        assert good.heard == bad.heard == [("front_door", {"bolt": "locked"}, 0), [EventType.DOORBELL]]
    finally:
        await store.close()
