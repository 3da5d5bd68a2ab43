"""What holds for every reader of fingers, faces and palms, whoever makes it; and what a lock makes of what it says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.inputs import ChangeSettings, StartEnrolment, TrustPart
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.hardware.ports import (
    BiometricSeen,
    EnrolDone,
    EnrolFailed,
    EnrolStep,
    Inventory,
    PartBack,
    PartFault,
    PartReplaced,
    PortBusy,
)
from lock_bridge.runner import LockRunner, Ports
from lock_bridge.snapshot import capabilities
from lock_bridge.store import Store
from lock_bridge.wire.model import LockSnapshot
from lock_bridge.wire.words import CredentialType, EventType, Trouble
from tests.hardware.contract.rigs_templates import FACE, PARTS, RIGS, Ear, TemplateRig
from tests.service import house

ATTACHED = [name for name in RIGS if "simulated" not in name]


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TemplateRig]:
    made = RIGS[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def seen(rig: TemplateRig, slot: int | None) -> BiometricSeen:
    return BiometricSeen(rig.kind, slot)


def inventory(rig: TemplateRig, *slots: int) -> Inventory:
    return Inventory(rig.kind, frozenset(slots))


async def started(rig: TemplateRig, ear: Ear) -> None:
    """It is served; nobody is enrolled."""
    await rig.plug()
    await rig.port.start(ear)
    while not isinstance(report := await ear.next(), Inventory):
        pass
    assert report == inventory(rig)


async def learns(rig: TemplateRig, ear: Ear, who: str, slot: int) -> None:
    """Somebody is enrolled from the first touch, pose or look to the last."""
    await rig.port.enrol(slot, rig.steps)
    for step in range(1, rig.steps + 1):
        await rig.put(who, step)
        await ear.hears(EnrolStep(rig.kind, step))
        if step < rig.steps and rig.kind is not FACE:
            await rig.go()
    await ear.hears(EnrolDone(rig.kind, slot))
    await rig.go()


async def is_told(rig: TemplateRig, ear: Ear, who: str, slot: int | None) -> None:
    """Somebody comes, is told of once, and goes."""
    await rig.put(who)
    await ear.hears(seen(rig, slot))
    await rig.rest()
    assert ear.empty, "told once"
    await rig.go()


async def is_quiet(rig: TemplateRig, ear: Ear) -> None:
    await rig.rest()
    assert ear.empty, await ear.next()


@pytest.mark.spec("VER-5", "USR-9")
async def test_whoever_was_learnt_is_told_by_her_slot_once_each_time(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await learns(rig, ear, "Bert", 7)
    for _ in range(2):
        await is_told(rig, ear, "Anna", 0)
        await is_told(rig, ear, "Bert", 7)


@pytest.mark.spec("DLM-6")
async def test_whoever_is_known_is_not_learnt_again(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.port.enrol(1, rig.steps)
    await rig.put("Anna")
    await ear.hears(EnrolFailed(rig.kind, "duplicate"))
    await rig.go()
    assert rig.holds() == {"Anna"}
    await is_told(rig, ear, "Anna", 0)


async def test_a_cancelled_enrolment_leaves_nothing(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await rig.port.enrol(0, rig.steps)
    for step in range(1, rig.steps):
        await rig.put("Anna", step)
        await ear.hears(EnrolStep(rig.kind, step))
        if rig.kind is not FACE:
            await rig.go()
    await asyncio.wait_for(rig.port.cancel(), 10)
    await ear.hears(EnrolFailed(rig.kind, "cancelled"))
    await rig.go()
    assert rig.holds() == set()
    await rig.port.cancel()
    await is_quiet(rig, ear)
    await learns(rig, ear, "Anna", 0)


async def test_while_it_learns_nobody_is_seen_and_nothing_else_is_learnt(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.port.enrol(1, rig.steps)
    with pytest.raises(PortBusy):
        await rig.port.enrol(2, rig.steps)
    await rig.put("Anna")
    await ear.hears(EnrolFailed(rig.kind, "duplicate"))
    await rig.go()


async def test_slots_are_forgotten(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await learns(rig, ear, "Bert", 7)
    await asyncio.wait_for(rig.port.delete({0, 40}), 10)
    assert rig.holds() == {"Bert"}
    if rig.kind is not CredentialType.PALM_VEIN:
        await is_told(rig, ear, "Anna", None)
    await is_told(rig, ear, "Bert", 7)


@pytest.mark.spec("FLT-1")
async def test_one_that_is_unplugged_says_so_once_and_serves_again_when_it_is_back(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 3)
    for _ in range(2):
        await rig.unplug()
        fault = await ear.next()
        assert isinstance(fault, PartFault)
        assert fault.part is PARTS[rig.kind]
        assert fault.reason in set(Trouble)
        await is_quiet(rig, ear)
        await rig.plug()
        await ear.hears(PartBack(PARTS[rig.kind]), inventory(rig, 3))
        await is_told(rig, ear, "Anna", 3)


async def test_what_is_to_be_forgotten_while_it_is_away_is_forgotten_when_it_is_back(
    rig: TemplateRig, ear: Ear
) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await learns(rig, ear, "Bert", 7)
    await rig.unplug()
    assert isinstance(await ear.next(), PartFault)
    await asyncio.wait_for(rig.port.delete({0}), 10)
    await rig.plug()
    await ear.hears(PartBack(PARTS[rig.kind]), inventory(rig, 7))
    assert rig.holds() == {"Bert"}


async def test_an_enrolment_fails_when_it_is_unplugged_and_leaves_nothing(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await rig.port.enrol(0, rig.steps)
    if rig.steps > 1:
        await rig.put("Anna")
        await ear.hears(EnrolStep(rig.kind, 1))
    await rig.unplug()
    reports = [await ear.next(), await ear.next()]
    assert EnrolFailed(rig.kind, "fault") in reports
    await rig.go()
    await rig.plug()
    await ear.hears(PartBack(PARTS[rig.kind]), inventory(rig))
    assert rig.holds() == set()


async def test_one_that_is_away_learns_nothing_and_says_so(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await rig.unplug()
    assert isinstance(await ear.next(), PartFault)
    await rig.port.enrol(0, rig.steps)
    await ear.hears(EnrolFailed(rig.kind, "fault"))


@pytest.mark.spec("FLT-1")
async def test_another_one_is_reported_believed_in_nothing_and_emptied_when_it_is_trusted(
    rig: TemplateRig, ear: Ear
) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.exchange()
    await ear.hears(PartReplaced(PARTS[rig.kind]))
    await rig.put("Eve")
    await is_quiet(rig, ear)
    await rig.port.enrol(1, rig.steps)
    await ear.hears(EnrolFailed(rig.kind, "fault"))
    await rig.go()
    assert rig.holds() == {"Eve"}
    rig.port.trust()  # type: ignore[attr-defined]
    await ear.hears(PartBack(PARTS[rig.kind]), inventory(rig))
    assert rig.holds() == set()
    await learns(rig, ear, "Carla", 0)
    await is_told(rig, ear, "Carla", 0)


@pytest.mark.parametrize("rig", ATTACHED, indirect=True)
async def test_the_former_one_is_believed_again_by_itself(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.exchange()
    await ear.hears(PartReplaced(PARTS[rig.kind]))
    await rig.put_back()
    await ear.hears(PartBack(PARTS[rig.kind]), inventory(rig, 0))
    await is_told(rig, ear, "Anna", 0)


@pytest.mark.parametrize("rig", ATTACHED, indirect=True)
async def test_the_one_of_before_a_restart_is_known_and_another_one_is_not(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.restart()
    await rig.plug()
    await rig.port.start(ear)
    await ear.hears(inventory(rig, 0))
    await is_told(rig, ear, "Anna", 0)
    await rig.restart()
    await rig.plug()
    await rig.exchange()
    await rig.port.start(ear)
    await ear.hears(PartReplaced(PARTS[rig.kind]))
    await is_quiet(rig, ear)


async def test_after_a_stop_nothing_is_told_and_after_a_start_all_is_as_ever(rig: TemplateRig, ear: Ear) -> None:
    await started(rig, ear)
    await learns(rig, ear, "Anna", 0)
    await rig.port.stop()
    assert ear.empty
    await rig.port.start(ear)
    await ear.hears(inventory(rig, 0))
    await is_told(rig, ear, "Anna", 0)


class HomeWithReader(house.Home):
    """A front door with Anna behind it, and this reader on it."""

    def __init__(self, folder: Path, rig: TemplateRig) -> None:
        super().__init__(folder)
        self.rig = rig
        rig.has_lock = True

    async def open(self) -> None:
        """Start from disk, with the reader's port as it is now."""
        store = await Store.open(self.file, boot_id=self.clock.boot_id)
        self.house = house.House(store, self.clock, self.log)
        base = LockSnapshot(
            id="front_door",
            name="Front door",
            profile=self.profile.id,
            model=self.profile.name,
            serial="",
            capabilities=capabilities(self.profile),
        )
        parts: Any = self.parts
        readers: Any = {self.rig.kind.value: self.rig.port}
        ports = Ports(keypad=parts, sounder=parts, bolt=parts, contacts=parts, power=parts, **readers)
        setup = Setup(self.profile, Keys(pin=b"p" * 32, card=b"c" * 32))
        self.lock = LockRunner(base, setup, ports, self.clock, self.house)
        await self.lock.start()
        await self.settle()

    async def until(self, kind: EventType) -> dict[str, Any]:
        """Wait for the next event of a kind; what it says."""
        async with asyncio.timeout(10):
            while True:
                for event in self.house.events:
                    if event.type is kind:
                        self.house.events.remove(event)
                        return {"user_name": event.user_name, "reason": event.reason, **event.data}
                await asyncio.sleep(0.005)

    async def enrols(self, user: str) -> None:
        """Somebody is enrolled from the app."""
        await self.give(StartEnrolment, user_id=user, type=self.rig.kind)
        steps = self.profile.credentials[self.rig.kind].steps
        if self.rig.kind is not CredentialType.FINGERPRINT:
            steps = min(steps, self.rig.steps)
        for step in range(1, steps + 1):
            await self.rig.put(user, step)
            async with asyncio.timeout(10):
                while self._waits_for(step):  # noqa: ASYNC110 - the lock has no bell for it
                    await asyncio.sleep(0.002)
            if self.rig.kind is not FACE:
                await self.rig.go()
        await self.until(EventType.CREDENTIAL_ADDED)
        await self.rig.go()

    def slots(self) -> set[int]:
        """The slots that the lock's books have."""
        return {slot for kind, slot in self.lock.state.directory.by_slot if kind is self.rig.kind}

    def _waits_for(self, step: int) -> bool:
        running = self.lock.state.enrolment
        return running is not None and running.active and running.done < step


@pytest.fixture
async def home(rig: TemplateRig, tmp_path: Path) -> AsyncIterator[HomeWithReader]:
    home = HomeWithReader(tmp_path, rig)
    await rig.plug()
    await home.open()
    await home.add_anna()
    home.house.events.clear()
    await served(home)
    yield home
    await home.close()


async def served(home: HomeWithReader) -> None:
    """The reader answers and has told whom it holds."""
    await home.rig.rest()
    await home.settle()


@pytest.mark.spec("USR-9")
async def test_whom_the_books_do_not_have_the_module_forgets_at_the_start(home: HomeWithReader) -> None:
    await home.enrols("anna")
    assert home.slots() == {0}
    await home.close()
    await home.rig.restart()
    home.file.unlink()  # the bridge was installed anew: nobody is enrolled any more
    await home.rig.plug()
    await home.open()
    async with asyncio.timeout(10):
        while home.rig.holds():  # noqa: ASYNC110 - nor has the module
            await asyncio.sleep(0.005)
    assert home.slots() == set()


@pytest.mark.spec("USR-9")
async def test_whom_the_module_has_lost_is_told_by_name(home: HomeWithReader) -> None:
    await home.enrols("anna")
    if home.rig.attached:
        # A module that comes back with fewer users is another one, until somebody trusts it: then it is empty.
        await home.rig.exchange()
        told = await home.until(EventType.TAMPER_STARTED)
        assert told["reason"] == "part_replaced"
        await home.give(TrustPart, part=PARTS[home.rig.kind])
    else:
        await home.rig.unplug()
        await home.rig.lose("anna")
        await home.rig.plug()
    lost = await home.until(EventType.CREDENTIAL_LOST)
    assert lost["user_name"] == "Anna"
    started = await home.until(EventType.FAULT_STARTED)
    while started["reason"] != Trouble.TEMPLATES_LOST:
        started = await home.until(EventType.FAULT_STARTED)
    assert started["part"] == PARTS[home.rig.kind].value
    assert home.rig.holds() == set()


@pytest.mark.spec("VER-6", "USR-9")
@pytest.mark.parametrize("rig", [name for name in RIGS if not name.startswith("face")], indirect=True)
async def test_whoever_was_enrolled_from_the_app_opens_the_door(home: HomeWithReader) -> None:
    await home.enrols("anna")
    await home.rig.put("anna")
    told = await home.until(EventType.ACCESS_GRANTED)
    assert told["user_name"] == "Anna"
    await home.rig.go()


@pytest.mark.spec("VER-5", "VER-6")
@pytest.mark.parametrize("rig", [name for name in RIGS if name.startswith("face-efaa")], indirect=True)
async def test_a_face_that_comes_near_is_looked_for_and_opens_the_door(home: HomeWithReader) -> None:
    await nobody_is_there(home)
    await home.rig.comes("anna")
    told = await home.until(EventType.ACCESS_GRANTED)
    assert told["user_name"] == "Anna"


@pytest.mark.spec("VER-5", "VER-6")
@pytest.mark.parametrize("rig", [name for name in RIGS if name.startswith("face-efaa")], indirect=True)
async def test_a_face_that_went_before_it_was_known_opens_the_door_when_it_comes_again(home: HomeWithReader) -> None:
    await nobody_is_there(home)
    await home.rig.comes("anna", far=True)
    await is_near(home, True)
    await home.rig.go()
    await is_near(home, False)
    assert not has_opened(home)
    await home.rig.comes("anna")
    told = await home.until(EventType.ACCESS_GRANTED)
    assert told["user_name"] == "Anna"


async def nobody_is_there(home: HomeWithReader) -> None:
    """Anna is enrolled and has gone; the lock looks for whoever comes."""
    # Else it would look for her while she still stands there, and open for her before she has come.
    await home.give(ChangeSettings, changes={"face_recognition": "manual"})
    await home.enrols("anna")
    await is_near(home, False)
    await home.give(ChangeSettings, changes={"face_recognition": "automatic"})
    assert not has_opened(home)


async def is_near(home: HomeWithReader, near: bool) -> None:
    async with asyncio.timeout(10):
        while home.lock.state.near is not near:  # noqa: ASYNC110 - the lock has no bell for it
            await asyncio.sleep(0.005)


def has_opened(home: HomeWithReader) -> bool:
    return any(event.type is EventType.ACCESS_GRANTED for event in home.house.events)
