"""Learning a finger, card, face or palm at the door, with what to do next on the screen (APP-2)."""

import asyncio
from collections.abc import Mapping
from typing import Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from custom_components.lock_bridge.texts import literal
from custom_components.lock_bridge.wire.model import LockSnapshot
from custom_components.lock_bridge.wire.words import CredentialType

from .base import Input, step
from .doors import DoorSteps
from .learning import DONE, FIRST, LOST, Learning
from .words import say

DURESS_FINGER: Final = "duress_finger"
"""A finger that opens and raises a silent alarm (VER-12)."""

LEARNT: Final = frozenset(FIRST)

AGAIN: Final = "again"
OTHER: Final = "other"
BACK: Final = "back"

LISTENING_S: Final = 1.0
"""A browser is told of changes only from a moment after its first picture of the progress: none may come before."""


def learnable(lock: LockSnapshot) -> list[str]:
    """What a lock can learn at the door, in the words of the form."""
    words: list[str] = []
    for kind in CredentialType:
        limits = lock.capabilities.credentials.get(kind)
        if limits is not None and limits.enrolment_steps is not None:
            words += [kind, DURESS_FINGER] if kind == CredentialType.FINGERPRINT else [kind]
    return words


class EnrolmentSteps(DoorSteps):
    """From the choice of what is learnt to its end at the door."""

    _what: str
    _learning: Learning
    _following: asyncio.Task[None]
    _begun: bool = False
    """There is one of these."""
    _beginning: bool = False
    _closed: bool = False

    @step
    async def async_step_enrol(self, user_input: Input = None) -> ConfigFlowResult:
        """What is to be learnt?"""
        if user_input is None and (asked := await self.which_door("enrol", LEARNT)) is not None:
            return asked
        _ = self.her
        if user_input is not None:
            self._what = user_input["kind"]
            if await self._begin():
                return await self.async_step_enrolling()
        kinds = SelectSelectorConfig(
            options=learnable(self.lock), translation_key="enrol_kind", mode=SelectSelectorMode.LIST
        )
        return self.show("enrol", {vol.Required("kind"): SelectSelector(kinds)}, user_input)

    async def async_step_enrolling(self, _user_input: Input = None) -> ConfigFlowResult:
        """What is to be done at the door now. Called again whenever that has changed, and when it is over."""
        learning, task = self._learning, self._following
        if task.done():
            # A dialog that no longer hears of it, for the bridge was taken away or set up anew meanwhile.
            learning.end = learning.end or LOST
            self._leave(learning)
            return self.async_show_progress_done(next_step_id="enrolled" if learning.end == DONE else "not_enrolled")
        if learning.steps > 1:
            self.async_update_progress(learning.done / learning.steps)
        return self.async_show_progress(
            step_id="enrolling",
            progress_action=f"enrol_{learning.asks}",
            description_placeholders=self._at_the_door(learning),
            progress_task=task,
        )

    @step
    async def async_step_enrolled(self, user_input: Input = None) -> ConfigFlowResult:
        """It is learnt. How is it to be called, and is there another one?"""
        _ = self.her
        learning = self._learning
        if user_input is not None:
            if label := user_input.get("label", "").strip():
                await self.ask(
                    "credentials.change",
                    lock=learning.lock_id,
                    type=learning.kind,
                    number=learning.number,
                    changes={"label": label},
                )
            if not self.errors:
                self.notice = say(self.hass, "enrolled", number=learning.number)
                return await self.async_step_enrol() if user_input["another"] else await self.back()
        fields = {
            vol.Optional("label"): TextSelector(),
            vol.Required("another", default=False): BooleanSelector(),
        }
        return self.show("enrolled", fields, user_input, number=str(learning.number))

    @step
    async def async_step_not_enrolled(self, user_input: Input = None) -> ConfigFlowResult:
        """Nothing was learnt: why, and what now?"""
        _ = self.her
        learning = self._learning
        if user_input is None:
            self.errors["base"] = str(learning.end)
        elif user_input["next"] == BACK:
            return await self.back()
        elif user_input["next"] == OTHER:
            return await self.async_step_enrol()
        elif await self._begin():
            return await self.async_step_enrolling()
        choice = SelectSelector(
            SelectSelectorConfig(
                options=[AGAIN, OTHER, BACK], translation_key="enrol_next", mode=SelectSelectorMode.LIST
            )
        )
        return self.show("not_enrolled", {vol.Required("next"): choice}, {"next": AGAIN})

    @callback
    def async_remove(self) -> None:
        """The dialog is closed: so is what it has begun at the door."""
        self._closed = True
        if self._begun:
            self._leave(self._learning)
        super().async_remove()

    async def _begin(self) -> bool:
        """Have the lock begin to learn. False: it was refused, and `errors` says why."""
        if self._beginning:
            self.errors["base"] = "enrolment_running"  # a second click on the same button
            return False
        duress = self._what == DURESS_FINGER
        kind = CredentialType.FINGERPRINT if duress else CredentialType(self._what)
        learning = Learning(self.config_entry, self.lock, self.user_id, kind)
        self._beginning = True
        try:
            answer = await self.ask(
                "credentials.enrol", lock=self.lock_id, user_id=self.user_id, type=kind, duress=duress
            )
            if answer is not None:
                learning.begun(answer)
        finally:
            self._beginning = False
            if not learning.runs:
                learning.stop()
        if self._closed:
            self._leave(learning)
        if answer is None or self._closed:
            return False
        self._learning, self._begun = learning, True
        self._following = self.config_entry.async_create_background_task(
            self.hass, self._follow(learning), f"{self.lock_id}: an enrolment's progress"
        )
        return True

    async def _follow(self, learning: Learning) -> None:
        """Have the dialog look again whenever there is something else to see. It ends with the enrolment."""
        await asyncio.sleep(LISTENING_S)
        while learning.end is None:
            self._look_again(learning)
            await learning.changed()

    @callback
    def _look_again(self, learning: Learning) -> None:
        shown = self.cur_step
        # While another step is on the screen, looking again would begin that one anew.
        if shown is None or shown["type"] is not FlowResultType.SHOW_PROGRESS:
            return
        now = (f"enrol_{learning.asks}", self._at_the_door(learning))
        if now != (shown["progress_action"], shown["description_placeholders"]):
            self.async_notify_flow_changed()

    @callback
    def _leave(self, learning: Learning) -> None:
        learning.stop()
        if learning.runs:
            # Not a task of the entry: one that is set up anew ends the enrolment that it has lost sight of.
            self.hass.async_create_background_task(learning.cancel(), f"{learning.lock_id}: ending an enrolment")

    def _at_the_door(self, learning: Learning) -> Mapping[str, str]:
        return {
            "name": literal(self.user_name),
            "lock": literal(learning.lock_name),
            "done": str(learning.done),
            "steps": str(learning.steps),
        }
