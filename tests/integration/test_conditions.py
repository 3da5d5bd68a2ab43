"""Who may enter, who opened last, and whether a lock is locked out: asked by a real automation."""

import logging
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from custom_components.lock_bridge.condition import CONDITIONS
from lock_bridge.wire.words import CredentialType
from tests.integration.automations import Automations, person
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.test_triggers import enters, second_lock

ANNAS, BENS, WRONG = "270413", "135790", "918273"


class Asked:
    """Automations that run when they are asked to, if their conditions are met."""

    def __init__(self, automations: Automations) -> None:
        self._automations = automations
        self._hass = automations.hass

    async def whether(self, **conditions: dict[str, Any]) -> None:
        """One automation for each condition, by a name."""
        await self._automations.set_up(
            *(
                {
                    "alias": name,
                    "triggers": [{"trigger": "event", "event_type": "asked"}],
                    "conditions": [condition],
                    "actions": [{"event": "automation_ran", "event_data": {"trigger": name}}],
                }
                for name, condition in conditions.items()
            )
        )

    async def holds(self) -> set[Any]:
        """The names of those whose condition holds now."""
        self._automations.ran.clear()
        self._hass.bus.async_fire("asked")
        await self._hass.async_block_till_done()
        return set(self._automations.ran)


@pytest.fixture
def asked(hass: HomeAssistant) -> Asked:
    return Asked(Automations(hass))


def may_enter(*persons: str, behavior: str = "any", **more: Any) -> dict[str, Any]:
    return {
        "condition": "lock_bridge.may_enter",
        "options": {"person": [*persons], "behavior": behavior},
        **more,
    }


def last_opened_by(lock: str = LOCK, **options: Any) -> dict[str, Any]:
    return {"condition": "lock_bridge.last_opened_by", "target": {"entity_id": lock}, "options": options}


@pytest.mark.spec("USR-6")
async def test_who_may_enter_now(paired: Home, house: House, asked: Asked) -> None:
    anna, ben = await house.add_person("Anna", ANNAS), await house.add_person("Ben", BENS)
    annas, bens = await person(paired, anna), await person(paired, ben)
    await until(lambda: lets_in(paired, anna) and lets_in(paired, ben))
    await asked.whether(
        anna=may_enter(annas),
        ben=may_enter(bens),
        any_of_them=may_enter(annas, bens),
        all_of_them=may_enter(annas, bens, behavior="all"),
        nobody_there_is=may_enter("gone"),
    )
    assert await asked.holds() == {"anna", "ben", "any_of_them", "all_of_them"}
    await house.command("users.change", lock="front_door", user_id=ben, changes={"enabled": False})
    await until(lambda: not lets_in(paired, ben))
    assert await asked.holds() == {"anna", "any_of_them"}


async def test_by_which_lock(paired: Home, house: House, asked: Asked) -> None:
    shed = await second_lock(paired, house)
    anna = await house.add_person("Anna", ANNAS)
    annas = await person(paired, anna)
    await until(lambda: lets_in(paired, anna))
    assert shed == "shed"
    await asked.whether(
        somewhere=may_enter(annas),
        front=may_enter(annas, target={"entity_id": LOCK}),
        shed=may_enter(annas, target={"entity_id": "lock.shed"}),
    )
    assert await asked.holds() == {"somewhere", "front"}


@pytest.mark.spec("VER-6")
async def test_who_opened_last(paired: Home, house: House, asked: Asked) -> None:
    annas = await person(paired, await house.add_person("Anna", ANNAS))
    bens = await person(paired, await house.add_person("Ben", BENS))
    await asked.whether(
        anna=last_opened_by(person=[annas]),
        ben=last_opened_by(person=[bens]),
        one_of_them=last_opened_by(person=[annas, bens]),
        with_a_passcode=last_opened_by(method=["pin", "rfid"]),
        anna_with_a_finger=last_opened_by(person=[annas], method=["fingerprint"]),
        anybody=last_opened_by(),
        another=last_opened_by("lock.shed", person=[annas]),
    )
    assert await asked.holds() == set()
    await enters(house, ANNAS)
    await until(lambda: opener(paired) == "Anna")
    assert await asked.holds() == {"anna", "one_of_them", "with_a_passcode", "anybody"}
    await enters(house, BENS)
    await until(lambda: opener(paired) == "Ben")
    assert await asked.holds() == {"ben", "one_of_them", "with_a_passcode", "anybody"}


async def test_it_is_known_after_a_restart_too(paired: Home, house: House, asked: Asked) -> None:
    annas = await person(paired, await house.add_person("Anna", ANNAS))
    await asked.whether(anna=last_opened_by(person=[annas]))
    await enters(house, ANNAS)
    await paired.hass.config_entries.async_reload(paired.entry.entry_id)
    await until(lambda: opener(paired) == "Anna")
    assert await asked.holds() == {"anna"}


@pytest.mark.spec("VER-8")
async def test_whether_a_lock_is_locked_out(paired: Home, house: House, asked: Asked) -> None:
    await second_lock(paired, house)
    locks = {"entity_id": [LOCK, "lock.shed"]}
    await asked.whether(
        one={"condition": "lock_bridge.is_locked_out", "target": locks},
        all={"condition": "lock_bridge.is_locked_out", "target": locks, "options": {"behavior": "all"}},
        whichever={"condition": "lock_bridge.is_locked_out"},
    )
    assert await asked.holds() == set()
    await house.add_person("Anna", ANNAS)
    for _ in range(5):
        await house.enter(WRONG)
    await until(lambda: paired.entry.runtime_data.data.locks["front_door"].locked_out)
    assert await asked.holds() == {"one", "whichever"}


async def test_nothing_holds_while_the_bridge_is_away(
    far: Home, house: House, network: FaultProxy, asked: Asked
) -> None:
    anna = await house.add_person("Anna", ANNAS)
    annas = await person(far, anna)
    await until(lambda: lets_in(far, anna))
    await asked.whether(
        may=may_enter(annas),
        opened=last_opened_by(person=[annas]),
        locked_out={"condition": "lock_bridge.is_locked_out", "options": {"behavior": "all"}},
    )
    await enters(house, ANNAS)
    await until(lambda: opener(far) == "Anna")
    assert await asked.holds() == {"may", "opened"}
    await network.stop()
    await far.until_state(LOCK, "unavailable")
    assert await asked.holds() == set()
    await network.start()
    await far.until_state(LOCK, "locked")
    await until(lambda: lets_in(far, anna))
    assert await asked.holds() == {"may", "opened"}
    await far.hass.config_entries.async_unload(far.entry.entry_id)
    assert await asked.holds() == set()


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ({"condition": "lock_bridge.may_leave"}, "Invalid condition"),
        ({"condition": "lock_bridge.may_enter"}, "person"),
        (may_enter(), "length of value must be at least 1"),
        (last_opened_by(method=["nose"]), "value must be one of"),
        (last_opened_by("lock.front_door", behavior="some"), "value must be one of"),
        (last_opened_by("event.front_door_access"), "'event.front_door_access' is not a lock of Lock Bridge"),
    ],
)
async def test_a_mistake_is_named(
    paired: Home, asked: Asked, caplog: pytest.LogCaptureFixture, condition: dict[str, Any], complaint: str
) -> None:
    await asked.whether(wrong=condition)
    (said,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert complaint in said


async def test_the_editor_offers_what_there_is(paired: Home) -> None:
    assert await async_setup_component(paired.hass, "automation", {})
    offered = {
        key.removeprefix("lock_bridge."): what
        for key, what in (await async_get_all_descriptions(paired.hass)).items()
        if key.startswith("lock_bridge.") and what is not None
    }
    assert set(offered) == set(CONDITIONS)
    methods = offered["last_opened_by"]["fields"]["method"]["selector"]["select"]["options"]
    assert set(methods) == set(CredentialType)
    assert offered["may_enter"]["fields"]["person"]["selector"]["device"]["filter"] == [
        {"integration": "lock_bridge", "model": "Person"}
    ]


def opener(home: Home) -> str | None:
    """Who opened the front door last, as the integration knows it."""
    entry = home.entry.runtime_data.last_entries.of_lock("front_door")
    return entry.user_name if entry else None


def lets_in(home: Home, user_id: str) -> bool:
    """Whether somebody may enter by the front door, as the integration knows it."""
    user = home.entry.runtime_data.data.people["front_door"].get(user_id)
    return user is not None and user.may_enter
