"""`lock-bridge run` as its own process: from its config to its last word, and what the command line does with it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli, Said, Terminal

CONFIG = """
[bridge]
name = "Home"
data = "data"
trust_clock = "always"

[server]
port = 0
zeroconf = false

[[lock]]
id = "front_door"
profile = "palm6068"

[lock.simulated]
port = 0
travel_ms = 20
people = [ { name = "Anna", fingers = ["right thumb"] } ]
"""
PASSCODE = "428193"
WRONG = "902746"

# The real entry point, on a machine that has just lost its battery-backed clock.
IN_1970 = """
import sys, time
started = time.monotonic_ns()
time.time_ns = lambda: time.monotonic_ns() - started
time.time = lambda: time.time_ns() / 1e9
from lock_bridge.__main__ import main
sys.exit(main())
"""


class House:
    """A folder with a config, and the bridges that run in it one after the other."""

    def __init__(self, folder: Path, bytecode: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG)
        self.data = folder / "data"
        self.cli = Cli(self.data / "control.sock", bytecode)
        self.log = folder / "log"
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.setblocking(False)
        self.told.bind(str(folder / "notify"))
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *options: str, program: str | None = None, **environment: str) -> None:
        """Start a bridge and wait until it says that it is ready."""
        how = ["-m", "lock_bridge"] if program is None else ["-c", program]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *how,
                "run",
                "--config",
                str(self.config),
                *options,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.cli.environment, "NOTIFY_SOCKET": str(self.folder / "notify"), **environment},
            )
        ended = asyncio.ensure_future(self.process.wait())
        ready = asyncio.ensure_future(self.hears("READY=1"))
        await asyncio.wait({ended, ready}, timeout=45, return_when=asyncio.FIRST_COMPLETED)
        is_ready = ready.done() and ready.exception() is None
        ended.cancel()
        ready.cancel()
        assert is_ready, self.log.read_text()

    async def hears(self, message: str) -> None:
        """Wait until systemd was told `message`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(45):
            while message not in (await loop.sock_recv(self.told, 4096)).decode().split("\n"):
                pass

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the bridge; its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        async with asyncio.timeout(30):
            code = await self.process.wait()
        self.process = None
        return code

    async def fails(self, *options: str) -> tuple[int, str]:
        """Start a bridge that cannot start; its exit code and what it said."""
        said = await self.cli("run", "--config", str(self.config), *options)
        return said.code, said.error

    async def lock(self) -> dict[str, Any]:
        """The lock, as the status tells of it."""
        said = await self.cli("status", "--json")
        lock: dict[str, Any] = said.json["locks"][0]
        return lock

    async def add_anna(self) -> None:
        """Anna is an administrator with a passcode."""
        assert (await self.cli("user", "add", "Anna", "--role", "administrator")).code == 0
        assert (await self.cli("credential", "passcode", "Anna", typed=PASSCODE)).code == 0

    async def enter(self, passcode: str) -> Said:
        """Somebody wakes the keypad and enters a passcode."""
        return await self.cli("door", "press", "0", "--json") and await self.cli(
            "door", "press", passcode, "ok", "--json"
        )

    async def until(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the lock is as it should be."""
        async with asyncio.timeout(45):
            while not what(lock := await self.lock()):
                pass
        return lock


@pytest.fixture
async def house(tmp_path: Path, bytecode: Path) -> AsyncIterator[House]:
    house = House(tmp_path, bytecode)
    yield house
    if house.process is not None:
        with contextlib.suppress(ProcessLookupError):
            house.process.kill()
        await house.process.wait()
    house.told.close()


async def test_a_right_passcode_at_the_simulated_door_opens_it_and_the_journal_says_who_and_how(house: House) -> None:
    await house.start()
    await house.add_anna()
    await house.enter(PASSCODE)
    lock = await house.until(lambda lock: lock["bolt"] == "unlocked")

    assert lock["changed_by"]["user_name"] == "Anna"
    journal = await house.cli("journal")
    assert journal.lines[-1].endswith("Front door: Anna opened with a passcode (number 1)")
    told = journal.out + (await house.cli("journal", "--json")).out + house.log.read_text()
    assert PASSCODE not in told


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_in_two_seconds_with_everything_put_away(house: House, how: signal.Signals) -> None:
    await house.start()
    await house.add_anna()
    started = time.monotonic()
    assert await house.end(how) == 0
    assert time.monotonic() - started < 2
    await house.hears("STOPPING=1")
    assert not (house.data / "control.sock").exists()
    assert not (house.data / "store.db-wal").exists()
    assert (await house.cli("status")).code == 3


@pytest.mark.spec("VER-7", "VER-10")
async def test_a_lockout_outlives_a_bridge_that_was_killed(house: House) -> None:
    await house.start()
    await house.add_anna()
    for _ in range(5):
        await house.enter(WRONG)
    await house.until(lambda lock: bool(lock["locked_out"]))
    assert await house.end(signal.SIGKILL) == -signal.SIGKILL

    await house.start()
    await house.enter(PASSCODE)
    lock = await house.lock()
    assert lock["locked_out"]
    assert lock["bolt"] == "locked"
    said = await house.cli("lockout", "end")
    assert said.lines == ["The lockout of Front door is over."]
    assert (await house.cli("status")).code == 0


@pytest.mark.spec("VER-7")
async def test_three_minutes_are_nine_seconds_where_time_runs_faster(house: House) -> None:
    await house.start("--time-scale", "20")
    await house.add_anna()
    for _ in range(5):
        await house.enter(WRONG)
    await house.until(lambda lock: not lock["locked_out"])

    ended = (await house.cli("journal", "--type", "lockout_ended")).lines
    assert [line.partition("  ")[2] for line in ended] == ["Front door: The lockout ended, its time was over"]


async def test_systemd_hears_signs_of_life_while_all_is_well(house: House) -> None:
    await house.start(WATCHDOG_USEC="600000")
    for _ in range(3):
        await house.hears("WATCHDOG=1")


async def test_what_was_backed_up_is_back_after_a_restore(house: House) -> None:
    await house.start()
    await house.add_anna()
    backup = house.folder / "kept.db"
    assert (await house.cli("backup", str(backup))).code == 0
    assert (await house.cli("user", "add", "Mallory")).code == 0
    said = await house.cli("restore", str(backup), "--yes", "--config", str(house.config))
    assert (said.code, said.error) == (1, "The bridge runs. Stop it first (systemctl stop lock-bridge).\n")

    await house.end()
    said = await house.cli("restore", str(backup), "--config", str(house.config))
    assert said.code == 2, "without a terminal to ask at, --yes has to be said"
    terminal = await Terminal.start(house.cli, "restore", str(backup), "--config", str(house.config))
    await terminal.asked("Type yes: ", "no")
    assert await terminal.ended() == 1
    assert "Nothing was changed." in terminal.screen
    assert (await house.cli("restore", str(backup), "--yes", "--config", str(house.config))).code == 0
    await house.start()
    users = (await house.cli("users", "--json")).json["users"]
    assert [user["name"] for user in users] == ["Anna"]
    assert "The store was restored from a backup" in (await house.cli("journal")).out
    await house.enter(PASSCODE)
    await house.until(lambda lock: lock["bolt"] == "unlocked")


async def test_a_backup_that_is_none_changes_nothing(house: House) -> None:
    await house.start()
    await house.add_anna()
    await house.end()
    (house.folder / "bad.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
    said = await house.cli("restore", str(house.folder / "bad.db"), "--yes", "--config", str(house.config))

    assert said.code == 1
    assert said.error.strip()
    await house.start()
    assert [user["name"] for user in (await house.cli("users", "--json")).json["users"]] == ["Anna"]


async def test_a_clock_of_1970_is_told_and_the_door_works_all_the_same(house: House) -> None:
    await house.start(program=IN_1970)
    await house.add_anna()
    assert (await house.cli("user", "add", "Guest", "--until", "2030-01-01")).code == 0
    status = await house.cli("status")
    assert "cannot be trusted" in status.out
    await house.enter(PASSCODE)
    await house.until(lambda lock: lock["bolt"] == "unlocked")

    events = (await house.cli("journal", "--json")).json["events"]
    assert events
    assert not any(event["time_trusted"] for event in events)
    assert (await house.cli("journal")).lines[-1].startswith("~1970-01-01 ")
    doctor = await house.cli("doctor", "--json", "--config", str(house.config))
    (clock,) = [finding for finding in doctor.json["findings"] if finding["about"] == "clock"]
    assert clock["level"] == "note"


async def test_a_config_with_mistakes_is_refused_with_all_of_them(house: House) -> None:
    house.config.write_text(CONFIG.replace("zeroconf", "zeroconv").replace("palm6068", "palm"))
    code, said = await house.fails()

    assert code == 2
    assert 'server.zeroconv: there is no such key. Did you mean "zeroconf"?' in said
    assert 'lock[0].profile: "palm" is not known.' in said
    assert "Traceback" not in said
    assert not house.data.exists()


async def test_a_time_scale_that_cannot_be_is_refused(house: House) -> None:
    assert (await house.fails("--time-scale", "0"))[0] == 2
    code, said = await house.fails("--time-scale", "1e9")
    assert (code, said) == (2, "--time-scale: The time scale must be above 0 and at most 1000.\n")


async def start_and_end(house: House) -> None:
    await house.start()
    await house.add_anna()
    await house.end()


async def damage_the_store(house: House) -> None:
    await start_and_end(house)
    store = house.data / "store.db"
    content = bytearray(store.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    store.write_bytes(content)


async def lose_the_store(house: House) -> None:
    await start_and_end(house)
    (house.data / "store.db").unlink()


async def lose_the_key(house: House) -> None:
    await start_and_end(house)
    (house.data / "device.key").unlink()


async def spoil_the_certificate(house: House) -> None:
    await start_and_end(house)
    (house.data / "identity.pem").write_text("no certificate")


async def put_a_file_in_the_sockets_place(house: House) -> None:
    house.config.write_text(CONFIG.replace("[server]", f'socket = "{house.folder}/mine"\n[server]'))
    (house.folder / "mine").write_text("mine")


async def start_another(house: House) -> None:
    await house.start()


async def name_a_foreign_address(house: House) -> None:
    house.config.write_text(CONFIG.replace("[server]", '[server]\nhost = "192.0.2.1"'))


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (damage_the_store, "restore a backup"),
        (lose_the_store, "store"),
        (lose_the_key, "device.key is missing"),
        (spoil_the_certificate, "identity.pem"),
        (put_a_file_in_the_sockets_place, "is no socket"),
        (start_another, "Another process uses"),
        (name_a_foreign_address, "has no address 192.0.2.1"),
    ],
)
async def test_what_keeps_it_from_starting_is_one_sentence(
    house: House, prepare: Callable[[House], Awaitable[None]], sentence: str
) -> None:
    await prepare(house)
    code, said = await house.fails()

    assert code == 1
    assert "The bridge cannot start: " in said
    assert sentence in said
    assert "Traceback" not in said


async def test_a_port_that_is_taken_is_told(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        house.config.write_text(CONFIG.replace("port = 0", f"port = {port}", 1))
        code, said = await house.fails()
        doctor = await house.cli("doctor", "--json", "--config", str(house.config))

    assert code == 1
    assert f"A port is in use by another program: the server's ({port})" in said
    assert doctor.code == 1
    assert any(finding["level"] == "wrong" and str(port) in finding["text"] for finding in doctor.json["findings"])


async def test_no_secret_is_in_the_most_talkative_log(house: House) -> None:
    await house.start("--log-level", "debug", "--log-format", "json")
    await house.add_anna()
    await house.enter(PASSCODE)
    await house.enter(WRONG)
    code = (await house.cli("pair", "--no-wait", "--json")).json["code"]
    await house.end()

    log = house.log.read_text()
    assert all(json.loads(line)["message"] for line in log.splitlines())
    for secret in (PASSCODE, WRONG, code, f"{code[:4]} {code[4:]}"):
        assert secret not in log


async def test_the_doctor_finds_nothing_wrong_with_a_bridge_that_runs_or_is_stopped(house: House) -> None:
    await house.start()
    await house.add_anna()
    running = await house.cli("doctor", "--config", str(house.config))
    assert (running.code, running.lines[-1]) == (0, "Nothing is wrong."), running.out
    assert "front_door: All parts answer; the bolt is locked" in running.out
    await house.end()
    stopped = await house.cli("doctor", "--config", str(house.config))
    assert (stopped.code, stopped.lines[-1]) == (0, "Nothing is wrong."), stopped.out
    assert "store.db is whole" in stopped.out
    await house.start()
    assert [user["name"] for user in (await house.cli("users", "--json")).json["users"]] == ["Anna"]
