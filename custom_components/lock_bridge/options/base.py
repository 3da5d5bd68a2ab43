"""What all steps under Configure have in common: who and which lock they are about, one way to ask, one way to show."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.data_entry_flow import AbortFlow

from custom_components.lock_bridge.client import ClientError
from custom_components.lock_bridge.errors import trouble
from custom_components.lock_bridge.hub import Hub
from custom_components.lock_bridge.texts import literal
from custom_components.lock_bridge.wire.errors import ErrorCode, LockBridgeError
from custom_components.lock_bridge.wire.model import LockSnapshot, UserInfo
from custom_components.lock_bridge.wire.words import Scope

from .words import say

type Input = dict[str, Any] | None
type Step[F, **P] = Callable[Concatenate[F, P], Coroutine[Any, Any, ConfigFlowResult]]

GONE: Final = {ErrorCode.UNKNOWN_USER: "person_gone", ErrorCode.UNKNOWN_LOCK: "lock_gone"}
"""What the bridge says of somebody or of a lock that somebody else has taken away meanwhile, and the notice of it."""

FIELDS: Final[Mapping[str, str]] = {
    ErrorCode.PASSCODE_LENGTH: "passcode",
    ErrorCode.PASSCODE_SIMPLE: "passcode",
    ErrorCode.PASSCODE_CONTAINS: "passcode",
    ErrorCode.DUPLICATE: "passcode",
    ErrorCode.LAST_ADMINISTRATOR: "role",
    ErrorCode.ON_ANOTHER_LOCK: "role",
    ErrorCode.ADMINISTRATOR_UNLIMITED: "role",
}
"""The field that a refusal is about. In a form without that field it stands above all of them."""

MALFORMED: Final[Mapping[str, str]] = {
    "name": "name",
    "user_name": "name",
    "label": "label",
    "valid_from_ms": "valid_from",
    "valid_until_ms": "valid_until",
    "uses_left": "uses_left",
    "uses": "uses",
    "schedule": "days",
}
"""What the bridge calls a value that it cannot take, and our field for it."""


GOES_ON: Final = frozenset({"people", "add_person", "which_door", "enrol", "not_enrolled", "credentials"})
"""Forms whose button says "Next"; that of the others says that it is done then."""


class Gone(Exception):
    """The person or the lock that a step is about is no longer there; the list of people says `notice` about it."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice


def step[F: OptionsBase, **P](run: Step[F, P]) -> Step[F, P]:
    """A step of the flow: it begins without errors, and ends at the list of people if what it is about is gone.

    Not for a step that shows progress: from there no form can be gone to.
    """

    @wraps(run)
    async def begun(flow: F, /, *args: P.args, **kwargs: P.kwargs) -> ConfigFlowResult:
        flow.begin()
        try:
            return await run(flow, *args, **kwargs)
        except Gone as gone:
            return await flow.show_gone(gone)

    return begun


class OptionsBase(OptionsFlowWithReload):
    """Base of the mixins that the flow is made of. `@step` goes on each `async_step_...`."""

    lock_id: str = ""
    """A lock that the person is on. Where she is on several, the form about a credential asks which one it is about."""
    user_id: str = ""
    """The person that the steps are about."""
    user_name: str = ""
    """Her name when she was last seen."""

    errors: dict[str, str]
    """By field: what is shown at the next form. Begins empty in each step."""
    details: dict[str, str]
    """What the errors' texts name: `lock`, `limit`, `min`, `max`, `field`, `error` (see errors.py)."""
    notice: str = ""
    """A sentence of what has happened, in the language of the house: the next form or menu shows it as `{notice}`."""

    @property
    def hub(self) -> Hub:
        """The bridge. Ends the flow if it is not set up now."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("not_loaded")
        hub: Hub = self.config_entry.runtime_data
        return hub

    @property
    def lock(self) -> LockSnapshot:
        """The lock that the step is about, as it is now."""
        try:
            return self.hub.data.locks[self.lock_id]
        except KeyError:
            raise Gone("lock_gone") from None

    @property
    def person(self) -> UserInfo | None:
        """The person as she is now, at the lock if she is on it; None: she is no longer there."""
        on = self.hub.person(self.user_id)
        return on.get(self.lock_id) or next(iter(on.values()), None)

    @property
    def her(self) -> UserInfo:
        """The person as she is now, who has to be there: otherwise the step ends at the list of people."""
        if (person := self.person) is None:
            raise Gone("person_gone")
        self.user_name = person.name
        return person

    @property
    def may_manage(self) -> bool:
        """Whether pairing has allowed Home Assistant to look after people."""
        return Scope.USERS in self.hub.data.scopes

    @property
    def may_credentials(self) -> bool:
        """Whether pairing has allowed Home Assistant to give passcodes, fingers and the like."""
        return Scope.CREDENTIALS in self.hub.data.scopes

    def name_is_taken(self, name: str) -> bool:
        """Whether somebody else is called so, and then `errors` says it: in lists and messages nobody could tell whom.

        The bridge itself allows it.
        """
        name = name.strip()
        people = (user for users in self.hub.data.people.values() for user in users.values())
        if taken := any(user.name.casefold() == name.casefold() and user.id != self.user_id for user in people):
            self.errors["name"] = "name_taken"
            self.details["taken"] = name
        return taken

    def begin(self) -> None:
        """A step begins."""
        self.errors, self.details = {}, {}
        _ = self.hub

    async def show_gone(self, gone: Gone) -> ConfigFlowResult:
        """Go to the list of people, which says who or what is gone."""
        self.notice = say(self.hass, gone.notice, name=self.user_name)
        return await self.async_step_people()

    async def ask(self, name: str, **args: Any) -> Mapping[str, Any] | None:
        """Have a command carried out. None: it was refused, and `errors` says why.

        Raises Gone if the person or the lock is no longer there.
        """
        try:
            return await self.hub.connection.command(name, **args)
        except LockBridgeError as error:
            if error.code in GONE:
                raise Gone(GONE[ErrorCode(error.code)]) from None
            self._refused(error, args.get("lock"))
        except ClientError as error:
            self._refused(error, args.get("lock"))
        return None

    def show(
        self,
        step_id: str,
        schema: vol.Schema | Mapping[vol.Marker, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        **placeholders: str,
    ) -> ConfigFlowResult:
        """A form with `values` in it (what was typed, or what is so now), and with what went wrong, if anything did."""
        form = vol.Schema(dict(schema)) if isinstance(schema, Mapping) else schema or vol.Schema({})
        fields = {str(key) for key in form.schema}
        errors = {field if field in fields else "base": key for field, key in self.errors.items()}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(form, values),
            errors=errors,
            description_placeholders=self._placeholders(placeholders),
            last_step=False if step_id in GOES_ON else None,
        )

    def menu(self, step_id: str, options: Sequence[str], **placeholders: str) -> ConfigFlowResult:
        """A menu of steps."""
        return self.async_show_menu(
            step_id=step_id, menu_options=list(options), description_placeholders=self._placeholders(placeholders)
        )

    @abstractmethod
    async def async_step_people(self, user_input: Input = None) -> ConfigFlowResult:
        """The list of people (menu.py)."""

    @abstractmethod
    async def async_step_add_person(self, user_input: Input = None) -> ConfigFlowResult:
        """A new person (locks.py)."""

    @abstractmethod
    async def async_step_person(self, user_input: Input = None) -> ConfigFlowResult:
        """The menu of a person (person.py)."""

    @abstractmethod
    async def back(self) -> ConfigFlowResult:
        """From a credential's step to her menu (person.py)."""

    def _refused(self, error: ClientError | LockBridgeError, lock_id: str | None) -> None:
        field = "base"
        if isinstance(error, LockBridgeError):
            lock_id = lock_id or error.detail.get("lock")
            about = str(error.detail.get("field", "")).rpartition(".")[2]
            field = (
                MALFORMED.get(about, "base") if error.code == ErrorCode.BAD_REQUEST else FIELDS.get(error.code, "base")
            )
        lock = self.hub.data.locks.get(lock_id or self.lock_id)
        said = trouble(error, lock=lock.name if lock else self.hub.data.info.name, moves=False)
        self.errors[field] = said.key
        self.details |= said.placeholders

    def _placeholders(self, more: Mapping[str, str]) -> dict[str, str]:
        notice, self.notice = self.notice, ""
        if not notice and not self.errors and not self.hub.available:
            notice = say(self.hass, "bridge_away")
        lock = self.hub.data.locks.get(self.lock_id)
        known = {"name": self.user_name, "lock": lock.name if lock else "", "notice": notice}
        return {key: literal(text) for key, text in {**known, **self.details, **more}.items()}
