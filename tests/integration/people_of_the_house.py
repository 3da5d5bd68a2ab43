"""Those who use Home Assistant: an administrator, a user, one who may only look, and somebody without a login."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import HomeAssistant, SupportsResponse
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

CLIENT = "https://home.example/"
GROUPS: Mapping[str, str | None] = {
    "no login": None,
    "read-only": GROUP_ID_READ_ONLY,
    "user": GROUP_ID_USER,
    "administrator": GROUP_ID_ADMIN,
}
"""Weakest first, so that what only the last may do is still there to be done."""

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass
class Visitor:
    """Somebody at Home Assistant's doors: its HTTP routes and its websocket. True: he was let through."""

    hass: HomeAssistant
    http: TestClient[Any, Any]
    connect: WebSocketGenerator
    token: str | None
    ws: Any = None
    told: Any = None
    """What he was answered last."""

    async def go(self, method: str, path: str, body: Any = None) -> bool:
        """A request. Raises AssertionError if it was let through and then failed."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            self.told = await answer.text()
            assert answer.status in _REFUSED or answer.ok, (method, path, answer.status, self.told)
            return answer.status not in _REFUSED

    async def ask(self, kind: str, **message: Any) -> bool:
        """A websocket command. Raises AssertionError if it was let through and then failed."""
        if self.token is None:
            return await self._ask_without_login(kind)
        if self.ws is None:
            self.ws = await self.connect(self.hass, self.token)
        await self.ws.send_json_auto_id({"type": kind, **message})
        answer = await self.ws.receive_json()
        if answer["success"]:
            self.told = answer["result"]
            return True
        error = answer["error"]
        # An action's refusal has the code of any error of Home Assistant's.
        assert error["code"] == "unauthorized" or error["message"] == "Unauthorized", answer
        return False

    async def _ask_without_login(self, kind: str) -> bool:
        ws = await self.http.ws_connect("/api/websocket")
        assert (await ws.receive_json())["type"] == "auth_required"
        await ws.send_json({"id": 1, "type": kind})
        answer = await ws.receive_json()
        assert (await ws.receive()).type is WSMsgType.CLOSE
        await ws.close()
        return bool(answer["type"] != "auth_invalid")

    async def call_socket(self, domain: str, service: str, data: Mapping[str, Any]) -> bool:
        """An action by the websocket, as the screen calls it."""
        answer = {"return_response": True} if _answers(self.hass, domain, service) else {}
        return await self.ask("call_service", domain=domain, service=service, service_data=dict(data), **answer)

    async def call_http(self, domain: str, service: str, data: Mapping[str, Any]) -> bool:
        """An action by HTTP, as a script elsewhere calls it."""
        question = "?return_response" if _answers(self.hass, domain, service) else ""
        return await self.go("POST", f"/api/services/{domain}/{service}{question}", dict(data))


def _answers(hass: HomeAssistant, domain: str, service: str) -> bool:
    return hass.services.supports_response(domain, service) is not SupportsResponse.NONE


async def visitors(
    hass: HomeAssistant, client: ClientSessionGenerator, connect: WebSocketGenerator
) -> dict[str, Visitor]:
    """One of each, by what the table calls them. `client` is one that shows no token by itself."""
    http = await client()
    found = {}
    for name, group in GROUPS.items():
        token = None
        if group is not None:
            user = await hass.auth.async_create_user(name, group_ids=[group])
            refresh = await hass.auth.async_create_refresh_token(user, CLIENT)
            token = hass.auth.async_create_access_token(refresh)
        found[name] = Visitor(hass, http, connect, token)
    return found
