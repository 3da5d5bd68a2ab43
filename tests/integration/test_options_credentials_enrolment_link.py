"""Enrolment under Configure when the way to the bridge fails, and what is told of enrolments in odd order."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.data_entry_flow import FlowResultType, UnknownFlow

from custom_components.lock_bridge.options import enrolment, learning
from custom_components.lock_bridge.wire.messages import State
from custom_components.lock_bridge.wire.words import CredentialType, EnrolmentStatus
from tests.integration.dialog import Dialog
from tests.integration.enrolments import THUMB, add_anna, hers, learning_house, running, status
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import Home
from tests.integration.house import House, until


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


@pytest.fixture
async def afar(anna: str, far: Home) -> AsyncIterator[Dialog]:
    """The dialog, over a network that can fail."""
    dialog = Dialog(far)
    await dialog.open("Anna")
    await dialog.choose("enrol")
    yield dialog
    dialog.stop()


async def away(home: Home, network: FaultProxy) -> None:
    await network.stop()
    await until(lambda: not home.entry.runtime_data.available)


async def test_the_link_breaks_and_comes_back(afar: Dialog, far: Home, network: FaultProxy, house: House) -> None:
    await afar.submit(kind="fingerprint")
    await house.do("touch", THUMB)
    await afar.until_action("enrol_touch_again", done="1")
    await away(far, network)
    await afar.until_action("enrol_away")
    await house.do("touch", THUMB, "x2")
    await network.start()
    await afar.until_action("enrol_touch_again", done="3")
    await house.do("touch", THUMB, "x3")
    await afar.until_step("enrolled")


async def test_it_is_finished_while_the_link_is_broken(
    afar: Dialog, far: Home, network: FaultProxy, house: House, anna: str
) -> None:
    await afar.submit(kind="fingerprint")
    await away(far, network)
    await house.do("touch", THUMB, "x6")
    # Meanwhile somebody at the bridge begins another one, so that its own end is not to be seen any more.
    await house.command("credentials.enrol", lock="front_door", user_id=anna, type="face")
    await network.start()
    await afar.until_step("enrolled")
    assert afar.texts["number"] == "1"


async def test_the_bridge_is_started_anew(afar: Dialog, house: House, anna: str) -> None:
    await afar.submit(kind="fingerprint")
    await house.do("touch", THUMB)
    await afar.until_action("enrol_touch_again")
    await house.stop()
    house.port = 0
    await house.start()
    await afar.until_step("not_enrolled")
    assert afar.errors == {"base": "enrol_lost"}
    assert "fingerprint" not in hers(house, anna)


async def test_the_bridge_does_not_come_back_in_time(
    afar: Dialog, far: Home, network: FaultProxy, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await afar.submit(kind="fingerprint")
    monkeypatch.setattr(learning, "AWAY_S", 0.05)
    await away(far, network)
    await afar.until_step("not_enrolled")
    assert afar.errors == {"base": "enrol_away"}
    assert status(house) == EnrolmentStatus.STARTED


@pytest.mark.spec("APP-7")
async def test_closing_the_dialog_while_the_link_is_broken(
    afar: Dialog, far: Home, network: FaultProxy, house: House
) -> None:
    await afar.submit(kind="fingerprint")
    await away(far, network)
    afar.close()
    assert status(house) == EnrolmentStatus.STARTED
    await network.start()
    await until(lambda: status(house) == EnrolmentStatus.CANCELLED)


@pytest.mark.spec("APP-7")
async def test_the_link_is_broken_from_the_start(afar: Dialog, far: Home, network: FaultProxy) -> None:
    await away(far, network)
    await afar.submit(kind="fingerprint")
    assert (afar.step, afar.errors) == ("enrol", {"base": "not_connected"})


async def test_the_name_cannot_be_set_while_the_bridge_is_away(
    afar: Dialog, far: Home, network: FaultProxy, house: House
) -> None:
    await afar.submit(kind="fingerprint")
    await house.do("touch", THUMB, "x6")
    await afar.until_step("enrolled")
    await away(far, network)
    await afar.submit(label="right thumb", another=False)
    assert (afar.step, afar.errors) == ("enrolled", {"base": "not_connected"})
    assert afar.value("label") == "right thumb"
    await afar.submit(another=False)
    assert afar.step == "person"


async def test_the_integration_is_set_up_anew_meanwhile(dialog: Dialog, paired: Home, house: House, anna: str) -> None:
    await dialog.submit(kind="fingerprint")
    await paired.hass.config_entries.async_unload(paired.entry.entry_id)
    await until(lambda: dialog.shown["type"] is FlowResultType.ABORT)
    assert dialog.shown["reason"] == "not_loaded"
    with pytest.raises(UnknownFlow):
        dialog.close()
    assert status(house) == EnrolmentStatus.STARTED
    await paired.hass.config_entries.async_setup(paired.entry.entry_id)
    await until(lambda: status(house) == EnrolmentStatus.CANCELLED)
    assert "fingerprint" not in hers(house, anna)


async def test_what_only_a_newer_bridge_asks_for(dialog: Dialog, paired: Home, house: House) -> None:
    await dialog.submit(kind="fingerprint")
    news = {"id": running(house).id, "user_id": "", "type": "fingerprint", "status": "step", "wanted": "sing"}
    connection = paired.entry.runtime_data.connection
    for stands in ("step", "step_retry", "encore"):
        connection._take_state(
            State(lock="front_door", changes={"enrolment": {**news, "status": stands}}, as_of=connection._as_of)
        )
        await dialog.until_action("enrol_follow")
    dialog.close()


@pytest.mark.parametrize("other", [None, {"id": "another", "user_id": "", "type": "face", "status": "started"}])
async def test_only_what_is_told_of_its_own_id_counts(
    dialog: Dialog, paired: Home, house: House, other: dict[str, Any] | None
) -> None:
    """The end of one before it, told late, is none of its own. Once it was seen, another one means that it is over."""
    lock = paired.entry.runtime_data.data.locks["front_door"]
    learning_one = learning.Learning(paired.entry, lock, "somebody", CredentialType.FACE)
    connection = paired.entry.runtime_data.connection

    def tell(enrolment: dict[str, Any] | None) -> None:
        connection._take_state(State(lock="front_door", changes={"enrolment": enrolment}, as_of=connection._as_of))

    own = {"id": "own", "user_id": "somebody", "type": "face", "status": "step", "done": 1, "steps": 5, "wanted": "up"}
    tell({"id": "before", "user_id": "", "type": "face", "status": "started"})
    tell(None)
    tell(own)
    tell({"id": "before", "user_id": "", "type": "face", "status": "cancelled"})
    learning_one.begun({"enrolment": "own", "number": 1, "steps": 5})
    assert (learning_one.done, learning_one.asks, learning_one.end) == (1, "up", None), "told before its answer came"
    late = learning.Learning(paired.entry, lock, "somebody", CredentialType.FACE)
    late.begun({"enrolment": "late", "number": 1, "steps": 5})
    assert late.asks == "straight", "what each face begins with, until more is told"
    tell({"id": "before", "user_id": "", "type": "face", "status": "failed"})
    assert late.end is None
    assert learning_one.end == learning.LOST
    tell({**own, "id": "late"})
    tell(other)
    assert late.end == learning.LOST


async def test_the_lock_is_taken_away_while_it_learns(afar: Dialog, house: House) -> None:
    await house.stop()
    house.port = 0
    house.locks["shed"] = house.locks.pop("back_door")
    await house.start()
    await until(lambda: "shed" in afar._home.entry.runtime_data.data.locks, within=30)
    await until(lambda: afar._home.entry.runtime_data.available, within=30)
    await afar.submit(kind="face")
    assert afar.step == "enrolling"
    await house.stop()
    house.port = 0
    del house.locks["front_door"]
    await house.start()
    await until(lambda: afar.step in ("not_enrolled", "people"), within=30)
    assert afar.step == "people"
