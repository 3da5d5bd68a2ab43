"""A lock's parts are tried without the bridge: started as it would start them, heard, moved, and left safe."""

from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.clock import SystemClock
from lock_bridge.config import LockConfig, parse
from lock_bridge.engine.inputs import BoltPosition, Handle, Key
from lock_bridge.hardware import ports
from lock_bridge.hardware.ports import CardSeen, KeyDown, PartFault, PartReplaced, Reading
from lock_bridge.hardware.trial import Trial, Tried
from lock_bridge.hardware.trial_words import LEVELS, level, told
from lock_bridge.wire.words import CredentialType, Part, Trouble
from tests.hardware.emulators.ef01 import Cable, Sensor
from tests.hardware.emulators.efaa import Cable as FaceCable
from tests.hardware.emulators.efaa import Module
from tests.hardware.emulators.gpio import FakeLines

STRIKE = '{ driver = "strike", relay = "GPIO17", latch = "GPIO5", keeper = "GPIO6" }'
CONTACTS = '{ driver = "gpio", door = "GPIO22" }'


def lock(**parts: str) -> LockConfig:
    lines = "\n".join(f"{port} = {part}" for port, part in parts.items())
    text = f'[[lock]]\nid = "front"\nprofile = "palm6068"\n[lock.simulated]\nport = 0\n[lock.parts]\n{lines}\n'
    return parse(text, profiles.names()).locks[0]


class Door:
    """The wires of a strike: its keeper follows the relay unless it is stuck."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.lines = FakeLines(SystemClock())
        for name, high in {"GPIO5": False, "GPIO6": False, "GPIO22": False}.items():
            self.lines.put(name, high=high)
        if not stuck:
            self.lines.listen(self._follow)

    def _follow(self, name: str, high: bool) -> None:
        if name == "GPIO17":
            self.lines.put("GPIO6", high=high)

    def trial(self, config: LockConfig, folder: Path, only: str | None = None) -> Trial:
        profile = profiles.load("palm6068")
        return Trial(config, profile, clock=SystemClock(), lines=self.lines, cache=folder, only=only)


def of(results: tuple[Tried, ...], port: str) -> Tried:
    return next(each for each in results if each.port == port)


async def test_what_answers_and_what_it_reads_is_said_of_each_part(tmp_path: Path) -> None:
    cable = Cable(tmp_path / "finger")
    cable.plug(Sensor())
    door = Door()
    finger = f'{{ driver = "ef01", device = "{cable.path}" }}'
    trial = door.trial(lock(bolt=STRIKE, contacts=CONTACTS, fingerprint=finger), tmp_path)
    try:
        await trial.start()
        results = trial.results()
    finally:
        await trial.stop()
        cable.unplug()
    assert {each.port for each in results if each.ok} == {"bolt", "contacts", "fingerprint"}
    assert of(results, "contacts").levels[:1] == ("the door is closed",)
    assert of(results, "bolt").levels == ("the bolt is thrown",)
    assert of(results, "fingerprint").levels == ("0 fingers stored in it",)
    assert of(results, "keypad").ok is None
    assert of(results, "keypad").text == "simulated: nothing to try"


@pytest.mark.parametrize("dialect", ["fp00x", "ai10"])
async def test_whoever_is_enrolled_in_a_module_is_there_after_it_was_tried(tmp_path: Path, dialect: str) -> None:
    cable = FaceCable(tmp_path / "face")
    module = Module(dialect)
    module.enrol("Anna", "lb:face:3:0123abcd")
    module.enrol("Anna", "of another program", palm=True)
    cable.plug(module)
    config = lock(**dict.fromkeys(("face", "palm_vein"), f'{{ driver = "efaa", device = "{cable.path}" }}'))
    trial = Trial(
        config, profiles.load("palm6068"), clock=SystemClock(), lines=FakeLines(SystemClock()), cache=tmp_path
    )
    try:
        await trial.start()
        results = trial.results()
    finally:
        await trial.stop()
        cable.unplug()
    assert (of(results, "face").ok, of(results, "palm_vein").ok) == (True, True)
    assert len(module.users) == 2


async def test_one_that_is_missing_is_wrong_with_what_to_do_and_the_others_are_tried(tmp_path: Path) -> None:
    door = Door()
    trial = door.trial(
        lock(
            bolt=STRIKE.replace("GPIO17", "GPIO99"),
            contacts=CONTACTS,
            fingerprint='{ driver = "ef01", device = "/dev/no" }',
        ),
        tmp_path,
    )
    try:
        await trial.start(8.0)
        results = trial.results()
    finally:
        await trial.stop()
    assert (of(results, "bolt").ok, of(results, "bolt").trouble) == (False, Trouble.NO_LINE)
    assert "This machine has no such GPIO line." in of(results, "bolt").text
    assert (of(results, "fingerprint").ok, of(results, "fingerprint").trouble) == (False, Trouble.MISSING)
    assert "Check its cable and the path in the config." in of(results, "fingerprint").text
    assert "Errno" not in of(results, "fingerprint").text
    assert of(results, "contacts").ok is True


async def test_the_bolt_runs_to_and_fro_with_the_times_that_it_took(tmp_path: Path) -> None:
    door = Door()
    trial = door.trial(lock(bolt=STRIKE), tmp_path, only="bolt")
    try:
        await trial.start()
        moved = await trial.move("bolt")
    finally:
        await trial.stop()
    assert [(each.ok, each.text.partition(" after")[0]) for each in moved] == [
        (True, "retract: there"),
        (True, "throw: there"),
    ]
    assert door.lines.high("GPIO17") is False, "it is left safe"


async def test_a_bolt_that_does_not_follow_is_wrong(tmp_path: Path) -> None:
    door = Door(stuck=True)
    trial = door.trial(lock(bolt=STRIKE), tmp_path, only="bolt")
    try:
        await trial.start()
        moved = await trial.move("bolt")
    finally:
        await trial.stop()
    assert moved[0].ok is False
    assert "nothing moved" in moved[0].text or "stuck on the way" in moved[0].text


async def test_one_part_alone_is_tried_when_it_is_named(tmp_path: Path) -> None:
    trial = Door().trial(lock(bolt=STRIKE, contacts=CONTACTS), tmp_path, only="contacts")
    try:
        await trial.start()
        assert [each.port for each in trial.results()] == ["contacts"]
        assert await trial.move("contacts") == ()
    finally:
        await trial.stop()


def test_a_cards_number_is_never_told() -> None:
    uid = bytes.fromhex("04A1B2C3")
    assert told(CardSeen(uid)) == "a card was seen (4 bytes)"


def test_all_that_parts_report_is_told_or_left_out_on_purpose() -> None:
    assert told(KeyDown(Key.D5)) == "key 5 works"
    assert told(ports.BiometricSeen(CredentialType.FACE, 3)) == "a face was seen, enrolled in slot 3"
    assert told(ports.BiometricSeen(CredentialType.FINGERPRINT, None)) == "a finger was seen, that nobody has enrolled"
    assert told(ports.HandleSeen(Handle.REST)) == "the outside handle is at rest"
    assert told(ports.TamperSeen(True)) == "the tamper switch says that the lock is off its door, or the wire cut"
    assert told(ports.BoltSeen(BoltPosition.BETWEEN)) == "the bolt is half-way"
    silent: tuple[Reading, ...] = (PartFault(Part.CARD, "missing"), PartReplaced(Part.CARD), ports.SpeechEnded())
    assert [told(each) for each in silent] == [None, None, None]


@pytest.mark.parametrize("kind", LEVELS)
def test_every_level_has_a_sentence(kind: type) -> None:
    made = {
        ports.BoltSeen: ports.BoltSeen(BoltPosition.THROWN),
        ports.DoorSeen: ports.DoorSeen(None),
        ports.HandleSeen: ports.HandleSeen(Handle.LIFTED),
        ports.PrivacySeen: ports.PrivacySeen(True),
        ports.PeepholeSeen: ports.PeepholeSeen(False),
        ports.TamperSeen: ports.TamperSeen(False),
        ports.PowerSeen: ports.PowerSeen(80, True),
        ports.RadioSeen: ports.RadioSeen(None),
        ports.Inventory: ports.Inventory(CredentialType.PALM_VEIN, frozenset({1})),
    }
    assert level(made[kind])
