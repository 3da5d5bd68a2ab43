"""The engine by itself: inputs per second, and what one long entry costs with few and with many users."""

import gc
import itertools
import math
import random
import time
from collections.abc import Iterator
from functools import cache

from lock_bridge import profiles
from lock_bridge.engine.directory import Directory
from lock_bridge.engine.inputs import (
    BoltPosition,
    BoltSeen,
    DoorSeen,
    Input,
    Key,
    KeyDown,
    KeyUp,
    MotorOutcome,
    MotorStopped,
    PowerSeen,
    RemoteLock,
    Started,
)
from lock_bridge.engine.machine import step
from lock_bridge.engine.model import Actor, Credential, Instant, User
from lock_bridge.engine.passcode import Keys, passcode_mac
from lock_bridge.engine.state import LockState, Setup
from lock_bridge.wire.words import CredentialType, Role

_SETUP = Setup(profiles.load("palm6068"), Keys(pin=b"p" * 32, card=b"c" * 32))
_CODE = "482913"
_ACTOR = Actor("bench", "Bench")
_ROUND_S = 0.5
_BATCHES = 20
_ENTRIES = 20


def inputs_per_second() -> float:
    """Days at a door: somebody types a code, goes in, and the door is locked behind her."""
    user = User("anna", "Anna", Role.ADMINISTRATOR, 1)
    mac = passcode_mac(_SETUP.keys.pin, _CODE)
    directory = Directory.of([user], [Credential(CredentialType.PIN, 1, user.id, mac=mac)])
    state, mono_ms, inputs = LockState(directory=directory), 0, 0
    began = time.perf_counter()
    while time.perf_counter() - began < _ROUND_S:
        for given in _visit(state.runs):
            mono_ms += 50
            state = step(state, given, Instant(mono_ms, mono_ms), _SETUP).state
            inputs += 1
    return inputs / (time.perf_counter() - began)


def entry_seconds(users: int) -> float:
    """One wrong entry of twenty digits, from the first key to the verdict, on a lock with so many users.

    The best of several short batches: what else the machine does only ever adds to it.
    """
    awake = step(_crowd(users), KeyDown(Key.BACK), Instant(0, 0), _SETUP).state
    digits = random.Random(20)  # noqa: S311 - the same entries at each run
    # Codes of the crowd are of other digits, so that each entry goes the same way.
    entries = [[KeyDown(Key(digits.choice("01234"))) for _ in range(20)] for _ in range(_ENTRIES)]
    now, confirm = Instant(50, 50), KeyDown(Key.CONFIRM)
    # What many users weigh on the collector of a program that does nothing else is not what an entry costs.
    gc.collect()
    gc.disable()
    best = math.inf
    for _ in range(_BATCHES):
        began = time.perf_counter()
        for entry in entries:
            state = awake
            for pressed in entry:
                state = step(state, pressed, now, _SETUP).state
            step(state, confirm, now, _SETUP)
        best = min(best, time.perf_counter() - began)
    gc.enable()
    return best / _ENTRIES


def _visit(runs: int) -> Iterator[Input]:
    for key in (Key.BACK, *map(Key, _CODE), Key.CONFIRM):
        yield KeyDown(key)
        yield KeyUp(key)
    yield from _moved(runs + 1, BoltPosition.RETRACTED)
    yield DoorSeen(True)
    yield PowerSeen(80)
    yield DoorSeen(False)
    yield RemoteLock(command_id="c", actor=_ACTOR)
    yield from _moved(runs + 2, BoltPosition.THROWN)


def _moved(run: int, end: BoltPosition) -> Iterator[Input]:
    yield BoltSeen(BoltPosition.BETWEEN)
    yield BoltSeen(end)
    yield MotorStopped(run, MotorOutcome.REACHED)


@cache
def _crowd(users: int) -> LockState:
    codes = itertools.islice(map("".join, itertools.product("56789", repeat=6)), users)
    people = [User(f"user {number}", f"User {number}", number=number) for number in range(1, users + 1)]
    credentials = [
        Credential(CredentialType.PIN, number, f"user {number}", mac=passcode_mac(_SETUP.keys.pin, code))
        for number, code in enumerate(codes, 1)
    ]
    return step(LockState(directory=Directory.of(people, credentials)), Started("b"), Instant(0, 0), _SETUP).state
