"""What somebody has, under Configure: listed by the lock's numbers, named, marked, deleted."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from homeassistant.util import dt as dt_util

from custom_components.lock_bridge.options.credentials import ALL, BACK
from custom_components.lock_bridge.options.words import say_time
from custom_components.lock_bridge.wire.messages import People
from tests.integration.dialog import Dialog
from tests.integration.enrolments import status
from tests.integration.home import Home
from tests.integration.house import House, until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "bridge")
    house.people = '{ name = "Anna", fingers = ["right thumb", "left index"] }'
    await house.start()
    await house.do("speed", "100")
    yield house
    await house.stop()


@pytest.fixture
async def anna(house: House) -> str:
    """Anna has a passcode and a finger, and a plumber who comes tomorrow. Her id."""
    anna = await house.add_person("Anna", "135792", role="administrator")
    await enrol(house, anna, "Anna right thumb")
    day = 24 * 60 * 60 * 1000
    now = round(dt_util.utcnow().timestamp() * 1000)
    await house.command(
        "credentials.create_temporary",
        lock="front_door",
        user_id=anna,
        label="Plumber",
        valid_from_ms=now + day,
        valid_until_ms=now + 2 * day,
        uses=2,
    )
    await house.add_person("Cleo", "975318", role="administrator")
    return anna


@pytest.fixture
async def dialog(anna: str, paired: Home) -> AsyncIterator[Dialog]:
    dialog = Dialog(paired)
    await dialog.open("Anna")
    await dialog.choose("credentials")
    yield dialog
    dialog.stop()


async def enrol(house: House, user_id: str, finger: str) -> None:
    await house.command("credentials.enrol", lock="front_door", user_id=user_id, type="fingerprint")
    await house.do("touch", finger, "x6")
    await until(lambda: status(house) == "done")


def is_told(paired: Home, anna: str, *, duress: bool) -> bool:
    """Whether Home Assistant knows that her finger is for duress, or that it is not."""
    details = paired.entry.runtime_data.person(anna)["front_door"].details
    return [item.duress for item in details if item.type == "fingerprint"] == [duress]


def hers(house: House, anna: str) -> dict[tuple[str, int], Any]:
    """What Anna has at the front door."""
    found = house.running.bridge.runner("front_door").state.directory.of_user(anna)
    return {(item.type, item.number): item for item in found}


async def known(paired: Home, anna: str, count: int) -> None:
    """Wait until Home Assistant knows of so many."""
    await until(lambda: len(paired.entry.runtime_data.person(anna)["front_door"].details) == count)


async def test_everything_is_listed_by_its_number(dialog: Dialog) -> None:
    lines = dialog.options("credential")
    assert list(lines.values()) == ["pin 1", "pin 2", "fingerprint 1", ALL, BACK]
    passcode, plumber, finger, *_ = lines
    assert (passcode, finger) == ("Passcode 1", "Finger 1")
    _, label, visitor, begins, ends, uses = plumber.split(" · ")
    assert (label, visitor, uses) == ("Plumber", "for a visitor", "opens 2 more times")
    tomorrow = dt_util.now() + timedelta(days=1)
    assert begins.startswith(f"from {tomorrow.day} ")
    assert ends.startswith("until ")


@pytest.mark.parametrize(
    ("ends_in", "uses_left", "marks"),
    [
        (None, 0, ["used up"]),
        (None, 1, ["opens once more"]),
        (timedelta(hours=-1), None, ["over since {}"]),
        (timedelta(hours=1), 0, ["until {}", "used up"]),
    ],
)
async def test_a_visitors_passcode_that_opens_no_more_says_why(
    dialog: Dialog, paired: Home, anna: str, ends_in: timedelta | None, uses_left: int | None, marks: list[str]
) -> None:
    hub = paired.entry.runtime_data
    told = hub.person(anna)["front_door"]
    ends = None if ends_in is None else dt_util.utcnow() + ends_in
    plumber = replace(
        next(item for item in told.details if item.temporary),
        valid_from_ms=None,
        valid_until_ms=None if ends is None else round(ends.timestamp() * 1000),
        uses_left=uses_left,
    )
    hub.connection._take_people(People(lock="front_door", users=(replace(told, details=(plumber,)),), gone=()))
    await dialog.look()
    line = next(line for line in dialog.options("credential") if "Plumber" in line)
    when = "" if ends is None else say_time(paired.hass, ends)
    assert line.split(" · ")[3:] == [mark.format(when) for mark in marks]


async def test_the_list_is_left_without_choosing_any(dialog: Dialog) -> None:
    assert dialog.options("credential")["Back to Anna"] == BACK
    await dialog.submit(credential=BACK)
    assert dialog.step == "person"


async def test_a_finger_gets_a_name(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(credential="fingerprint 1")
    assert dialog.fields == ["label", "duress", "delete"]
    assert dialog.texts["credential"] == "Finger 1"
    await dialog.submit(label=" right thumb ", duress=False)
    assert dialog.step == "credentials"
    assert hers(house, anna)["fingerprint", 1].label == "right thumb"


@pytest.mark.spec("VER-12")
async def test_a_finger_becomes_one_for_duress_and_is_one_no_longer(
    dialog: Dialog, house: House, paired: Home, anna: str
) -> None:
    for duress in (True, False):
        await dialog.submit(credential="fingerprint 1")
        assert dialog.value("duress") is not duress
        await dialog.submit(duress=duress)
        assert hers(house, anna)["fingerprint", 1].duress is duress
        await until(partial(is_told, paired, anna, duress=duress))
        await dialog.look()
        assert ("raises a silent alarm" in list(dialog.options("credential"))[2]) is duress


async def test_only_a_finger_can_be_marked(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(credential="pin 1")
    assert dialog.fields == ["label", "delete"]
    await dialog.submit(label="by heart")
    assert hers(house, anna)["pin", 1].label == "by heart"


async def test_what_was_not_changed_stays_as_others_have_set_it(
    dialog: Dialog, house: House, paired: Home, anna: str
) -> None:
    await dialog.submit(credential="fingerprint 1")
    await house.command(
        "credentials.change", lock="front_door", type="fingerprint", number=1, changes={"label": "left thumb"}
    )
    await dialog.submit(duress=True)
    after = hers(house, anna)["fingerprint", 1]
    assert (after.label, after.duress) == ("left thumb", True)


async def test_nothing_is_asked_where_nothing_is_changed(dialog: Dialog, house: House) -> None:
    before = house.head
    await dialog.submit(credential="fingerprint 1")
    await dialog.submit(duress=False)
    assert dialog.step == "credentials"
    assert house.head == before


async def test_a_label_that_is_none(dialog: Dialog) -> None:
    await dialog.submit(credential="fingerprint 1")
    await dialog.submit(label="x" * 65, duress=False)
    assert (dialog.step, list(dialog.errors)) == ("credential", ["label"])
    assert dialog.value("label") == "x" * 65


async def test_one_is_deleted_after_a_question(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    await dialog.submit(credential="fingerprint 1")
    await dialog.submit(duress=False, delete=True)
    assert (dialog.step, dialog.texts["credential"]) == ("credential_delete", "Finger 1")
    assert ("fingerprint", 1) in hers(house, anna)
    await dialog.submit()
    assert dialog.step == "credentials"
    assert "deleted" in dialog.notice
    assert ("fingerprint", 1) not in hers(house, anna)


async def test_one_that_somebody_else_has_deleted_or_changed_meanwhile(
    dialog: Dialog, house: House, paired: Home, anna: str
) -> None:
    of_it = {"lock": "front_door", "type": "fingerprint", "number": 1}
    await dialog.submit(credential="fingerprint 1")
    await dialog.submit(duress=False, delete=True)
    await house.command("credentials.change", **of_it, changes={"label": "left thumb"})
    await until(lambda: "left thumb" in repr(paired.entry.runtime_data.person(anna)))
    await dialog.submit()
    assert dialog.step == "credential_delete"
    assert "left thumb" in dialog.texts["credential"]
    assert dialog.notice
    await house.command("credentials.delete", **of_it)
    await known(paired, anna, 2)
    await dialog.submit()
    assert dialog.step == "credentials"
    assert "Somebody else" in dialog.notice
    await dialog.submit(credential="pin 2")
    await house.command("credentials.delete", lock="front_door", type="pin", number=2)
    await known(paired, anna, 1)
    await dialog.submit(label="x")
    assert dialog.step == "credentials"


async def test_one_that_is_refused(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    await dialog.submit(credential="fingerprint 1")
    await dialog.submit(duress=False, delete=True)
    # Nobody has told Home Assistant yet.
    paired.entry.runtime_data.connection._take_people = lambda _message: None
    await house.command("credentials.delete", lock="front_door", type="fingerprint", number=1)
    await dialog.submit()
    assert (dialog.step, dialog.errors) == ("credential_delete", {"base": "unknown_credential"})


async def test_all_of_it_is_deleted_after_a_question(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    await dialog.submit(credential=ALL)
    assert dialog.step == "credentials_delete"
    assert dialog.texts["credentials"].count("\n") == 2
    assert len(hers(house, anna)) == 3
    await dialog.submit()
    assert dialog.step == "person"
    assert dialog.notice == "3 were deleted."
    assert hers(house, anna) == {}


async def test_all_of_the_last_administrator_stays(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    users = (await house.command("users.list", lock="front_door"))["users"]
    await house.command("users.delete", user_id=next(user["id"] for user in users if user["name"] == "Cleo"))
    await dialog.submit(credential=ALL)
    await dialog.submit()
    assert (dialog.step, dialog.errors) == ("credentials_delete", {"base": "last_administrator"})
    assert len(hers(house, anna)) == 3


async def test_who_has_nothing_any_more_has_no_list(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    await house.command("credentials.clear", lock="front_door", user_id=anna)
    await known(paired, anna, 0)
    await dialog.submit(credential="fingerprint 1")
    assert dialog.step == "person"
    assert dialog.notice == "Anna has nothing at Front door yet."


async def test_a_kind_that_only_a_newer_bridge_has(dialog: Dialog, paired: Home, anna: str) -> None:
    connection = paired.entry.runtime_data.connection
    told = paired.entry.runtime_data.person(anna)["front_door"]
    retina = replace(told.details[0], type="retina", number=7)
    connection._take_people(People(lock="front_door", users=(replace(told, details=(retina,)),), gone=()))
    await dialog.look()
    assert dialog.options("credential")["retina 7"] == "retina 7"


async def test_she_is_taken_off_the_lock_meanwhile(dialog: Dialog, house: House, paired: Home, anna: str) -> None:
    await house.command("users.delete", user_id=anna)
    await until(lambda: not paired.entry.runtime_data.person(anna))
    await dialog.submit(credential="fingerprint 1")
    assert dialog.step == "people"
    assert "Anna" in dialog.notice


async def test_the_list_of_one_of_her_doors(home: Home, house: House, anna: str) -> None:
    await house.stop()
    house.port = 0
    house.locks["back_door"] = ("Back door", "dl50fvs")
    await house.start()
    await house.command("users.add", lock="back_door", user_id=anna)
    await house.command("credentials.set_passcode", lock="back_door", user_id=anna, passcode="246813")
    await home.pair(house, port=house.port)
    dialog = Dialog(home)
    await dialog.open("Anna")
    await dialog.choose("credentials")
    assert dialog.step == "which_door"
    await dialog.submit(lock="back_door")
    assert list(dialog.options("credential").values()) == ["pin 1", ALL, BACK]
    dialog.close()
