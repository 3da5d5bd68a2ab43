"""Who is on a lock, as clients hear of it: everybody at first, then what changes, and whether each may enter now."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lock_bridge import people_view
from lock_bridge.clock import Clock, ManualClock
from lock_bridge.engine import entitlement
from lock_bridge.engine.directory import Directory
from lock_bridge.engine.model import Credential, User, Window
from lock_bridge.engine.state import LockState
from lock_bridge.people_view import PeopleView
from lock_bridge.wire.messages import MAX_PEOPLE, People
from lock_bridge.wire.model import BridgeStatus, Event
from lock_bridge.wire.words import CredentialType, Refusal

from .running import House

OSLO = ZoneInfo("Europe/Oslo")
MONDAY_NOON = int(datetime(2026, 6, 1, 12, tzinfo=OSLO).timestamp() * 1000)
MINUTE = 60_000
AFTERNOONS = (Window(frozenset(range(7)), 12 * 60 + 1, 13 * 60),)


class Door:
    """A lock, as far as its people are concerned."""

    def __init__(self, lock_id: str, clock: ManualClock) -> None:
        self.id = lock_id
        self.clock: Clock = clock
        self.zone: tzinfo = OSLO
        self.published = LockState()

    def has(self, *users: User, credentials: tuple[Credential, ...] | None = None) -> None:
        """These people, each with a finger of her own unless told otherwise."""
        fingers = tuple(
            Credential(CredentialType.FINGERPRINT, number, user.id, slot=number)
            for number, user in enumerate(users, start=1)
        )
        self.published = LockState(directory=Directory.of(users, fingers if credentials is None else credentials))


class Follower:
    """Somebody to whom a view tells."""

    def __init__(self) -> None:
        self.clock = ManualClock(wall_ms=MONDAY_NOON)
        self.front, self.back = Door("front", self.clock), Door("back", self.clock)
        self.told: list[People] = []
        self.view = PeopleView(lambda: (self.front, self.back), self.told.append)

    async def changed(self, *doors: Door) -> list[People]:
        """Other people on these doors; what is told of it."""
        for door in doors:
            self.view.changed(door.id)
        assert self.told == [], "nobody waits for that"
        return await self.hears()

    async def hears(self) -> list[People]:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        told, self.told[:] = [*self.told], []
        return told

    async def wait(self, ms: int) -> list[People]:
        self.clock.advance(ms)
        return await self.hears()


@pytest.fixture
def home() -> Follower:
    return Follower()


def standing(told: list[People]) -> dict[str, Refusal | None]:
    assert all(user.may_enter is (user.refused is None) for people in told for user in people.users)
    return {user.id: user.refused for people in told for user in people.users}


async def test_everybody_is_told_by_number_and_name_in_frames_of_a_bounded_size(home: Follower) -> None:
    home.front.has(*(User(f"u{number}", "Anna", number=number) for number in range(MAX_PEOPLE + 1, 0, -1)))
    home.back.has(User("b", "Ben"), User("a", "Anna"))
    told = home.view.everybody()
    assert [(people.lock, len(people.users)) for people in told] == [("front", MAX_PEOPLE), ("front", 1), ("back", 2)]
    assert [user.number for people in told[:2] for user in people.users] == [*range(1, MAX_PEOPLE + 2)]
    assert [user.name for user in told[2].users] == ["Anna", "Ben"]
    assert home.told == []


async def test_only_who_is_new_other_or_gone_is_told_and_all_of_one_turn_at_once(home: Follower) -> None:
    anna, ben, cara = User("a", "Anna", number=1), User("b", "Ben", number=2), User("c", "Cara", number=3)
    home.front.has(anna, ben)
    home.view.everybody()
    home.view.follow()
    home.front.has(anna)
    home.view.changed("front")
    home.front.has(anna, cara)
    (new, gone) = await home.changed(home.front)
    assert ([user.name for user in new.users], new.gone) == (["Cara"], ())
    assert (gone.users, gone.gone) == ((), ("b",))
    home.front.has(User("a", "Anna", number=1), cara)
    assert await home.changed(home.front) == [], "the same again is no news"


async def test_what_nobody_sees_of_a_credential_is_no_news_and_its_label_is(home: Follower) -> None:
    ben = User("b", "Ben")
    key = Credential(CredentialType.BLE, 1, "b", mac=b"1", counter=1)
    home.front.has(ben, credentials=(key,))
    home.view.everybody()
    home.view.follow()
    home.front.has(ben, credentials=(Credential(CredentialType.BLE, 1, "b", mac=b"1", counter=2),))
    assert await home.changed(home.front) == []
    home.front.has(ben, credentials=(Credential(CredentialType.BLE, 1, "b", mac=b"1", counter=2, label="Phone"),))
    ((told,),) = (people.users for people in await home.changed(home.front))
    assert told.details[0].label == "Phone"


@pytest.mark.spec("USR-10")
async def test_who_joins_another_lock_is_other_than_before_on_the_first_one_too(home: Follower) -> None:
    anna = User("a", "Anna")
    home.front.has(anna)
    home.view.everybody()
    home.view.follow()
    home.back.has(anna)
    told = await home.changed(home.back)
    assert {people.lock: people.users[0].locks for people in told} == dict.fromkeys(
        ("front", "back"), ("front", "back")
    )
    home.front.has()
    told = await home.changed(home.front)
    assert [(people.lock, people.gone, [user.locks for user in people.users]) for people in told] == [
        ("front", ("a",), []),
        ("back", (), [("back",)]),
    ]


@pytest.mark.spec("USR-7")
async def test_time_alone_lets_people_in_and_out(home: Follower) -> None:
    home.front.has(
        User("a", "Anna"),
        User("from", "From", valid_from_ms=MONDAY_NOON + 10_500),
        User("until", "Until", valid_until_ms=MONDAY_NOON + 10_500),
        User("week", "Week", schedule=AFTERNOONS),
    )
    assert standing([*home.view.everybody()]) == {
        "a": None,
        "from": Refusal.OUTSIDE_VALIDITY,
        "until": None,
        "week": Refusal.OUTSIDE_SCHEDULE,
    }
    home.view.follow()
    assert await home.wait(10_499) == []
    assert standing(await home.wait(1)) == {"from": None, "until": Refusal.OUTSIDE_VALIDITY}
    assert await home.wait(49_499) == []
    assert standing(await home.wait(1)) == {"week": None}
    assert standing(await home.wait(59 * MINUTE)) == {"week": Refusal.OUTSIDE_SCHEDULE}


@pytest.mark.spec("USR-7")
async def test_a_calendar_that_jumps_or_is_no_longer_trusted_is_seen_soon(home: Follower) -> None:
    home.front.has(User("a", "Anna"), User("b", "Ben", valid_until_ms=MONDAY_NOON + 60 * MINUTE))
    home.view.everybody()
    home.view.follow()
    home.clock.set_wall(MONDAY_NOON + 61 * MINUTE)
    assert standing(await home.wait(MINUTE)) == {"b": Refusal.OUTSIDE_VALIDITY}
    home.clock.set_wall(MONDAY_NOON)
    home.clock.trusted = False
    assert standing(await home.wait(MINUTE)) == {"b": Refusal.CLOCK_UNTRUSTED}
    home.clock.trusted = True
    assert standing(await home.wait(5_000)) == {"b": None}


async def test_where_time_limits_nobody_nothing_waits_for_it(home: Follower) -> None:
    home.front.has(User("a", "Anna"), User("b", "Ben", uses_left=1))
    home.view.everybody()
    home.view.follow()
    assert home.clock.next_due_ms() is None


async def test_without_a_follower_nothing_is_worked_out_before_it_is_asked_for(home: Follower) -> None:
    home.front.has(User("b", "Ben", valid_until_ms=MONDAY_NOON + MINUTE))
    home.view.everybody()
    home.view.changed("front")
    assert home.clock.next_due_ms() is None
    leave, stay = home.view.follow(), home.view.follow()
    assert home.clock.next_due_ms() == MINUTE
    home.view.changed("front")
    leave()
    assert home.clock.next_due_ms() == MINUTE
    stay()
    assert home.clock.next_due_ms() is None
    assert await home.wait(MINUTE) == []
    assert standing([*home.view.everybody()]) == {"b": Refusal.OUTSIDE_VALIDITY}


async def test_who_asks_for_everybody_leaves_nothing_untold_to_who_follows(home: Follower) -> None:
    home.view.everybody()
    home.view.follow()
    home.front.has(User("a", "Anna"))
    home.view.changed("front")
    assert standing([*home.view.everybody()]) == {"a": None}
    assert standing(await home.hears()) == {"a": None}


async def test_what_is_still_to_be_told_can_be_told_at_once(home: Follower) -> None:
    home.view.everybody()
    home.view.follow()
    home.front.has(User("a", "Anna"))
    home.view.changed("front")
    home.view.renew()
    assert standing(home.told) == {"a": None}
    home.view.renew()
    await asyncio.sleep(0)
    assert len(home.told) == 1


async def test_hundreds_are_made_ready_a_few_at_a_time(home: Follower) -> None:
    home.front.has(*(User(f"u{number}", "Anna", number=number) for number in range(1, 501)))
    turns = 0
    preparing = asyncio.ensure_future(home.view.prepare())
    while not preparing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 500 / 20
    assert sum(len(people.users) for people in home.view.everybody()) == 500


async def test_what_is_made_ready_is_not_kept_from_who_follows(home: Follower) -> None:
    home.view.everybody()
    home.view.follow()
    home.front.has(User("a", "Anna"))
    home.view.changed("front")
    await home.view.prepare()
    assert standing(await home.hears()) == {"a": None}


@pytest.mark.parametrize(("locks", "users", "fingers"), [(1, 500, 10), (20, 50, 3)])
async def test_what_has_changed_of_one_costs_no_work_for_the_others(
    monkeypatch: pytest.MonkeyPatch, locks: int, users: int, fingers: int
) -> None:
    clock = ManualClock(wall_ms=MONDAY_NOON)
    doors = [Door(f"lock {number}", clock) for number in range(locks)]
    for door in doors:
        people = [User(f"{door.id} {number}", "Anna", number=number, uses_left=9) for number in range(users)]
        held = (
            Credential(CredentialType.FINGERPRINT, index * fingers + finger, user.id, slot=index * fingers + finger)
            for index, user in enumerate(people)
            for finger in range(fingers)
        )
        door.has(*people, credentials=tuple(held))
    told: list[People] = []
    view = PeopleView(lambda: doors, told.append)
    view.everybody()
    view.follow()
    made: list[str] = []
    judged: list[str] = []
    make, judge = people_view.user_info, entitlement.standing

    def noted_make(user: User, *rest: Any) -> Any:
        made.append(user.id)
        return make(user, *rest)

    def noted_judge(user: User, *rest: Any) -> Any:
        judged.append(user.id)
        return judge(user, *rest)

    monkeypatch.setattr(people_view, "user_info", noted_make)
    monkeypatch.setattr(entitlement, "standing", noted_judge)
    before = doors[0].published.directory
    anna = next(iter(before.users.values()))
    doors[0].published = LockState(directory=before.with_user(replace(anna, uses_left=8)))
    view.changed(doors[0].id)
    view.renew()
    assert made == judged == [anna.id]
    assert [(people.lock, [user.uses_left for user in people.users]) for people in told] == [(doors[0].id, [8])]


async def test_after_the_end_nothing_is_told(home: Follower) -> None:
    home.front.has(User("b", "Ben", valid_until_ms=MONDAY_NOON + MINUTE))
    home.view.everybody()
    home.view.follow()
    home.view.changed("front")
    home.view.stop()
    assert await home.hears() == []
    assert home.clock.next_due_ms() is None


# At a running bridge


class Ear:
    """A listener of the bridge's, and what it has heard in its order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def state(self, lock_id: str, changes: Mapping[str, Any], as_of: int) -> None:
        self.heard.append(("state", (lock_id, dict(changes))))

    def events(self, events: tuple[Event, ...]) -> None:
        self.heard += [("event", event.type) for event in events]

    def people(self, people: People) -> None:
        self.heard.append(("people", people))

    def status(self, status: BridgeStatus) -> None:
        self.heard.append(("status", status))

    def users(self, lock: str = "front_door") -> dict[str, Any]:
        """All who were told of, by name."""
        told = (what for kind, what in self.heard if kind == "people" and what.lock == lock)
        return {user.name: user for people in told for user in people.users}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, "palm6068", "l2s", scale=1)
    await house.service.start()
    yield house
    await house.service.stop()


@pytest.fixture
def ear(house: House) -> Ear:
    ear = Ear()
    bridge = house.service.bridge
    bridge.listen(ear)
    bridge.people.everybody()
    bridge.people.follow()
    return ear


@pytest.mark.spec("USR-6", "USR-7")
async def test_whoever_gives_a_command_about_people_has_heard_of_them_when_it_is_answered(
    house: House, ear: Ear
) -> None:
    anna = await house.add_anna(None)
    assert ear.users()["Anna"].refused is Refusal.NO_CREDENTIAL
    await house.ask("credentials.set_passcode", user_id=anna, passcode="482913")
    assert ear.users()["Anna"].may_enter
    ben = (await house.ask("users.add", user_name="Ben"))["user_id"]
    await house.ask("credentials.set_passcode", user_id=ben, passcode="730514")
    await house.ask("users.change", user_id=ben, changes={"enabled": False})
    assert ear.users()["Ben"].refused is Refusal.USER_DISABLED
    await house.do("users.add", lock="back_door", user_id=ben)
    assert ear.users()["Ben"].locks == ("front_door", "back_door")
    ear.heard.clear()
    await house.do("users.delete", user_id=ben)
    gone = [(what.lock, what.gone) for kind, what in ear.heard if kind == "people" and what.gone]
    assert gone == [("front_door", (ben,)), ("back_door", (ben,))]


async def test_the_list_and_what_is_told_are_the_same(house: House, ear: Ear) -> None:
    await house.add_anna()
    await house.ask("users.add", user_name="Ben", uses_left=2)
    listed = await house.users()
    assert {name: user.may_enter for name, user in ear.users().items()} == {"Anna": True, "Ben": False}
    assert {name: user["refused"] for name, user in listed.items()} == {"Anna": None, "Ben": "no_credential"}


@pytest.mark.spec("USR-7")
async def test_an_entry_that_was_her_last_is_told(house: House, ear: Ear) -> None:
    await house.add_anna()
    ben = (await house.ask("users.add", user_name="Ben", uses_left=1))["user_id"]
    await house.ask("credentials.set_passcode", user_id=ben, passcode="730514")
    assert ear.users()["Ben"].may_enter
    await house.types("730514")
    await house.until(lambda: ear.users()["Ben"].uses_left == 0)
    assert ear.users()["Ben"].refused is Refusal.USED_UP


async def test_the_bolt_moves_and_is_told_before_anybody_is_told_of_people(house: House, ear: Ear) -> None:
    await house.add_anna()
    ben = (await house.ask("users.add", user_name="Ben", uses_left=5))["user_id"]
    await house.ask("credentials.set_passcode", user_id=ben, passcode="730514")
    ear.heard.clear()
    await house.types("730514")
    await house.until(lambda: "Ben" in ear.users())
    bolts = [index for index, (kind, what) in enumerate(ear.heard) if kind == "state" and "bolt" in what[1]]
    people = [index for index, (kind, _) in enumerate(ear.heard) if kind == "people"]
    assert bolts
    assert min(bolts) < min(people)
