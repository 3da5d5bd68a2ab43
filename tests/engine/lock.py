"""One simulated lock around the pure engine: time by hand, timers carried out, a bolt with its motor, a reader, a disk.

Every input is checked for what must always hold: the motor never throws the bolt against a door that is not closed, no
code that was ever typed or set is told to anybody, and the disk holds what the memory does.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from enum import Enum, auto
from typing import Any

from lock_bridge import profiles
from lock_bridge.engine.directory import CredentialKey, Directory
from lock_bridge.engine.effects import (
    DURABLE,
    Answer,
    BeginEnrolment,
    CountUse,
    DeleteTemplates,
    Drive,
    DriveBolt,
    DropCredential,
    DropUser,
    Durable,
    Effect,
    EndEnrolment,
    EraseLock,
    Hush,
    Light,
    PhoneTold,
    Prompt,
    Record,
    SaveCredential,
    SaveLockout,
    SaveModes,
    SaveSettings,
    SaveUser,
    Say,
    Sound,
    StartTimer,
    StopBolt,
    StopTimer,
    Tone,
    is_refusable,
)
from lock_bridge.engine.inputs import (
    AddUser,
    BiometricSeen,
    BoltPosition,
    BoltSeen,
    CardSeen,
    ChangeSettings,
    Command,
    DoorSeen,
    EnrolDone,
    EnrolFailed,
    EnrolStep,
    Handle,
    HandleSeen,
    Input,
    InsideHandleUsed,
    Inventory,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    NearSeen,
    NotKept,
    PowerSeen,
    PrivacySeen,
    SetMode,
    SetPasscode,
    SpeechEnded,
    Started,
    StartEnrolment,
    TamperSeen,
    Timer,
    TimerDue,
)
from lock_bridge.engine.machine import step
from lock_bridge.engine.model import Actor, Credential, Fact, Identity, Instant, LockoutRecord, Modes, Settings, User
from lock_bridge.engine.passcode import Keys
from lock_bridge.engine.profile import Profile
from lock_bridge.engine.settings import default_settings
from lock_bridge.engine.state import LockState, Setup
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import BoltState, CredentialType, EventType, OperatingMode, Role

KEYS = Keys(pin=b"p" * 32, card=b"c" * 32, ble=b"b" * 32)
IDENTITY = Identity("lock", "Q06824751", "2.4.0", "KQZVTD")
ACTOR = Actor("c1", "Home Assistant")
TRAVEL_MS = 900
COUPLING_MS = 150
NOTICE_MS = 200
PROMPT_MS = 2_000
"""How long a prompt takes to be said."""
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_WORDS = {"ok": Key.CONFIRM, "back": Key.BACK} | {str(digit): Key(str(digit)) for digit in range(10)}


class Motor(Enum):
    """How the motor does."""

    WORKS = auto()
    STUCK = auto()
    """The bolt gets half way."""
    STILL = auto()
    """Nothing moves."""
    SLIPS = auto()
    """It runs its whole way, and the bolt does not come along."""
    DEAD = auto()
    """The driver says at once that it does not answer."""
    DUMB = auto()
    """Not a word comes of it, nor a movement."""


@dataclass
class Disk:
    """What is kept."""

    users: dict[str, User] = field(default_factory=dict)
    credentials: dict[CredentialKey, Credential] = field(default_factory=dict)
    settings: Settings | None = None
    lockout: LockoutRecord | None = None
    modes: Modes = field(default_factory=Modes)
    journal: list[Fact] = field(default_factory=list)

    def write(self, item: Durable) -> None:
        match item:
            case SaveUser(user):
                self.users[user.id] = user
            case DropUser(user_id):
                del self.users[user_id]
                self.credentials = {key: item for key, item in self.credentials.items() if item.user_id != user_id}
            case SaveCredential(credential):
                self.credentials[credential.type, credential.number] = credential
            case DropCredential(kind, number):
                del self.credentials[kind, number]
            case SaveSettings(settings):
                self.settings = settings
            case SaveLockout(record):
                self.lockout = record
            case SaveModes(modes):
                self.modes = modes
            case CountUse(user, credential):
                self._count(user, credential)
            case EraseLock():
                self.users, self.credentials, self.settings = {}, {}, None
                self.lockout, self.modes = None, Modes()
            case Record(fact):
                self.journal.append(fact)

    def _count(self, user: User | None, credential: Credential | None) -> None:
        """As the store does: of both only what was used up, and nothing of who is gone."""
        if user is not None and user.id in self.users:
            self.users[user.id] = replace(self.users[user.id], uses_left=user.uses_left)
        if credential is not None and (held := self.credentials.get((credential.type, credential.number))) is not None:
            counted = replace(held, uses_left=credential.uses_left, counter=credential.counter)
            self.credentials[credential.type, credential.number] = counted

    def state(self, profile: Profile) -> LockState:
        """A lock's memory, built from the disk alone."""
        return LockState(
            directory=Directory.of(self.users.values(), self.credentials.values()),
            settings=self.settings or default_settings(profile.simple_passcodes),
            lockout=self.lockout or LockoutRecord(),
            modes=self.modes,
        )


class Lock:
    """A lock on a closed door, with its bolt thrown, that has just been switched on."""

    def __init__(
        self,
        profile: str | Profile = "palm6068",
        *,
        disk: Disk | None = None,
        bolt: BoltPosition = BoltPosition.THROWN,
        mono_ms: int = 1_000_000,
        wall_ms: int = 1_780_000_000_000,
        zone: tzinfo = UTC,
    ) -> None:
        self.profile = profiles.load(profile) if isinstance(profile, str) else profile
        self.setup = Setup(self.profile, KEYS, IDENTITY, zone)
        self.disk = disk or Disk()
        self.mono_ms, self.wall_ms, self.trusted = mono_ms, wall_ms, True
        self.motor = Motor.WORKS
        self.bolt = bolt
        self.coupled = False
        self.door_open = False
        self.knob = False
        self.handle = Handle.REST
        self.reader: set[int] = set()
        self.reader_answers = True
        self.disk_refuses = False
        """The disk takes no change that somebody asks for; all else is written later."""
        self.effects: list[Effect] = []
        """All that was done since the last `listen`, in its order."""
        self.secrets: set[str] = set()
        """Every code that was ever typed or set."""
        self.state = LockState()
        self._typed = ""
        self._timers: dict[Timer, int] = {}
        self._coming: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._run: DriveBolt | None = None
        self._boot = 0
        self._silence_at = 0
        self.power_on()
        # A button that is pressed sooner asks for a factory reset (RST-1).
        self.advance(11_000)

    @property
    def now(self) -> Instant:
        return Instant(self.mono_ms, self.wall_ms, self.trusted)

    # Power

    def power_on(self) -> None:
        """The first start of a boot."""
        self._boot += 1
        self.start()

    def start(self) -> None:
        """The engine starts from disk, and the parts report."""
        self.state = self.disk.state(self.profile)
        self._timers.clear()
        self._coming.clear()
        self._run, self._typed, self._silence_at = None, "", 0
        self.give(Started(f"boot {self._boot}"))
        self.give(Inventory(CredentialType.FINGERPRINT, frozenset(self.reader)))
        self.give(BoltSeen(self.bolt))
        self.give(DoorSeen(self.door_open))
        if self.profile.bolt_kind == "clutch":
            self.give(HandleSeen(self.handle))
        self.give(PrivacySeen(self.knob))
        self.give(TamperSeen(off=False))
        self.give(PowerSeen(80))

    def power_cut(self, *, off_ms: int = 0) -> None:
        """All that is not on disk is gone; time goes on, and a clock that counts from the start begins anew."""
        self.wall_ms += off_ms
        self.mono_ms = 5_000
        # A spring uncouples a clutch that nobody drives.
        self.coupled = False
        self.power_on()

    def restart(self, *, off_ms: int = 0) -> None:
        """The service dies and starts again, in the same boot."""
        self.mono_ms += off_ms
        self.wall_ms += off_ms
        self.start()

    def images(self, given: Input) -> Iterator[tuple[tuple[Effect, ...], Disk]]:
        """What the door has done and what is on disk, for each moment of one input at which the power may fail."""
        disk, done = deepcopy(self.disk), list[Effect]()
        yield (), deepcopy(disk)
        for durable, effects in itertools.groupby(
            step(self.state, given, self.now, self.setup).effects, key=lambda effect: isinstance(effect, DURABLE)
        ):
            for effect in effects:
                if durable:
                    disk.write(effect)  # type: ignore[arg-type]
                else:
                    done.append(effect)
            yield tuple(done), deepcopy(disk)

    # Inputs and time

    def give(self, given: Input) -> None:
        """One input, with all that follows from it."""
        result = step(self.state, given, self.now, self.setup)
        _check_writes(result.effects)
        if self.disk_refuses and any(map(is_refusable, result.effects)):
            self._refuse(given, result.effects)
            return
        self.state = result.state
        for effect in result.effects:
            self._carry_out(effect)
        self.check()

    def advance(self, ms: int) -> None:
        """Let time go by; what comes due happens in its order."""
        end = self.mono_ms + ms
        while (due := self._next_due()) is not None and due <= end:
            self._pass(due - self.mono_ms)
            self._happen()
        self._pass(end - self.mono_ms)

    def ring(self, timer: Timer) -> None:
        """A timer comes now, whenever it was due."""
        self._timers.pop(timer, None)
        self.give(TimerDue(timer))

    def settle(self) -> None:
        """Let the motor finish."""
        end = self.mono_ms + MINUTE
        while self.state.motion is not None:
            due = self._next_due()
            assert due is not None, "nothing ends the motor's run"
            assert due < end, "the motor runs without an end"
            self.advance(due - self.mono_ms)

    def jump(self, wall_ms: int) -> None:
        """The calendar is set; durations don't notice."""
        self.wall_ms += wall_ms

    # At the door

    def press(self, *words: str | Key) -> None:
        """Press and release keys: `1 2 ok`."""
        for word in words:
            key = word if isinstance(word, Key) else _WORDS[word]
            self._note(key)
            self.give(KeyDown(key))
            self.give(KeyUp(key))

    def hold(self, word: str | Key, ms: int) -> None:
        """Hold a key, and let go."""
        key = word if isinstance(word, Key) else _WORDS[word]
        self._note(key)
        self.give(KeyDown(key))
        self.advance(ms)
        self.give(KeyUp(key))

    def listen_out(self) -> None:
        """Let the voice say all that it has to say."""
        self.advance(max(0, self._silence_at - self.mono_ms))

    def enter(self, code: str) -> None:
        """Wake the keypad if it sleeps, type, confirm."""
        if not self.state.awake:
            self.press("back")
        self.press(*code, "ok")

    def open_with(self, code: str) -> None:
        """Enter, and let the motor run."""
        self.enter(code)
        self.settle()

    def wrong(self, times: int = 1, code: str = "999999") -> None:
        """Enter a wrong code."""
        for _ in range(times):
            self.enter(code)

    def finger(self, slot: int | None) -> None:
        """A finger on the reader: the slot that it matches."""
        self.give(BiometricSeen(CredentialType.FINGERPRINT, slot))

    def near(self, *, near: bool = True) -> None:
        """Somebody comes near the front, or goes."""
        self.give(NearSeen(near))

    def face(self, slot: int | None) -> None:
        """A face in front of the camera."""
        self.give(BiometricSeen(CredentialType.FACE, slot))

    def palm(self, slot: int | None) -> None:
        """A palm in front of its reader."""
        self.give(BiometricSeen(CredentialType.PALM_VEIN, slot))

    def card(self, uid: bytes) -> None:
        """A card at the reader."""
        self.give(CardSeen(uid))

    def set_door(self, *, is_open: bool) -> None:
        """Open or close the door."""
        self.door_open = is_open
        self.give(DoorSeen(is_open))

    def turn_knob(self, *, on: bool) -> None:
        """Block the outside from inside, or no longer."""
        self.knob = on
        self.give(PrivacySeen(on))

    def set_handle(self, handle: Handle) -> None:
        """Lift, press or let go of the outside handle: lifted it throws the bolt, coupled it draws it (BLT-13)."""
        self.turn_handle(handle)
        if handle is Handle.LIFTED and self.motor is not Motor.STUCK:
            self.move(BoltPosition.THROWN)
        elif handle is Handle.LIFTED:
            self.move(BoltPosition.BETWEEN)
        elif handle is Handle.PRESSED and self.coupled:
            self.move(BoltPosition.RETRACTED)

    def turn_handle(self, handle: Handle) -> None:
        """The outside handle moves, and the bolt does not come along."""
        self.handle = handle
        self.give(HandleSeen(handle))

    def use_inside_handle(self) -> None:
        """Somebody inside opens."""
        self.give(InsideHandleUsed())
        self.move(BoltPosition.RETRACTED)
        self.set_door(is_open=True)

    def move(self, *positions: BoltPosition) -> None:
        """The bolt is moved by hand."""
        for position in positions:
            self.bolt = position
            self.give(BoltSeen(position))

    def turn_key(self, position: BoltPosition) -> None:
        """The mechanical key."""
        self.move(BoltPosition.BETWEEN, position)

    # In the app

    def ask(self, kind: type[Command], **values: Any) -> str:
        """Give a command; its id."""
        command_id = f"command {next(self._order)}"
        if kind is SetPasscode and values["passcode"]:
            self.secrets.add(values["passcode"])
        self.give(kind(command_id=command_id, actor=ACTOR, **values))
        return command_id

    def answer(self, command_id: str) -> Answer | None:
        """What was answered to a command, if anything."""
        answers = [effect for effect in self.effects if isinstance(effect, Answer) and effect.command_id == command_id]
        assert len(answers) <= 1, "a command is answered once"
        return answers[0] if answers else None

    def do(self, kind: type[Command], **values: Any) -> Answer:
        """Give a command and wait for its end."""
        command_id = self.ask(kind, **values)
        self.settle()
        answer = self.answer(command_id)
        assert answer is not None, "nobody answered"
        return answer

    def ok(self, kind: type[Command], **values: Any) -> Mapping[str, Any]:
        """Give a command that is carried out; its result."""
        answer = self.do(kind, **values)
        assert answer.error is None, answer
        return answer.result

    def refused(self, kind: type[Command], **values: Any) -> ErrorCode:
        """Give a command that is refused, and changes nothing that lasts; why."""
        before = replace(self.disk, journal=[])
        answer = self.do(kind, **values)
        assert answer.error is not None, answer
        assert replace(self.disk, journal=[]) == before
        return answer.error

    def add(self, name: str, code: str | None = None, *, admin: bool = False, **values: Any) -> str:
        """Put a user on the lock, with a passcode if wanted; her id is her name in small letters."""
        role = Role.ADMINISTRATOR if admin else Role.USER
        user_id = name.lower()
        self.ok(AddUser, user_id=user_id, name=name, role=role, **values)
        if code is not None:
            self.ok(SetPasscode, user_id=user_id, passcode=code)
        return user_id

    def add_finger(self, user_id: str) -> int:
        """Enrol a finger; its slot."""
        steps = self.ok(StartEnrolment, user_id=user_id, type=CredentialType.FINGERPRINT)["steps"]
        slot = self.state.enrolment.slot if self.state.enrolment is not None else None
        assert slot is not None
        for touch in range(1, steps + 1):
            self.give(EnrolStep(CredentialType.FINGERPRINT, touch))
        self.reader.add(slot)
        self.give(EnrolDone(CredentialType.FINGERPRINT, slot))
        return slot

    def learn(self, *, touches: int | None = None) -> int | None:
        """The reader takes what it is to learn, or only some touches of it; the slot."""
        running = self.state.enrolment
        assert running is not None
        assert running.active
        for touch in range(running.done + 1, (touches or running.steps) + 1):
            self.listen_out()
            self.give(EnrolStep(running.type, touch))
        if touches is None and running.slot is not None:
            if running.type is CredentialType.FINGERPRINT:
                self.reader.add(running.slot)
            self.give(EnrolDone(running.type, running.slot))
        return running.slot

    def add_card(self, user_id: str, uid: bytes) -> None:
        """Enrol a card."""
        self.ok(StartEnrolment, user_id=user_id, type=CredentialType.RFID)
        self.card(uid)

    def set_mode(self, mode: OperatingMode, seconds: int | None = None) -> None:
        """Begin or end a mode from the app, and let the motor run."""
        self.ok(SetMode, mode=mode, seconds=seconds)
        self.settle()

    def set(self, **changes: Any) -> None:
        """Change settings."""
        self.ok(ChangeSettings, changes=changes)

    def holds(self, *items: User | Credential) -> None:
        """What the lock has known all along: on its disk, and in its memory."""
        for item in items:
            self.disk.write(SaveUser(item) if isinstance(item, User) else SaveCredential(item))
            if isinstance(item, Credential) and item.type is CredentialType.FINGERPRINT and item.slot is not None:
                self.reader.add(item.slot)
        directory = Directory.of(self.disk.users.values(), self.disk.credentials.values())
        self.state = replace(self.state, directory=directory)

    # What was seen and heard

    def listen(self) -> None:
        """Forget what was done so far."""
        self.effects.clear()

    def of[T](self, kind: type[T]) -> list[T]:
        """What was done of one kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def tones(self) -> list[Tone]:
        return [effect.tone for effect in self.of(Sound) if effect.tone is not Tone.KEY]

    @property
    def prompts(self) -> list[Prompt]:
        return [effect.prompt for effect in self.of(Say)]

    @property
    def drives(self) -> list[Drive]:
        return [effect.drive for effect in self.of(DriveBolt)]

    @property
    def facts(self) -> list[Fact]:
        return [effect.fact for effect in self.of(Record)]

    @property
    def events(self) -> list[EventType]:
        return [fact.type for fact in self.facts]

    def fact(self, kind: EventType) -> Fact:
        """The only event of a kind."""
        (found,) = [fact for fact in self.facts if fact.type is kind]
        return found

    @property
    def lights(self) -> Light:
        return self.state.lights

    @property
    def is_open(self) -> bool:
        return self.state.bolt is BoltState.UNLOCKED

    def runs(self, timer: Timer) -> int | None:
        """How long a timer still runs; None: it does not."""
        due = self._timers.get(timer)
        return None if due is None else due - self.mono_ms

    # Behind the scenes

    def check(self) -> None:
        """What holds at any time."""
        kept = self.disk.state(self.profile)
        assert self.state.directory == kept.directory
        assert self.state.directory.by_mac == kept.directory.by_mac
        assert self.state.directory.by_slot == kept.directory.by_slot
        assert self.state.settings == kept.settings
        assert self.state.lockout == kept.lockout
        assert self.state.modes == kept.modes

    def _carry_out(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Record | Answer | Say | Sound | Light | PhoneTold):
            told = repr(effect)
            assert not any(secret in told for secret in self.secrets), "a secret was told"
        match effect:
            case StartTimer(timer, delay_ms):
                assert delay_ms >= 0
                self._timers[timer] = self.mono_ms + delay_ms
            case StopTimer(timer):
                self._timers.pop(timer, None)
            case DriveBolt():
                self._drive(effect)
            case StopBolt():
                self._run = None
            case EndEnrolment(kind) if self.reader_answers:
                self._later(0, lambda: self.give(EnrolFailed(kind, "cancelled")))
            case DeleteTemplates(CredentialType.FINGERPRINT, slots):
                self.reader -= slots
            case BeginEnrolment(CredentialType.FINGERPRINT, slot):
                assert slot not in self.reader
            case Say():
                self._silence_at = max(self._silence_at, self.mono_ms) + PROMPT_MS
                self._later(self._silence_at - self.mono_ms, self._fall_silent)
            case Hush():
                self._silence_at = self.mono_ms
                self._later(0, self._fall_silent)
            case _ if isinstance(effect, DURABLE):
                self.disk.write(effect)

    def _refuse(self, given: Input, effects: tuple[Effect, ...]) -> None:
        for effect in itertools.takewhile(lambda effect: not _is_durable(effect), effects):
            self._carry_out(effect)
        self.check()
        if isinstance(given, Command):
            self.effects.append(Answer(given.command_id, error=ErrorCode.STORAGE))
        else:
            self.give(NotKept(given))

    def _fall_silent(self) -> None:
        if self.mono_ms >= self._silence_at:
            self.give(SpeechEnded())

    def _drive(self, drive: DriveBolt) -> None:
        assert drive.limit_ms == self.profile.motor_limit_ms
        if drive.drive is Drive.THROW:
            assert not self.door_open, "the bolt was driven against an open door"
            assert self.profile.bolt_kind == "motor", "no command throws a clutch lock's bolt"
        self._run = drive
        clutch = drive.drive in (Drive.COUPLE, Drive.UNCOUPLE)
        target = BoltPosition.THROWN if drive.drive is Drive.THROW else BoltPosition.RETRACTED
        match self.motor:
            case Motor.WORKS if clutch:
                self._end_run(drive, MotorOutcome.REACHED, COUPLING_MS)
            case Motor.WORKS if self.bolt is target:
                self._end_run(drive, MotorOutcome.REACHED, NOTICE_MS)
            case Motor.WORKS:
                self._later(1, lambda: self._travel(drive, BoltPosition.BETWEEN))
                self._later(TRAVEL_MS, lambda: self._travel(drive, target))
                self._end_run(drive, MotorOutcome.REACHED, TRAVEL_MS)
            case Motor.STUCK if clutch:
                self._end_run(drive, MotorOutcome.STALLED, NOTICE_MS)
            case Motor.STUCK:
                self._later(1, lambda: self._travel(drive, BoltPosition.BETWEEN))
                self._end_run(drive, MotorOutcome.STALLED, drive.limit_ms)
            case Motor.STILL:
                self._end_run(drive, MotorOutcome.NO_MOTION, NOTICE_MS)
            case Motor.SLIPS:
                self._end_run(drive, MotorOutcome.REACHED, TRAVEL_MS)
            case Motor.DEAD:
                self._end_run(drive, MotorOutcome.FAULT, 0)
            case Motor.DUMB:
                pass

    def _travel(self, drive: DriveBolt, position: BoltPosition) -> None:
        if self._run is drive:
            self.move(position)

    def _end_run(self, drive: DriveBolt, outcome: MotorOutcome, after_ms: int) -> None:
        def end() -> None:
            if self._run is drive:
                self._run = None
                if outcome is MotorOutcome.REACHED and drive.drive in (Drive.COUPLE, Drive.UNCOUPLE):
                    self.coupled = drive.drive is Drive.COUPLE
                self.give(MotorStopped(drive.run, outcome))

        self._later(after_ms, end)

    def _later(self, ms: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (self.mono_ms + ms, next(self._order), call))

    def _next_due(self) -> int | None:
        due = [*self._timers.values(), *(entry[0] for entry in self._coming[:1])]
        return max(min(due), self.mono_ms) if due else None

    def _happen(self) -> None:
        if self._coming and self._coming[0][0] <= self.mono_ms:
            heapq.heappop(self._coming)[2]()
            return
        timer = min(self._timers, key=lambda timer: self._timers[timer])
        del self._timers[timer]
        self.give(TimerDue(timer))

    def _pass(self, ms: int) -> None:
        assert ms >= 0
        self.mono_ms += ms
        self.wall_ms += ms

    def _note(self, key: Key) -> None:
        if key in (Key.CONFIRM, Key.BACK):
            self._typed = ""
        elif key.value.isdigit() and self.state.awake:
            self._typed += key.value
            if len(self._typed) >= self.profile.passcode_min:
                self.secrets.add(self._typed)


def _check_writes(effects: tuple[Effect, ...]) -> None:
    """What the disk may refuse is written first and at once: refused, nothing of it is half done."""
    writes = [tuple(group) for durable, group in itertools.groupby(effects, key=_is_durable) if durable]
    late = [effect for write in writes[1:] for effect in write if is_refusable(effect)]
    assert not late, f"{late} may be refused when {writes[0]} is on disk already"


def _is_durable(effect: Effect) -> bool:
    return isinstance(effect, DURABLE)
