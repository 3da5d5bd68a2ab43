"""Home Assistant is away, or the network is, while the door is used: all of it is told afterwards, and none as news."""

import contextlib
import json
import sqlite3
import time
from typing import Any, NamedTuple

import pytest

from custom_components.lock_bridge.news import event_id
from house.dashboard import LOCK
from house.people import PEOPLE
from tests.system.automations import ACCESS
from tests.system.home import Home, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]

ANNA, BEN = PEOPLE
DATABASE = "home-assistant_v2.db"

TWENTY_USES: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("press", "0", ANNA.passcode, "ok"), "retracted"),
    (("open",), None),
    (("close",), None),
    (("lockbutton",), "thrown"),
    (("ring",), None),
    (("press", "0", "999999", "ok"), None),
    (("touch", "Ben right thumb"), "retracted"),
    (("lockbutton",), "thrown"),
    (("ring",), None),
    (("handle", "inside"), "retracted"),
    (("open",), None),
    (("close",), None),
    (("lockbutton",), "thrown"),
    (("touch", "Anna left index"), None),
    (("press", "0", f"77{BEN.passcode}31", "ok"), "retracted"),
    (("lockbutton",), "thrown"),
    (("tamper", "on"), None),
    (("tamper", "off"), None),
    (("touch", "Anna right thumb"), "retracted"),
    (("lockbutton",), "thrown"),
)
"""What is done at the door, and where the bolt is afterwards, if it moves."""

SENTENCES = {
    ("Anna", "pin"): "opened by Anna with passcode",
    ("Anna", "fingerprint"): "opened by Anna with fingerprint",
    ("Ben", "pin"): "opened by Ben with passcode",
    ("Ben", "fingerprint"): "opened by Ben with fingerprint",
}


class Told(NamedTuple):
    """An event as Home Assistant's recorder has it."""

    at: float
    data: dict[str, Any]


async def test_home_assistant_stopped_while_the_door_is_used_twenty_times(home: Home) -> None:
    await _settle(home)
    before = await _counters(home)
    head = await _head(home)

    assert await home.hass.stop() == 0
    await _use_twenty_times(home)
    await home.hass.start()
    await home.hass.log_in()

    await _each_told_once_as_old_news(home, head, before)
    await _a_live_one_is_news(home)


async def test_the_network_cut_while_the_door_is_used_twenty_times(home: Home) -> None:
    await _settle(home)
    before = await _counters(home)
    head = await _head(home)

    await home.network.stop()
    await home.until_state(LOCK, "unavailable")
    await _use_twenty_times(home)
    assert (await home.state(LOCK))["state"] == "unavailable"
    await home.network.start()
    cut_until = time.monotonic()
    await home.until_state(LOCK, "locked")
    assert time.monotonic() - cut_until < 10  # 2 s where nothing else wants the processor

    await _each_told_once_as_old_news(home, head, before)
    await _a_live_one_is_news(home)


async def _each_told_once_as_old_news(home: Home, head: int, before: dict[str, int]) -> None:
    journal = await _journal(home, after=head)
    assert len(journal["events"]) >= len(TWENTY_USES)
    expected = [event_id(journal["epoch"], event["seq"]) for event in journal["events"]]

    async def caught_up() -> bool:
        return any(told.data["id"] == expected[-1] for told in _told(home))

    await until(caught_up)
    told = [one for one in _told(home) if one.data["id"] in expected]
    assert [one.data["id"] for one in told] == expected
    for one, event in zip(told, journal["events"], strict=True):
        assert one.data["type"] == event["type"]
        assert one.data["replayed"] is True
        assert one.at == pytest.approx(event["wall_ms"] / 1000, abs=0.01)
    await _logbook_has_true_times(home, journal["events"])

    # The one automation that listens to everything has heard all of them, so the others would have heard them too.
    grants = sum(event["type"] == "access_granted" for event in journal["events"])
    assert grants == 4
    await home.until_state("counter.told", str(before["told"] + grants))
    assert await _counters(home) == {**before, "told": before["told"] + grants}


async def _logbook_has_true_times(home: Home, events: list[dict[str, Any]]) -> None:
    expected = [
        (SENTENCES[event["user_name"], event["credential_type"]], event["wall_ms"] / 1000)
        for event in events
        if event["type"] == "access_granted"
    ]
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expected[0][1] - 1))
    async with home.hass.socket() as socket:
        lines = await socket.call("logbook/get_events", start_time=start, entity_ids=[LOCK])
    shown = [(line["message"], line["when"]) for line in lines if line.get("message") in SENTENCES.values()]
    assert [message for message, _when in shown] == [message for message, _when in expected]
    assert [when for _message, when in shown] == pytest.approx([when for _message, when in expected], abs=0.01)


async def _a_live_one_is_news(home: Home) -> None:
    before = await _counters(home)
    await home.bridge.at_door("touch", "Ben right thumb")
    await home.until_state("counter.came_in", str(before["came_in"] + 1))
    await home.until_state("counter.told_as_news", str(before["told_as_news"] + 1))
    assert (await home.state(ACCESS))["attributes"]["user_name"] == "Ben"

    async def kept() -> bool:
        # The recorder writes a little later than the automations run.
        return _told(home)[-1].data["replayed"] is False

    await until(kept)


async def _settle(home: Home) -> None:
    """Paired and locked, with Ben the last who came in, so that no wrong try is left to count."""
    await home.ensure_paired()
    await home.lock_up()
    await home.until_state(LOCK, "locked")
    before = await _counters(home)
    await home.bridge.at_door("touch", "Ben right thumb")
    await home.until_state("counter.came_in", str(before["came_in"] + 1))
    await home.until_state("counter.told", str(before["told"] + 1))
    await home.lock_up()
    await home.until_state(LOCK, "locked")


async def _use_twenty_times(home: Home) -> None:
    for words, bolt in TWENTY_USES:
        await home.bridge.at_door(*words)
        if bolt is not None:
            await home.until_bolt(bolt)


async def _journal(home: Home, *, after: int) -> dict[str, Any]:
    journal: dict[str, Any] = await home.bridge.command("journal", "--limit", "1000")
    return {**journal, "events": [event for event in journal["events"] if event["seq"] > after]}


async def _head(home: Home) -> int:
    return int((await _journal(home, after=0))["events"][-1]["seq"])


async def _counters(home: Home) -> dict[str, int]:
    states = {state["entity_id"]: state["state"] for state in await home.hass.get("/api/states")}
    return {name.removeprefix("counter."): int(value) for name, value in states.items() if name.startswith("counter.")}


def _told(home: Home) -> list[Told]:
    """What the integration put on Home Assistant's bus, in that order, read where the recorder keeps it."""
    database = home.hass.folder / DATABASE
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        rows = connection.execute(
            "SELECT e.time_fired_ts, d.shared_data FROM events e JOIN event_types t USING (event_type_id) "
            "JOIN event_data d USING (data_id) WHERE t.event_type = 'lock_bridge_event' ORDER BY e.event_id"
        ).fetchall()
    return [Told(at, json.loads(data)) for at, data in rows]
