"""Enrolment under Configure: what the dialog shows while somebody is at the door, and every way in which it ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.data_entry_flow import EVENT_DATA_ENTRY_FLOW_PROGRESSED, FlowResultType, UnknownFlow

from custom_components.lock_bridge.options import enrolment, learning
from custom_components.lock_bridge.wire.words import CredentialType, EnrolmentStatus
from tests.integration.dialog import Dialog
from tests.integration.enrolments import INDEX, SPEED, THUMB, add_anna, hers, learning_house, running, status
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.texts import placeholders, read


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """This browser listens from the start."""
    monkeypatch.setattr(enrolment, "LISTENING_S", 0)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = await learning_house(tmp_path / "bridge")
    yield house
    await house.stop()


@pytest.fixture
async def anna(house: House) -> str:
    return await add_anna(house)


@pytest.fixture
async def dialog(anna: str, paired: Home) -> AsyncIterator[Dialog]:
    dialog = Dialog(paired)
    await dialog.open("Anna")
    await dialog.choose("enrol")
    yield dialog
    dialog.stop()


async def test_what_the_lock_can_learn_is_offered(dialog: Dialog) -> None:
    assert list(dialog.options("kind")) == ["fingerprint", "duress_finger", "face", "palm_vein"]


@pytest.mark.spec("APP-2", "CAP-14")
async def test_a_finger_is_learnt_touch_by_touch(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    assert dialog.shown["type"] is FlowResultType.SHOW_PROGRESS
    assert (dialog.step, dialog.action) == ("enrolling", "enrol_touch")
    assert dialog.texts == {"name": "Anna", "lock": "Front door", "done": "0", "steps": "6"}
    for touch in range(1, 6):
        await house.do("touch", THUMB)
        await dialog.until_action("enrol_touch_again", done=str(touch))
    await house.do("touch", THUMB)
    await dialog.until_step("enrolled")
    assert dialog.texts["number"] == "1"
    assert dialog.bar == sorted(dialog.bar), "the bar never goes back"
    assert {done / 6 for done in range(6)} <= set(dialog.bar), "it stands right at each picture"
    await dialog.submit(label=" right thumb ", another=False)
    assert dialog.step == "person"
    assert hers(house, anna)["fingerprint"] == (1,)
    users = (await house.command("users.list", lock="front_door"))["users"]
    assert "right thumb" in [item["label"] for user in users for item in user["details"]]
    await house.do("touch", THUMB)
    await house.bolt("unlocked")


async def test_two_fingers_one_after_the_other(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x6")
    await dialog.until_step("enrolled")
    await dialog.submit(another=True)
    assert dialog.step == "enrol"
    await dialog.submit(kind="duress_finger")
    await house.do("touch", INDEX, "x6")
    await dialog.until_step("enrolled")
    await dialog.submit(another=False)
    details = house.running.bridge.runner("front_door").state.directory.of_user(anna)
    assert {item.number: item.duress for item in details if item.type == "fingerprint"} == {1: False, 2: True}


@pytest.mark.parametrize(
    ("how", "action"),
    [("badly", "enrol_retry_messy"), ("briefly", "enrol_retry_short")],
)
async def test_a_touch_that_does_not_count_is_asked_for_again(
    dialog: Dialog, house: House, how: str, action: str
) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB)
    await dialog.until_action("enrol_touch_again", done="1")
    await house.do("touch", THUMB, how)
    await dialog.until_action(action, done="1")
    await house.do("touch", THUMB)
    await dialog.until_action("enrol_touch_again", done="2")
    dialog.close()


async def test_a_finger_that_stays_is_to_be_lifted(dialog: Dialog, house: House) -> None:
    await dialog.submit(kind="fingerprint")
    touch = asyncio.create_task(house.do("touch", THUMB, "hold", "60s"))
    await dialog.until_action("enrol_lift")
    touch.cancel()
    dialog.close()


@pytest.mark.spec("APP-2", "CAP-15")
async def test_a_face_is_learnt_pose_by_pose(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="face")
    for pose, following in (("", "up"), ("up", "down"), ("down", "left"), ("left", "right")):
        await house.do("face", "Anna", *pose.split())
        await dialog.until_action(f"enrol_{following}")
    await house.do("face", "Anna", "right")
    await dialog.until_step("enrolled")
    poses = [action for action in dialog.seen if action != "enrol_wait"]
    assert poses == [f"enrol_{pose}" for pose in ("straight", "up", "down", "left", "right")]
    assert hers(house, anna)["face"] == (1,)


@pytest.mark.parametrize(("spoilt", "end"), [("covered", "covered"), ("moving", "moved"), ("far", "too_far")])
async def test_a_face_that_cannot_be_taken_in_ends_it_with_the_reason(
    dialog: Dialog, house: House, anna: str, spoilt: str, end: str
) -> None:
    await dialog.submit(kind="face")
    await house.do("face", "Anna", spoilt)
    await dialog.until_step("not_enrolled")
    assert dialog.errors == {"base": f"enrol_failed_{end}"}
    assert "face" not in hers(house, anna)
    await until(lambda: not house.running.bridge.runner("front_door").state.reader_ending)
    await house.do("away")
    await dialog.submit(next="again")
    assert dialog.action == "enrol_straight"
    dialog.close()


@pytest.mark.spec("APP-2")
async def test_a_palm_that_is_too_far_away(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="palm_vein")
    assert dialog.action == "enrol_palm"
    assert dialog.texts["steps"] == "1"
    await house.do("palm", "Anna right", "far")
    await dialog.until_action("enrol_retry_too_far")
    await house.do("palm", "Anna right")
    await dialog.until_step("enrolled")
    assert dialog.bar == [], "one step needs no bar"
    assert hers(house, anna)["palm_vein"] == (1,)


@pytest.mark.spec("APP-2")
async def test_at_which_of_her_doors_and_a_card_there(home: Home, house: House, anna: str) -> None:
    await house.command("users.add", lock="back_door", user_id=anna)
    await home.pair(house, port=house.port)
    dialog = Dialog(home)
    await dialog.open("Anna")
    await dialog.choose("enrol")
    assert dialog.step == "which_door"
    await dialog.submit(lock="back_door")
    assert list(dialog.options("kind")) == ["fingerprint", "duress_finger", "rfid", "face"]
    await dialog.submit(kind="rfid")
    assert (dialog.action, dialog.texts["lock"]) == ("enrol_hold_card", "Back door")
    await house.running.doors["back_door"].do(["card", "Anna"])
    await dialog.until_step("enrolled")
    assert hers(house, anna, "back_door") == {"rfid": (1,)}
    dialog.close()


async def test_a_finger_that_is_there_already(dialog: Dialog, house: House, anna: str) -> None:
    for end in ("enrolled", "not_enrolled"):
        await dialog.submit(kind="fingerprint")
        await house.do("touch", THUMB, "x6" if end == "enrolled" else "x1")
        await dialog.until_step(end)
        if end == "enrolled":
            await dialog.submit(another=True)
    assert dialog.errors == {"base": "enrol_duplicate"}
    assert hers(house, anna)["fingerprint"] == (1,)
    await dialog.submit(next="other")
    assert dialog.step == "enrol"


async def test_trying_again_while_somebody_else_enrols(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.command("credentials.cancel", lock="front_door")
    await dialog.until_step("not_enrolled")
    await until(lambda: not house.running.bridge.runner("front_door").state.reader_ending)
    await house.command("credentials.enrol", lock="front_door", user_id=anna, type="face")
    await dialog.submit(next="again")
    assert (dialog.step, dialog.errors) == ("not_enrolled", {"base": "enrolment_running"})
    await dialog.submit(next="back")
    assert dialog.step == "person"
    assert status(house) == EnrolmentStatus.STARTED, "the other one goes on"


async def test_a_form_on_the_screen_is_left_alone(dialog: Dialog, house: House) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x6")
    await dialog.until_step("enrolled")
    flow: Any = dialog.manager._progress[dialog.flow_id]
    told: list[object] = []
    dialog.hass.bus.async_listen(EVENT_DATA_ENTRY_FLOW_PROGRESSED, told.append)
    flow._look_again(flow._learning)
    await dialog.hass.async_block_till_done()
    assert told == []


async def test_not_every_touch_is_of_the_same_finger(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x5")
    await house.do("touch", INDEX)
    await dialog.until_step("not_enrolled")
    assert dialog.errors == {"base": "enrol_failed_mismatch"}
    await dialog.submit(next="back")
    assert dialog.step == "person"
    assert "fingerprint" not in hers(house, anna)


async def test_nobody_comes_to_the_door(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("speed", "1000")
    await dialog.until_step("not_enrolled")
    assert dialog.errors == {"base": "enrol_timeout"}
    await dialog.look()
    assert dialog.errors == {"base": "enrol_timeout"}, "as often as it is looked at"
    await house.do("speed", SPEED)
    await dialog.submit(next="again")
    assert (dialog.step, dialog.action) == ("enrolling", "enrol_touch")
    dialog.close()


@pytest.mark.spec("APP-2")
async def test_closing_the_dialog_ends_it_at_the_door(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x2")
    dialog.close()
    await until(lambda: status(house) == EnrolmentStatus.CANCELLED)
    assert "fingerprint" not in hers(house, anna)
    await house.do("touch", THUMB, "x6")
    assert "fingerprint" not in hers(house, anna)


async def test_closing_a_dialog_that_is_through_ends_nothing(dialog: Dialog, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x6")
    await dialog.until_step("enrolled")
    other = await house.command("credentials.enrol", lock="front_door", user_id=anna, type="fingerprint")
    dialog.close()
    await dialog._home.entry.runtime_data.connection.command("users.list", lock="front_door")
    await dialog._home.entry.runtime_data.connection.command("users.list", lock="front_door")
    assert (running(house).id, status(house)) == (other["enrolment"], EnrolmentStatus.STARTED)


async def test_closing_the_dialog_before_the_lock_has_begun(dialog: Dialog, house: House) -> None:
    beginning = asyncio.create_task(dialog.submit(kind="fingerprint"))
    await asyncio.sleep(0)
    dialog.close()
    with pytest.raises(UnknownFlow):
        await beginning
    await until(lambda: status(house) == EnrolmentStatus.CANCELLED)


async def test_it_is_cancelled_at_the_lock(dialog: Dialog, house: House) -> None:
    await dialog.submit(kind="fingerprint")
    await house.command("credentials.cancel", lock="front_door")
    await dialog.until_step("not_enrolled")
    assert dialog.errors == {"base": "enrol_cancelled"}


async def test_somebody_is_in_the_menu_at_the_door(dialog: Dialog, house: House) -> None:
    await house.do("wait", "11s")  # before that, SET may be the beginning of a reset (RST-1)
    await house.do("set")
    await house.do("press", "135792", "ok")
    await until(lambda: house.running.bridge.runner("front_door").snapshot.menu_open)
    await dialog.submit(kind="fingerprint")
    assert (dialog.step, dialog.errors) == ("enrol", {"base": "menu_open"})
    assert dialog.value("kind") == "fingerprint"


async def test_two_dialogs_at_once(dialog: Dialog, paired: Home, house: House, anna: str) -> None:
    other = Dialog(paired)
    await other.open("Ben")
    await other.choose("enrol")
    await dialog.submit(kind="fingerprint")
    await other.submit(kind="fingerprint")
    assert (other.step, other.errors) == ("enrol", {"base": "enrolment_running"})
    other.close()
    await house.do("touch", THUMB, "x6")
    await dialog.until_step("enrolled")
    assert hers(house, anna)["fingerprint"] == (1,)


async def test_a_second_click_begins_no_second_one(dialog: Dialog, house: House) -> None:
    first, second = asyncio.create_task(dialog.submit(kind="face")), asyncio.create_task(dialog.submit(kind="face"))
    await second
    await first
    await dialog.look()
    assert dialog.step == "enrolling"
    assert status(house) == EnrolmentStatus.STARTED
    dialog.close()


async def test_a_reader_that_does_not_answer(dialog: Dialog, house: House) -> None:
    await house.do("unplug", "fingerprint")
    await until(lambda: "fingerprint" in house.running.bridge.runner("front_door").snapshot.faults)
    await dialog.submit(kind="fingerprint")
    assert (dialog.step, dialog.errors) == ("enrol", {"base": "reader_fault"})
    await dialog.submit(kind="face")
    assert dialog.step == "enrolling"
    await house.do("unplug", "face")
    await dialog.until_step("not_enrolled")
    assert dialog.errors == {"base": "enrol_failed_fault"}


async def test_she_is_deleted_meanwhile(dialog: Dialog, house: House, paired: Home) -> None:
    ben = next(
        user["id"] for user in (await house.command("users.list", lock="front_door"))["users"] if user["name"] == "Ben"
    )
    other = Dialog(paired)
    await other.open("Ben")
    await other.choose("enrol")
    await other.submit(kind="fingerprint")
    await house.command("users.delete", user_id=ben)
    await until(lambda: other.step in ("people", "not_enrolled"))
    if other.step == "not_enrolled":
        await other.submit(next="again")
    assert other.step == "people"
    assert "Ben" in other.notice
    other.stop()


async def test_the_door_opens_from_afar_as_ever(dialog: Dialog, house: House, paired: Home) -> None:
    await dialog.submit(kind="fingerprint")
    await house.do("touch", THUMB)
    await house.command("settings.set", lock="front_door", changes={"bluetooth": False})
    await paired.call("unlock")
    await paired.until_state(LOCK, "unlocked")
    await house.do("touch", THUMB, "x5")
    await dialog.until_step("enrolled")


async def test_a_browser_that_listens_late_misses_nothing(
    dialog: Dialog, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its first picture and the time when it is told of news, the first pose may be taken."""
    monkeypatch.setattr(enrolment, "LISTENING_S", 0.2)
    await house.do("face", "Anna")
    dialog.stop()
    await dialog.submit(kind="face")
    await until(lambda: running(house).done == 1)
    shown = dialog.action
    listening = Dialog(dialog._home)
    listening.shown = dialog.shown
    await listening.until_action("enrol_up", done="1")
    assert shown in ("enrol_straight", "enrol_up")
    listening.close()


def test_whatever_is_asked_for_and_every_end_has_its_text_and_no_others() -> None:
    asked = {*learning.WANTED, *learning.FIRST.values(), learning.FOLLOW, learning.WAIT, learning.OUT_OF_SIGHT}
    asked |= {f"retry_{reason}" for reason in learning.RETRIES}
    texts = read("en")
    progress = {key for key in texts if key.startswith("options.progress.")}
    assert progress == {f"options.progress.enrol_{action}" for action in asked}
    assert all(placeholders(texts[key]) <= {"name", "lock", "done", "steps"} for key in progress)
    ends = {*learning.ENDS.values(), learning.LOST, learning.AWAY} - {learning.DONE}
    ends |= {f"{learning.FAILED}_{reason}" for reason in learning.REASONS}
    errors = {key for key in texts if key.startswith("options.error.enrol_")}
    assert errors == {f"options.error.{end}" for end in ends}
    assert all(placeholders(texts[key]) <= {"name", "lock"} for key in errors)
    kinds = {*learning.FIRST, enrolment.DURESS_FINGER}
    assert {key for key in texts if key.startswith("selector.enrol_kind.")} == {
        f"selector.enrol_kind.options.{kind}" for kind in kinds
    }
    assert {key for key in texts if key.startswith("selector.enrol_next.")} == {
        f"selector.enrol_next.options.{choice}" for choice in (enrolment.AGAIN, enrolment.OTHER, enrolment.BACK)
    }


@pytest.mark.parametrize("kind", CredentialType)
def test_each_kind_of_credential_has_its_words_in_the_list(kind: CredentialType) -> None:
    assert placeholders(read("en")[f"common.people_credential_{kind}"]) == {"number"}
