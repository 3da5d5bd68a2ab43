"""Set-up: found or typed in, paired by code, and every way in which that can go wrong, with the way on."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType

from custom_components.lock_bridge.client import transport
from custom_components.lock_bridge.config_forms import MANAGING
from lock_bridge.server.certificate import load_or_make
from lock_bridge.store import StoreFull
from tests.integration.fault_proxy import FaultProxy
from tests.integration.home import LOCK, Home, suggested
from tests.integration.house import House, until
from tests.integration.scripted import ScriptedBridge


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
        "may_manage": True,
        "switch_on_remote_unlock": True,
    }
    await until(lambda: home.entry.state is ConfigEntryState.LOADED)
    (client,) = await house.clients()
    assert client["name"] == "Home Assistant (test home)"


@pytest.mark.spec("VER-16")
async def test_with_yes_remote_unlock_is_switched_on_once(home: Home, house: House) -> None:
    await home.pair(house, port=house.port, may_unlock=True, may_manage=False)

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
    assert set(client["scopes"]) == {"events", "lock", "state", *MANAGING}
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
    assert [client["id"] for client in await house.clients()] == [paired.entry.data["client_id"]]
