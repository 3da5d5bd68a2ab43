"""A real Home Assistant as a process: started, onboarded without questions, and driven as its frontend drives it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

from .processes import ROOT, Failed, Line, Process, python

USER = "demo"
PASSWORD = "demo"  # noqa: S105 - of a development house on this machine alone
_CLIENT = "http://127.0.0.1/"

_CONFIGURATION = """\
homeassistant:
  name: Home
  latitude: 59.91
  longitude: 10.75
  unit_system: metric
  time_zone: Europe/Oslo
  country: "NO"
frontend:
config:
history:
logbook:
recorder:
  commit_interval: 0
{zeroconf}automation: !include automations.yaml
logger:
  default: warning
  logs:
    custom_components.lock_bridge: {log_level}
    # Missed by nobody here: faster scaling of camera pictures.
    homeassistant.components.camera.img_util: fatal
    # Says at each start that a custom integration is a custom integration.
    homeassistant.loader: error
{extra}"""


class HomeAssistant:
    """A Home Assistant in `folder`, with this checkout's integration in it."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        line: Line = lambda _text: None,
        zeroconf: bool = False,
        log_level: str = "info",
        extra: str = "",
        automations: list[dict[str, Any]] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.process: Process | None = None
        self._line = line
        self._configuration = _CONFIGURATION.format(
            zeroconf="zeroconf:\n" if zeroconf else "", log_level=log_level, extra=extra
        )
        self._automations = automations or []
        self._token: dict[str, Any] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def session(self) -> aiohttp.ClientSession:
        """For calls of its API."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def start(self, seconds: float = 300) -> None:
        """Start it, and wait until it answers; the first start installs what it lacks. Raises `Failed`."""
        components = self.folder / "custom_components"
        components.mkdir(parents=True, exist_ok=True)
        link = components / "lock_bridge"
        if not link.is_symlink():
            link.symlink_to(ROOT / "custom_components" / "lock_bridge")
        (self.folder / "configuration.yaml").write_text(self._configuration, encoding="utf-8")
        automations = self.folder / "automations.yaml"
        if self._automations or not automations.exists():  # those that somebody made in the editor stay
            # YAML reads JSON, so no library is needed to write it.
            automations.write_text(json.dumps(self._automations), encoding="utf-8")
        self._set_up()
        self.process = await Process.start(
            "Home Assistant", python().parent / "hass", "-c", self.folder, line=self._line, cwd=self.folder
        )
        await self.process.until(self._answers, seconds)

    async def stop(self) -> int:
        """End it; its exit code, 0 too if it never ran."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        return await self.process.stop() if self.process else 0

    async def log_in(self) -> None:
        """Make the one user at the first start, log in at later ones."""
        steps = await self._steps()
        if not steps["user"]:
            user = {"client_id": _CLIENT, "name": "Demo", "username": USER, "password": PASSWORD, "language": "en"}
            code = (await self.post("/api/onboarding/users", user))["auth_code"]
        else:
            code = await self._log_in_code()
        grant = {"grant_type": "authorization_code", "code": code, "client_id": _CLIENT}
        async with self.session.post(f"{self.url}/auth/token", data=grant) as answer:
            self._token = await answer.json()
        if not steps["integration"]:
            await self.post("/api/onboarding/analytics", {})
            await self.post("/api/onboarding/integration", {"client_id": _CLIENT, "redirect_uri": _CLIENT})

    async def until_started(self, seconds: float = 120) -> None:
        """Wait, logged in, until all of it runs: automations, and a frontend with nothing to say of its start."""

        async def started() -> bool:
            return bool((await self.get("/api/config"))["state"] == "RUNNING")

        if self.process is not None:
            await self.process.until(started, seconds)

    async def entries(self, domain: str) -> list[dict[str, Any]]:
        """The config entries of an integration."""
        entries = await self.get("/api/config/config_entries/entry")
        return [entry for entry in entries if entry["domain"] == domain]

    def browser_tokens(self) -> str:
        """What the frontend keeps in `localStorage.hassTokens` to be logged in."""
        return json.dumps({**self._token, "hassUrl": self.url, "clientId": _CLIENT, "expires": 2**53 - 1})

    def headers(self) -> dict[str, str]:
        """What a request of the logged-in user carries."""
        return {"Authorization": f"Bearer {self._token['access_token']}"} if self._token else {}

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST to the API. Raises `Failed` with its answer."""
        return await self._call("POST", path, body)

    async def get(self, path: str) -> Any:
        """GET from the API. Raises `Failed` with its answer."""
        return await self._call("GET", path)

    async def delete(self, path: str) -> Any:
        """DELETE through the API. Raises `Failed` with its answer."""
        return await self._call("DELETE", path)

    async def flow(self, handler: str, *steps: Mapping[str, Any]) -> dict[str, Any]:
        """Go through a config flow, a form after the other; where it stands after the last one."""
        flow: dict[str, Any] = await self.post("/api/config/config_entries/flow", {"handler": handler})
        for step in steps:
            flow = await self.post(f"/api/config/config_entries/flow/{flow['flow_id']}", step)
        return flow

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Socket]:
        """A logged-in WebSocket."""
        async with self.session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token["access_token"]})
            await socket.receive_json()
            yield Socket(socket)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        async with self.session.request(method, f"{self.url}{path}", json=body, headers=self.headers()) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise Failed(f"{path}: {answer.status} {text}")
            return json.loads(text) if text else None

    def _set_up(self) -> None:
        """What Home Assistant otherwise asks for in its frontend."""
        # The address can be set by hand here alone: in configuration.yaml it is deprecated, and read once.
        server = {
            "server_host": ["127.0.0.1"],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": True,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
        }
        self._store("http", 2, 2, {"stable": server, "pending": None, "yaml_migration_done": True})
        # The step that asks where the house is: the configuration says it, and the step would bring what nobody here
        # asks for, and from the internet: weather, radio, a cloud's voice.
        if not (self.folder / ".storage" / "onboarding").exists():
            self._store("onboarding", 4, 1, {"done": ["core_config"]})

    def _store(self, key: str, version: int, minor_version: int, data: Mapping[str, Any]) -> None:
        stored = {"version": version, "minor_version": minor_version, "key": key, "data": data}
        folder = self.folder / ".storage"
        folder.mkdir(exist_ok=True)
        (folder / key).write_text(json.dumps(stored), encoding="utf-8")

    async def _answers(self) -> bool:
        try:
            async with self.session.get(f"{self.url}/api/onboarding") as answer:
                # Once its last step is done, Home Assistant no longer has this address.
                return answer.status in (200, 401, 404)
        except aiohttp.ClientError, OSError:
            return False

    async def _steps(self) -> dict[str, bool]:
        async with self.session.get(f"{self.url}/api/onboarding") as answer:
            if answer.status != 200:
                return {"user": True, "integration": True}
            return {step["step"]: step["done"] for step in await answer.json()}

    async def _log_in_code(self) -> str:
        body = {"client_id": _CLIENT, "handler": ["homeassistant", None], "redirect_uri": _CLIENT}
        flow = await self.post("/auth/login_flow", body)
        given = {"username": USER, "password": PASSWORD, "client_id": _CLIENT}
        return str((await self.post(f"/auth/login_flow/{flow['flow_id']}", given))["result"])


class Socket:
    """Commands and events over Home Assistant's WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._results: dict[int, dict[str, Any]] = {}

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return await self.event()

    async def event(self, seconds: float = 30) -> dict[str, Any]:
        """The next event of a subscription."""
        async with asyncio.timeout(seconds):
            while self._events.empty():
                await self._receive()
            return self._events.get_nowait()

    async def send(self, kind: str, **values: Any) -> int:
        """Give a command, and don't wait for its result; its number."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "type": kind, **values})
        return self._last

    async def result(self, number: int, seconds: float = 60) -> Any:
        """A command's result. Raises `Failed` with its error."""
        async with asyncio.timeout(seconds):
            while number not in self._results:
                await self._receive()
        message = self._results.pop(number)
        if not message["success"]:
            raise Failed(str(message["error"].get("message")))
        return message["result"]

    async def call(self, kind: str, **values: Any) -> Any:
        """Give a command and wait for its result. Raises `Failed` with its error."""
        return await self.result(await self.send(kind, **values))

    async def maybe(self, kind: str, **values: Any) -> Any:
        """A command's result, or None where it is refused."""
        try:
            return await self.call(kind, **values)
        except Failed:
            return None

    async def service(self, domain: str, service: str, entity_id: str, **data: Any) -> None:
        """Call an action."""
        await self.call(
            "call_service", domain=domain, service=service, service_data=data, target={"entity_id": entity_id}
        )

    async def _receive(self) -> None:
        message: dict[str, Any] = await self._socket.receive_json()
        if message["type"] == "event":
            self._events.put_nowait(message["event"])
        elif message["type"] == "result":
            self._results[message["id"]] = message
