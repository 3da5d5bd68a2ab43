"""Set-up: found or typed in, paired by code, and every way in which that can go wrong, with the way on."""

import asyncio
import contextlib
import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_ZEROCONF,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry, start_reauth_flow

from custom_components.lock_bridge.client import transport
from custom_components.lock_bridge.const import DOMAIN
from lock_bridge.server.certificate import load_or_make
from lock_bridge.store import StoreFull
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge


def announcement(bridge_id: str | None, port: int | None, **properties: Any) -> ZeroconfServiceInfo:
    """What zeroconf tells of a bridge."""
    told = {"id": bridge_id, "api": "1", "name": "Home", **properties}
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        hostname="lock-bridge-1.local.",
        name="lock-bridge-1._lock-bridge._tcp.local.",
        port=port,
        type="_lock-bridge._tcp.local.",
        properties={name: value for name, value in told.items() if value is not None},
    )


async def discover(hass: HomeAssistant, info: ZeroconfServiceInfo) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info)


async def test_a_bridge_is_set_up_by_address_and_code(home: Home, house: House) -> None:
    form = await home.begin(port=house.port)
    assert form["step_id"] == "pair"
    assert form["description_placeholders"] == {"name": "Home", "address": f"127.0.0.1:{house.port}"}

    code = await house.open_pairing()
    result = await home.submit(form, may_unlock=True, code=f"{code[:4]} {code[4:]}")

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Home"
    assert result["result"].unique_id == house.bridge_id
    data = result["data"]
    assert data["token"].startswith("lb1_")
    assert {**data, "token": "", "client_id": ""} == {
        "host": "127.0.0.1",
        "port": house.port,
        "token": "",
        "fingerprint": house.running.server.fingerprint,
        "bridge_id": house.bridge_id,
        "client_id": "",
        "may_unlock": True,
        "switch_on_remote_unlock": True,
    }
    await until(lambda: home.entry.state is ConfigEntryState.LOADED)
    (client,) = await house.clients()
    assert client["name"] == "Home Assistant (test home)"


@pytest.mark.spec("VER-16")
async def test_with_yes_remote_unlock_is_switched_on_once(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=True)

    (client,) = await house.clients()
    assert client["scopes"] == ["events", "lock", "state", "unlock"]
    runner = house.running.bridge.runner("front_door")
    assert runner.state.settings.remote_unlock
    await until(lambda: "switch_on_remote_unlock" not in home.entry.data)

    await house.command("settings.set", lock="front_door", changes={"remote_unlock": False})
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.until_state(LOCK, "locked")
    assert not runner.state.settings.remote_unlock


@pytest.mark.spec("VER-16")
async def test_with_no_home_assistant_cannot_open_and_nothing_is_switched_on(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=False)

    (client,) = await house.clients()
    assert client["scopes"] == ["events", "lock", "state"]
    assert not house.running.bridge.runner("front_door").state.settings.remote_unlock


async def test_an_address_copied_from_a_browser_will_do(home: Home, house: House) -> None:
    form = await home.begin(host=f" https://127.0.0.1:{house.port}/ ", port=8643)
    assert form["step_id"] == "pair"


@pytest.mark.parametrize("host", ["https://[", "no such host", "https://"])
async def test_what_is_no_address_leads_nowhere_and_stays_in_the_form(home: Home, house: House, host: str) -> None:
    form = await home.begin(host=host, port=house.port)
    assert form["errors"] == {"base": "cannot_connect"}
    assert suggested(form, "host") == host


async def test_nobody_at_the_address_then_the_right_one(home: Home, house: House, network: FaultProxy) -> None:
    await network.stop()
    form = await home.begin(port=network.port)
    assert form["step_id"] == "user"
    assert form["errors"] == {"base": "cannot_connect"}
    assert suggested(form, "port") == network.port

    form = await home.submit(form, host="127.0.0.1", port=house.port)
    assert form["step_id"] == "pair"


async def test_somebody_takes_the_call_and_does_not_say_who_he_is(
    home: Home, network: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.stall()
    with monkeypatch.context() as hurry:
        hurry.setattr(transport, "_TIMEOUT", aiohttp.ClientTimeout(total=5, sock_connect=0.3))
        form = await home.begin(port=network.port)
    assert form["errors"] == {"base": "cannot_connect"}


async def test_no_answer_in_time_then_one(
    home: Home, house: House, scripted: ScriptedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.info = None
    with monkeypatch.context() as hurry:
        hurry.setattr(transport, "_TIMEOUT", aiohttp.ClientTimeout(total=0.3, sock_connect=5))
        form = await home.begin(port=scripted.port)
    assert form["errors"] == {"base": "no_answer"}

    form = await home.submit(form, host="127.0.0.1", port=house.port)
    assert form["step_id"] == "pair"


async def test_something_else_at_the_address(
    home: Home, house: House, scripted: ScriptedBridge, tmp_path: Path
) -> None:
    async def speak_plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async def speak_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1000):
            writer.write(b"220 ready for mail\r\n\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(speak_plain, "127.0.0.1", 0) as plain:
        form = await home.begin(port=plain.sockets[0].getsockname()[1])
    assert form["errors"] == {"base": "not_a_bridge"}

    context = load_or_make(tmp_path, "x").context()
    async with await asyncio.start_server(speak_no_http, "127.0.0.1", 0, ssl=context) as noise:
        form = await home.begin(port=noise.sockets[0].getsockname()[1])
    assert form["errors"] == {"base": "not_a_bridge"}

    wrong_type = '{"id": 7, "name": "x", "version": "1", "api": 1}'
    for answer in ("no JSON", "[]", '{"hello": "world"}', wrong_type, "x" * 70_000):
        scripted.info = answer
        form = await home.submit(form, host="127.0.0.1", port=scripted.port)
        assert form["errors"] == {"base": "not_a_bridge"}, answer[:40]

    form = await home.submit(form, host="127.0.0.1", port=house.port)
    assert form["step_id"] == "pair"


@pytest.mark.parametrize(("api", "error"), [(2, "bridge_newer"), (0, "bridge_older")])
async def test_a_bridge_of_another_version(home: Home, scripted: ScriptedBridge, api: int, error: str) -> None:
    scripted.info = f'{{"id": "0011223344556677", "name": "Home", "version": "9", "api": {api}, "new": []}}'
    form = await home.begin(port=scripted.port)
    assert form["errors"] == {"base": error}


async def test_a_wrong_code_says_so_and_stays_then_the_right_one(home: Home, house: House) -> None:
    form = await home.begin(port=house.port)
    code = await house.open_pairing()
    wrong = f"{(int(code) + 1) % 10**8:08}"

    form = await home.submit(form, may_unlock=True, code=wrong)
    assert form["errors"] == {"code": "wrong_code"}
    assert suggested(form, "code") == wrong
    assert suggested(form, "may_unlock") is True

    result = await home.submit(form, may_unlock=True, code=code)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_code_that_is_none_costs_no_try(home: Home, house: House) -> None:
    form = await home.begin(port=house.port)
    code = await house.open_pairing()

    for typed in ("", "1234567", "12345678x", "123456789"):
        form = await home.submit(form, may_unlock=False, code=typed)
        assert form["errors"] == {"code": "invalid_code"}
    assert (await house.command("pairing.status"))["starts_left"] == 3

    result = await home.submit(form, may_unlock=False, code=code)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_pairing_that_is_not_open_says_how_to_open_it(home: Home, house: House) -> None:
    form = await home.begin(port=house.port)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "pairing_closed"}

    result = await home.submit(form, may_unlock=False, code=await house.open_pairing())
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_three_wrong_codes_close_the_window_and_a_new_one_opens_it(home: Home, house: House) -> None:
    form = await home.begin(port=house.port)
    code = await house.open_pairing()
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(3):
        form = await home.submit(form, may_unlock=False, code=wrong)
        assert form["errors"] == {"code": "wrong_code"}

    form = await home.submit(form, may_unlock=False, code=code)
    assert form["errors"] == {"base": "pairing_limit"}

    result = await home.submit(form, may_unlock=False, code=await house.open_pairing())
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_another_pairing_under_way(home: Home, house: House, scripted: ScriptedBridge) -> None:
    form = await home.begin(port=scripted.port)
    for code, error in (
        ("busy", "pairing_busy"),
        ("rate_limited", "rate_limited"),
        ("stopping", "cannot_connect"),
        ("of_tomorrow", "unknown"),
    ):
        scripted.refuse(503, code)
        form = await home.submit(form, may_unlock=False, code="12345678")
        assert form["errors"] == {"base": error}


async def test_a_disk_that_is_full(home: Home, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    form = await home.begin(port=house.port)
    code = await house.open_pairing()

    async def full(*_args: Any) -> None:
        raise StoreFull("The disk is full.")

    with monkeypatch.context() as disk:
        disk.setattr(house.running.bridge.store, "put_value", full)
        form = await home.submit(form, may_unlock=False, code=code)
    assert form["errors"] == {"base": "storage"}

    result = await home.submit(form, may_unlock=False, code=code)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_bridge_that_goes_away_in_the_middle(home: Home, house: House, network: FaultProxy) -> None:
    form = await home.begin(port=network.port)
    code = await house.open_pairing()
    await network.stop()
    form = await home.submit(form, may_unlock=False, code=code)
    assert form["errors"] == {"base": "cannot_connect"}

    await network.start()
    result = await home.submit(form, may_unlock=False, code=code)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_somebody_in_between_with_a_certificate_of_his_own_is_refused(
    home: Home, house: House, scripted: ScriptedBridge
) -> None:
    scripted.pass_on_to(house.port)
    form = await home.begin(port=scripted.port)
    code = await house.open_pairing()

    form = await home.submit(form, may_unlock=True, code=code)
    assert form["errors"] == {"code": "wrong_code"}
    assert await house.clients() == []


async def test_a_certificate_that_changes_while_pairing(home: Home, scripted: ScriptedBridge) -> None:
    form = await home.begin(port=scripted.port)
    scripted.change_certificate_after(1)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "certificate_changed"}


async def test_an_impostor_who_goes_on_without_the_code_is_not_believed(home: Home, scripted: ScriptedBridge) -> None:
    form = await home.begin(port=scripted.port)
    scripted.pair_by("00000000", {})
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"code": "wrong_code"}


@pytest.mark.parametrize("grant", [{}, {"token": 1, "client_id": "c", "scopes": []}, {"token": "t", "client_id": "c"}])
async def test_a_grant_without_what_it_takes(home: Home, scripted: ScriptedBridge, grant: dict[str, Any]) -> None:
    form = await home.begin(port=scripted.port)
    scripted.pair_by("12345678", grant)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "not_a_bridge"}


async def test_a_refusal_full_of_nonsense_is_a_refusal(home: Home, scripted: ScriptedBridge) -> None:
    form = await home.begin(port=scripted.port)
    scripted.answer_pairing(
        409, {"error": {"code": "x" * 10_000, "message": ["y"] * 1000, "can_retry": 7, "detail": "z"}}
    )
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "unknown"}


async def test_a_name_that_is_none_is_not_shown(home: Home, scripted: ScriptedBridge) -> None:
    scripted.info = json.dumps({"id": "0011223344556677", "name": "\u202e\n" + "x" * 500, "version": "1", "api": 1})
    form = await home.begin(port=scripted.port)
    assert form["description_placeholders"]["name"] == "x" * 64


@pytest.mark.parametrize("answer", [{}, {"error": "no"}, {"error": {"message": "no"}}, []])
async def test_a_refusal_that_no_bridge_gives(home: Home, scripted: ScriptedBridge, answer: Any) -> None:
    form = await home.begin(port=scripted.port)
    scripted.answer_pairing(500, answer)
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "not_a_bridge"}


async def test_a_network_that_breaks_in_the_middle_of_a_word(
    home: Home, house: House, network: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await home.begin(port=network.port)
    code = await house.open_pairing()

    async def cut(*_args: Any) -> None:
        network.cut()
        await asyncio.sleep(0.2)
        raise StoreFull("Nobody hears this.")

    with monkeypatch.context() as store:
        store.setattr(house.running.bridge.store, "put_value", cut)
        form = await home.submit(form, may_unlock=False, code=code)
    assert form["errors"] == {"base": "cannot_connect"}


@pytest.mark.parametrize("answer", ['{"yb": "AA", "device_id": "x"}', '{"yb": 1}', '{"other": 1}', "[]"])
async def test_what_pairs_otherwise_than_a_bridge(home: Home, scripted: ScriptedBridge, answer: str) -> None:
    form = await home.begin(port=scripted.port)
    scripted.start_answer = answer
    form = await home.submit(form, may_unlock=False, code="12345678")
    assert form["errors"] == {"base": "not_a_bridge"}


async def test_the_same_bridge_is_not_set_up_twice(paired: Home, house: House) -> None:
    result = await paired.begin(port=house.port)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_bridge_that_lies_about_its_id_until_it_is_paired_is_not_set_up_twice(
    paired: Home, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = paired.entry.data["token"]
    real = house.running.bridge.info
    with monkeypatch.context() as lie:
        lie.setattr(house.running.bridge, "info", type(real)(id="ffff", name="Other", version="1", api=1))
        form = await paired.begin(port=house.port)
    code = await house.open_pairing()

    result = await paired.submit(form, may_unlock=True, code=code)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert paired.entry.data["token"] != before


async def test_a_bridge_is_found_and_set_up(home: Home, house: House) -> None:
    form = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert form["step_id"] == "pair"
    (flow,) = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Home"}
    assert flow["context"]["unique_id"] == house.bridge_id

    result = await home.submit(form, may_unlock=True, code=await house.open_pairing())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == house.bridge_id


async def test_a_bridge_without_a_name_is_called_by_its_host(home: Home, house: House) -> None:
    form = await discover(home.hass, announcement(house.bridge_id, house.port, name=None, api="x"))
    assert form["description_placeholders"]["name"] == "lock-bridge-1"


async def test_found_twice_is_asked_once(home: Home, house: House) -> None:
    await discover(home.hass, announcement(house.bridge_id, house.port))
    result = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_in_progress"


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (announcement(None, 1), "not_a_bridge"),
        (announcement("0011223344556677", None), "not_a_bridge"),
        (announcement("0011223344556677", 1, api="2"), "bridge_newer"),
        (announcement("0011223344556677", 1, api="0"), "bridge_older"),
    ],
)
async def test_what_is_found_and_of_no_use(home: Home, info: ZeroconfServiceInfo, reason: str) -> None:
    result = await discover(home.hass, info)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_a_bridge_that_was_ignored_stays_so(home: Home, house: House) -> None:
    MockConfigEntry(domain=DOMAIN, source=SOURCE_IGNORE, unique_id=house.bridge_id).add_to_hass(home.hass)
    result = await discover(home.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_configured"


async def test_a_bridge_that_moved_is_followed_once_it_has_shown_its_certificate(
    far: Home, house: House, network: FaultProxy, scripted: ScriptedBridge
) -> None:
    entry = far.entry
    # Somebody announces the bridge elsewhere while it is connected: no reason to go there.
    assert (await discover(far.hass, announcement(house.bridge_id, house.port)))["reason"] == "already_configured"
    assert entry.data["port"] == network.port

    await network.stop()
    await far.until_state(LOCK, "unavailable")
    # Somebody announces it where something with another certificate answers, and where nobody does.
    for port in (scripted.port, network.port):
        await discover(far.hass, announcement(house.bridge_id, port))
        assert entry.data["port"] == network.port

    result = await discover(far.hass, announcement(house.bridge_id, house.port))
    assert result["reason"] == "already_configured"
    assert entry.data["port"] == house.port
    await far.until_state(LOCK, "locked")


async def test_a_token_taken_back_asks_for_the_code_again(paired: Home, house: House) -> None:
    before = dict(paired.entry.data)
    await house.command("clients.revoke", client_id=before["client_id"])
    form = await reauth_form(paired)
    assert form["step_id"] == "reauth_confirm"
    await paired.until_state(LOCK, "unavailable")

    code = await house.open_pairing()
    form = await paired.submit(form, may_unlock=False, code=f"{(int(code) + 1) % 10**8:08}")
    assert form["errors"] == {"code": "wrong_code"}
    result = await paired.submit(form, may_unlock=True, code=code)

    assert result["reason"] == "reauth_successful"
    assert paired.entry.data["token"] != before["token"]
    await paired.until_state(LOCK, "locked")
    assert len(await house.clients()) == 1


async def test_a_token_taken_back_while_home_assistant_was_off(paired: Home, house: House) -> None:
    entry = paired.entry
    await paired.hass.config_entries.async_unload(entry.entry_id)
    await house.command("clients.revoke", client_id=entry.data["client_id"])
    await paired.hass.config_entries.async_setup(entry.entry_id)

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "unauthorized"
    assert (await reauth_form(paired))["step_id"] == "reauth_confirm"


async def test_a_bridge_with_a_new_certificate_is_asked_about(paired: Home, house: House) -> None:
    await house.stop()
    (house.data / "identity.pem").unlink()
    await house.start()
    form = await reauth_form(paired)
    assert form["step_id"] == "certificate_changed"
    assert paired.state(LOCK).state == "unavailable"
    assert suggested(form, "may_unlock") is True

    result = await paired.submit(form, may_unlock=False, code=await house.open_pairing())

    assert result["reason"] == "reauth_successful"
    assert paired.entry.data["fingerprint"] == house.running.server.fingerprint
    await paired.until_state(LOCK, "locked")
    (client,) = await house.clients()
    assert client["scopes"] == ["events", "lock", "state"]


async def test_another_bridge_in_its_place_is_never_taken_for_it(paired: Home, house: House, tmp_path: Path) -> None:
    before = dict(paired.entry.data)
    await house.stop()
    other = House(tmp_path / "other", name="Cabin")
    other.port = house.port
    await other.start()
    try:
        form = await reauth_form(paired)
        assert form["step_id"] == "certificate_changed"
        result = await paired.submit(form, may_unlock=True, code=await other.open_pairing())
        assert result["reason"] == "wrong_bridge"
        assert paired.entry.data == before
        assert await other.clients() == []
    finally:
        await other.stop()


async def test_nobody_there_to_ask_who_he_is(paired: Home, house: House) -> None:
    """A token that was taken back, and a bridge that is away by the time when somebody looks at the screen."""
    await house.stop()
    form = await start_reauth_flow(paired.hass, paired.entry)
    assert form["step_id"] == "reauth_confirm"
    form = await paired.submit(form, may_unlock=True, code="12345678")
    assert form["errors"] == {"base": "cannot_connect"}


async def test_a_bridge_that_got_another_address_need_not_be_paired_again(
    paired: Home, house: House, network: FaultProxy
) -> None:
    token = paired.entry.data["token"]
    form = await reconfigure(paired, "address")
    assert suggested(form, "port") == house.port

    result = await paired.submit(form, host="127.0.0.1", port=network.port)

    assert result["reason"] == "reconfigure_successful"
    assert paired.entry.data["port"] == network.port
    assert paired.entry.data["token"] == token
    await paired.until_state(LOCK, "locked")


async def test_another_address_has_to_be_the_same_bridges(
    far: Home, house: House, network: FaultProxy, scripted: ScriptedBridge
) -> None:
    form = await reconfigure(far, "address")
    form = await far.submit(form, host="127.0.0.1", port=scripted.port)
    assert form["errors"] == {"base": "other_bridge"}
    assert suggested(form, "port") == scripted.port

    await network.stop()
    form = await far.submit(form, host="127.0.0.1", port=network.port)
    assert form["errors"] == {"base": "cannot_connect"}

    result = await far.submit(form, host="127.0.0.1", port=house.port)
    assert result["reason"] == "reconfigure_successful"


async def test_a_bridge_that_forgot_home_assistant_cannot_be_moved_only_paired(far: Home, house: House) -> None:
    form = await reconfigure(far, "address")
    await house.command("clients.revoke", client_id=far.entry.data["client_id"])
    form = await far.submit(form, host="127.0.0.1", port=house.port)
    assert form["errors"] == {"base": "unauthorized"}


@pytest.mark.spec("VER-16")
async def test_the_answer_to_the_question_can_be_changed_later(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=False)
    form = await reconfigure(home, "pair_again")
    assert suggested(form, "may_unlock") is False

    result = await home.submit(form, may_unlock=True, code=await house.open_pairing())

    assert result["reason"] == "reconfigure_successful"
    await until(lambda: house.running.bridge.runner("front_door").state.settings.remote_unlock)
    await home.until_state(LOCK, "locked")
    await home.call("unlock")
    (client,) = await house.clients()
    assert "unlock" in client["scopes"]
    assert not home.hass.config_entries.flow.async_progress()


async def reconfigure(home: Home, choice: str) -> ConfigFlowResult:
    """The form behind an item of the menu under Reconfigure."""
    context = {"source": SOURCE_RECONFIGURE, "entry_id": home.entry.entry_id}
    menu = await home.hass.config_entries.flow.async_init(DOMAIN, context=context)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["address", "pair_again"]
    return await home.submit(menu, next_step_id=choice)


def suggested(form: ConfigFlowResult, field: str) -> Any:
    """What stands in a field of a form."""
    schema = form["data_schema"]
    assert schema is not None
    (key,) = (key for key in schema.schema if key == field)
    return key.description["suggested_value"]


async def reauth_form(home: Home) -> ConfigFlowResult:
    """The form that asks to pair again."""
    flows = home.hass.config_entries.flow
    found = await until(lambda: flows.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH}))
    return await flows.async_configure(found[0]["flow_id"])
