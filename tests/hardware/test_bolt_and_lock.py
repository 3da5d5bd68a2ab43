"""A whole lock with its bolt on wires: the motor does what the engine orders, the lock says what the sensors say."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.state import Setup
from lock_bridge.hardware.ports import DoorSeen, Report
from lock_bridge.runner import LockRunner, Ports
from lock_bridge.snapshot import capabilities
from lock_bridge.store import Store
from lock_bridge.wire.model import LockSnapshot
from lock_bridge.wire.words import BoltState, EventType, OperationSource
from tests.hardware.motor_rig import MotorRig
from tests.hardware.strike_rig import StrikeRig
from tests.service.house import Home, House, Parts

CODE = "482913"


class OtherParts(Parts):
    """All but the bolt."""

    async def start(self, report: Report) -> None:
        self._report = report
        report(DoorSeen(False))


class WiredHome(Home):
    """A front door with Anna behind it, and its bolt on wires."""

    def __init__(self, folder: Path, rig: MotorRig | StrikeRig) -> None:
        super().__init__(folder, rig.profile)
        self.rig = rig
        self.clock = rig.clock

    async def open(self) -> None:
        """Start from disk."""
        store = await Store.open(self.file, boot_id=self.clock.boot_id)
        self.house = House(store, self.clock, self.log)
        base = LockSnapshot(
            id="front_door",
            name="Front door",
            profile=self.profile.id,
            model=self.profile.name,
            serial="",
            capabilities=capabilities(self.profile),
        )
        parts: Any = OtherParts(self.log)
        ports = Ports(
            keypad=parts,
            sounder=parts,
            bolt=self.rig.port,
            contacts=parts,
            power=parts,
            fingerprint=parts,
            card=parts,
        )
        setup = Setup(self.profile, Keys(pin=b"p" * 32, card=b"c" * 32))
        self.lock = LockRunner(base, setup, ports, self.clock, self.house)
        await self.lock.start()
        await self.after(200)

    async def after(self, ms: int) -> None:
        """Let time go by, and the lock keep up with it."""
        for _ in range(0, ms, 50):
            await self.rig.advance(50)
            await self.settle()

    @property
    def bolt(self) -> BoltState:
        return self.lock.state.bolt

    def events(self) -> list[tuple[EventType, OperationSource | None]]:
        return [(event.type, event.source) for event in self.house.events]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[WiredHome]:
    home = WiredHome(tmp_path, MotorRig())
    await home.open()
    await home.add_anna(CODE)
    home.house.events.clear()
    yield home
    await home.close()


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[WiredHome]:
    home = WiredHome(tmp_path, StrikeRig(profile="l2s"))
    await home.open()
    await home.add_anna(CODE)
    home.house.events.clear()
    yield home
    await home.close()


async def test_a_passcode_draws_the_bolt(home: WiredHome) -> None:
    assert home.bolt is BoltState.LOCKED
    await home.type(CODE)
    assert home.rig.plant.pushes == -1
    assert home.bolt is BoltState.UNLOCKING
    await home.after(1_500)
    assert home.bolt is BoltState.UNLOCKED
    assert home.rig.plant.at < 0.05
    assert home.events() == [(EventType.ACCESS_GRANTED, OperationSource.KEYPAD)]


@pytest.mark.spec("BLT-6")
async def test_a_bolt_that_is_stuck_is_tried_twice_and_jammed_until_it_works_again(home: WiredHome) -> None:
    home.rig.plant.jam = (0.5, -1)
    await home.type(CODE)
    await home.after(8_000)
    assert [spell.way for spell in home.rig.spells()] == [-1, 0, -1, 0]
    assert home.bolt is BoltState.JAMMED
    assert EventType.LOCK_JAMMED in [kind for kind, _ in home.events()]
    assert EventType.ACCESS_GRANTED not in [kind for kind, _ in home.events()]
    await home.after(10_000)
    assert home.bolt is BoltState.JAMMED
    home.rig.plant.jam = None
    await home.type(CODE)
    await home.after(3_000)
    assert home.bolt is BoltState.UNLOCKED


@pytest.mark.spec("BLT-6")
async def test_a_motor_without_its_cable_is_a_fault_and_no_entry(home: WiredHome) -> None:
    home.rig.plant.dead = True
    await home.type(CODE)
    await home.after(8_000)
    assert home.bolt is BoltState.LOCKED
    kinds = [kind for kind, _ in home.events()]
    assert EventType.FAULT_STARTED in kinds
    assert EventType.ACCESS_GRANTED not in kinds


@pytest.mark.spec("VER-15")
async def test_the_key_is_noticed(home: WiredHome) -> None:
    home.rig.plant.turn(0.0)
    await home.after(1_000)
    assert home.bolt is BoltState.UNLOCKED
    assert home.events() == [(EventType.UNLOCKED, OperationSource.MECHANICAL_KEY)]


@pytest.mark.spec("FLT-1")
async def test_a_lock_whose_sensors_contradict_each_other_does_not_know_where_its_bolt_is(home: WiredHome) -> None:
    home.rig.plant.retracted.stuck = True
    home.rig.plant.feel()
    await home.after(200)
    assert home.bolt is BoltState.UNKNOWN
    await home.type(CODE)
    await home.after(4_000)
    assert home.rig.plant.at < 0.05, "it lets people in and out all the same"
    assert home.bolt is not BoltState.LOCKED


async def test_after_a_crash_on_its_way_the_bolt_is_where_the_sensors_say(home: WiredHome) -> None:
    await home.type(CODE)
    await home.after(400)
    await home.rig.die()
    await home.lock.stop()
    await home.house.store.close()
    assert home.rig.plant.pushes == 0
    await home.open()
    assert home.bolt is BoltState.JAMMED, "neither locked nor open"
    await home.type(CODE)
    await home.after(3_000)
    assert home.bolt is BoltState.UNLOCKED


@pytest.mark.spec("BLT-13")
async def test_a_strike_is_free_for_the_five_seconds_of_its_model(gate: WiredHome) -> None:
    assert gate.bolt is BoltState.LOCKED
    await gate.type(CODE)
    await gate.after(500)
    assert gate.bolt is BoltState.UNLOCKED
    await gate.after(4_000)
    assert gate.rig.energised
    await gate.after(1_500)
    assert not gate.rig.energised
    assert gate.bolt is BoltState.LOCKED
