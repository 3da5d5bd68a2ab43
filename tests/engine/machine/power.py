"""Time, the calendar, power cuts and restarts."""

from copy import deepcopy
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from lock_bridge.engine.effects import Prompt, Say
from lock_bridge.engine.inputs import BiometricSeen, Input, Key, KeyDown
from lock_bridge.wire.words import CredentialType
from tests.engine.lock import DAY, HOUR
from tests.engine.machine.base import WAITS, Machine, entries, is_failure
from tests.engine.plain_model import Key as Name

JUMPS = (-10 * 365 * DAY, -DAY, -HOUR, HOUR, DAY, 10 * 365 * DAY)


class Power(Machine):
    """What nobody does on purpose, but for attackers."""

    @rule(ms=st.sampled_from(WAITS))
    def wait(self, ms: int) -> None:
        self.lock.advance(ms)
        self.lock.settle()

    @rule(ms=st.sampled_from(JUMPS))
    def set_calendar(self, ms: int) -> None:
        self.lock.jump(ms)

    @rule(trusted=st.booleans())
    def trust_calendar(self, trusted: bool) -> None:
        self.lock.trusted = trusted

    @rule(off_ms=st.sampled_from(WAITS))
    def cut_power(self, off_ms: int) -> None:
        left = self.left()
        self.lock.power_cut(off_ms=off_ms)
        self.model.reboot(self.lock.mono_ms)
        assert self.left() >= left, "a power cut has shortened the lockout"
        assert self.lock.state.modes.passage_ends_mono_ms is None, "nobody knows how long the power was away"
        self.come_to_rest()

    @rule(off_ms=st.sampled_from(WAITS))
    def restart_service(self, off_ms: int) -> None:
        left = self.left()
        self.lock.restart(off_ms=off_ms)
        self.lock.advance(0)
        assert self.left() == max(0, left - off_ms), "a restart has changed the lockout"
        self.lock.settle()
        self.leave_menus()

    @rule(how=st.sampled_from([*["back", "late", "short"] * 4, "ok"]))
    def reset_at_the_lock(self, how: str) -> None:
        """RST-1: the button held after the power came back, and confirmed; anything else resets nothing."""
        lock, button = self.lock, self.lock.profile.reset_key
        lock.power_cut()
        self.model.reboot(lock.mono_ms)
        lock.settle()
        lock.advance(2_000)
        lock.hold(button, 2_000 if how == "short" else 5_500)
        lock.listen_out()
        match how:
            case "ok":
                lock.press("ok")
                self.model.reset()
                self.had_administrator = False
            case "back":
                lock.press("back")
            case "late":
                lock.advance(25_000)
        lock.advance(10_000)
        self.leave_menus()

    @precondition(lambda self: not self.model.initial)
    @rule(entry=entries, ms=st.sampled_from([1, 100, 899]))
    def cut_power_while_the_bolt_moves(self, entry: str, ms: int) -> None:
        if entry == self.lock.profile.menu_code:
            return
        found = self.model.in_entry(entry)
        before = deepcopy(self.model)
        self.expected(found, len(entry))
        self.lock.enter(entry)
        self.lock.advance(ms)
        self.model.tick(self.lock.mono_ms)
        self.model.granted = self.lock.granted
        self.recount(found, before.owned, before.people)
        self.cut_power(0)

    @precondition(lambda self: not self.model.initial)
    @rule(entry=entries, finger=st.booleans(), moment=st.integers(0, 6))
    def cut_power_within_a_step(self, entry: str, finger: bool, moment: int) -> None:
        """Anywhere between the effects of one input: on disk is all or nothing of it, and at least what was shown."""
        if entry == self.lock.profile.menu_code:
            return
        if not self.lock.state.awake:
            self.lock.press("back")
        self.lock.press("back", *entry)
        if self.lock.state.menu is not None:
            self.leave_menus()
            return
        given: Input = BiometricSeen(CredentialType.FINGERPRINT, None) if finger else KeyDown(Key.CONFIRM)
        images = list(self.lock.images(given))
        done, self.lock.disk = images[min(moment, len(images) - 1)]
        before = deepcopy(self.model)
        found = "" if finger else self.model.in_entry(entry)
        self.expected(found, 1 if finger else len(entry))
        told = any(is_failure(effect) or effect == locked_out(effect) for effect in done)
        self.lock.power_cut()
        before.reboot(self.lock.mono_ms)
        self.model.reboot(self.lock.mono_ms)
        if not told and self.count() != self.counted(self.model):
            assert self.count() == self.counted(before)
            self.model = deepcopy(before)
        self.model.granted = self.lock.granted
        self.recount(found, before.owned, before.people)
        self.come_to_rest()

    def recount(self, found: Name | str | None, owned: object, people: object) -> None:
        """What an entry used up before the cut is used up after it; never more than one, and never given back."""
        if not isinstance(found, tuple):
            return
        directory = self.lock.disk
        item, person = owned[found], people[owned[found].user]  # type: ignore[index]
        left = directory.credentials[found].uses_left
        assert left in (item.uses, None if item.uses is None else item.uses - 1)
        self.model.owned[found] = replace(item, uses=left)
        left = directory.users[item.user].uses_left
        assert left in (person.uses, None if person.uses is None else person.uses - 1)
        self.model.people[item.user] = replace(person, uses=left)


def locked_out(effect: object) -> object:
    """The voice's word on a lockout, if this is it."""
    return effect if isinstance(effect, Say) and effect.prompt is Prompt.LOCKED_OUT else None
