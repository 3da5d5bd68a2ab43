"""The command line speaks with the bridge that runs: sentences for people, JSON for programs, and honest exit codes."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

import lock_bridge.cli
from lock_bridge.cli.find import socket_path
from lock_bridge.cli.parser import GROUPS, parser
from lock_bridge.cli.usage import UsageError
from lock_bridge.wire.commands import COMMANDS, AddUser, ChangeUser, QueryJournal
from lock_bridge.wire.errors import ErrorCode, LockBridgeError

from .conftest import ANNA, FRONT_DOOR, STATUS, Cli, FakeBridge, Terminal

BACK_DOOR = {**FRONT_DOOR, "id": "back_door", "name": "Back door"}
CLIENT = {
    "id": "c1",
    "name": "Home Assistant",
    "scopes": ["lock", "state"],
    "created_ms": 1_795_000_000_000,
    "last_used_ms": None,
    "last_address": "192.168.1.5",
    "connected": False,
}


def event(seq: int, kind: str, **fields: Any) -> dict[str, Any]:
    known = {"wall_ms": 1_795_000_000_000, "time_trusted": True, "lock_id": None, "data": {}}
    return {"seq": seq, "type": kind, **known, **fields}


async def test_a_door_is_locked_and_unlocked(bridge: FakeBridge, cli: Cli) -> None:
    assert (await cli("unlock")).lines == ["Front door is unlocked."]
    assert (await cli("lock", "front door")).lines == ["Front door is locked."]
    assert bridge.was_asked("unlock") == [{"lock": "front_door"}]
    assert bridge.was_asked("lock") == [{"lock": "front_door"}]


async def test_a_refusal_is_one_sentence_with_its_numbers_and_exit_code_1(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["unlock"] = LockBridgeError(ErrorCode.RATE_LIMITED, {"limit": 5})

    said = await cli("unlock")
    assert (said.code, said.out) == (1, "")
    assert said.error == "Too many requests. Wait a minute. (limit: 5)\n"
    said = await cli("unlock", "--json")
    assert said.code == 1
    assert said.json["error"]["code"] == "rate_limited"
    assert said.json["error"]["detail"] == {"limit": 5}


async def test_with_several_locks_one_has_to_be_named(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["locks.list"] = {"locks": [FRONT_DOOR, BACK_DOOR]}

    said = await cli("lock")
    assert said.code == 2
    assert said.error == "Say which lock. There are: front_door (Front door), back_door (Back door).\n"
    assert (await cli("lock", "back_door")).code == 0
    said = await cli("lock", "shed", "--json")
    assert said.code == 2
    assert said.json["error"]["code"] == "usage"
    assert bridge.was_asked("lock") == [{"lock": "back_door"}]


async def test_without_a_bridge_it_says_how_to_start_one_with_exit_code_3(cli: Cli) -> None:
    said = await cli("status")
    assert (said.code, said.out) == (3, "")
    assert "No bridge answers at" in said.error
    assert "systemctl start lock-bridge" in said.error
    said = await cli("status", "--json")
    assert said.code == 3
    assert said.json["error"]["code"] == "unreachable"


async def test_a_bridge_that_stops_in_the_middle_is_told(bridge: FakeBridge, cli: Cli) -> None:
    under_way = asyncio.Event()

    def never(_command: object) -> dict[str, Any]:
        under_way.set()
        raise asyncio.CancelledError

    bridge.answers["locks.list"] = never
    said = await cli("status")

    assert under_way.is_set()
    assert said.code == 1
    assert said.error == "The bridge is stopping. Try again when it is back.\n"


@pytest.mark.parametrize("words", [[], ["open"], ["lock", "a", "b"], ["user", "add"], ["door"], ["--config", "x"]])
async def test_what_is_not_understood_is_exit_code_2(cli: Cli, words: list[str]) -> None:
    said = await cli(*words)

    assert said.code == 2
    assert said.error.startswith("usage: lock-bridge")


async def test_the_status_says_what_the_locks_do(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("status")

    assert said.code == 0
    assert said.lines == [
        "Lock Bridge 0.1.0, running for 1 d 2 h",
        "Front door (front_door, EZVIZ face and palm-vein lock): locked, door closed, battery 87 %",
    ]


async def test_the_status_says_what_is_wrong(bridge: FakeBridge, cli: Cli) -> None:
    ill = {
        **FRONT_DOOR,
        "bolt": "unknown",
        "door": "unknown",
        "battery": 7,
        "battery_low": True,
        "tamper": True,
        "locked_out": True,
        "lockout_ends_ms": 200_000,
        "faults": ["motor"],
    }
    bridge.answers["locks.list"] = {"locks": [ill]}
    clock = {"wall_ms": 1_000, "mono_ms": 80_000, "trusted": False}
    bridge.answers["service.status"] = {
        **STATUS,
        "clock": clock,
        "store": {"healthy": False, "error": "The disk is full."},
    }
    said = await cli("status")

    assert said.code == 1
    assert said.lines[1:] == [
        "Front door (front_door, EZVIZ face and palm-vein lock): bolt not known, door not known, battery 7 %",
        "  Fault: the motor does not work.",
        "  Tampered with: look at the lock.",
        "  The battery is low.",
        "  Locked out for 2 min more: too many wrong tries.",
        "The store does not work: The disk is full.",
        "The clock (1970-01-01 00:00:01) cannot be trusted: whoever's time is limited is not let in.",
    ]


async def test_users_are_listed_with_what_they_have(bridge: FakeBridge, cli: Cli) -> None:
    limited = {**ANNA, "id": "b2", "name": "Bo", "role": "user", "number": None, "valid_until_ms": 1_798_106_400_000}
    bridge.answers["users.list"] = {"users": [ANNA, {**limited, "credentials": {}}, {**limited, "enabled": False}]}
    said = await cli("users")

    assert said.lines == [
        "NO  NAME  ROLE           MAY ENTER                  HAS                          ID",
        "1   Anna  administrator  always                     passcode 1, fingerprint 1 2  a1",
        "    Bo    user           until 2026-12-24 10:00:00                               b2",
        "    Bo    user           no (disabled)              passcode 1, fingerprint 1 2  b2",
    ]
    assert (await cli("user", "list", "--json")).json["users"][0] == ANNA


async def test_a_user_is_added_with_her_times(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["users.add"] = {"user_id": "c3", "number": 2}
    said = await cli("user", "add", "Cleaner", "--from", "2026-12-24 10:00", "--until", "2026-12-24T12:00:00+02:00")

    assert said.lines == ["Cleaner is on Front door as number 2 (id c3)."]
    (asked,) = bridge.was_asked(AddUser.name)
    assert asked == {
        "lock": "front_door",
        "user_name": "Cleaner",
        "role": "user",
        "enabled": True,
        "valid_from_ms": 1_798_106_400_000,
        "valid_until_ms": 1_798_106_400_000,
        "schedule": [],
        "uses_left": None,
        "user_id": None,
    }


async def test_a_time_that_is_none_is_explained(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("user", "add", "Cleaner", "--from", "tomorrow")

    assert (said.code, said.error) == (2, '--from takes a time such as "2026-12-24 18:00", or none.\n')
    assert bridge.was_asked(AddUser.name) == []


@pytest.mark.parametrize("who", ["a1", "1", "ANNA"])
async def test_a_user_is_changed_by_id_number_or_name(bridge: FakeBridge, cli: Cli, who: str) -> None:
    said = await cli("user", "change", who, "--name", "Anne", "--disable", "--until", "none")

    assert said.code == 0
    (asked,) = bridge.was_asked(ChangeUser.name)
    assert asked["user_id"] == "a1"
    assert asked["changes"] == {"name": "Anne", "enabled": False, "valid_until_ms": None}


async def test_changing_nothing_is_not_understood(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("user", "change", "Anna")

    assert said.code == 2
    assert bridge.asked == []


async def test_two_people_of_one_name_have_to_be_told_apart(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["users.list"] = {"users": [ANNA, {**ANNA, "id": "a2", "number": 2}]}
    said = await cli("user", "delete", "anna")

    assert said.code == 2
    assert said.error.startswith("There are several users of this name. Say which by its id: a1 (Anna), a2 (Anna).")
    assert (await cli("user", "delete", "a2")).code == 0
    assert bridge.was_asked("users.delete") == [{"lock": None, "user_id": "a2"}]


async def test_a_passcode_comes_from_standard_input_and_is_never_told(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.set_passcode"] = {"number": 1}
    said = await cli("credential", "passcode", "Anna", typed="13579086\n")

    assert said.lines == ["Anna has a new passcode."]
    assert "13579086" not in said.out + said.error
    (asked,) = bridge.was_asked("credentials.set_passcode")
    assert asked["passcode"] == "13579086"


@pytest.mark.parametrize(("again", "code"), [("13579086", 0), ("13579087", 2)])
async def test_at_a_terminal_a_passcode_is_asked_for_twice_and_never_shown(
    bridge: FakeBridge, cli: Cli, again: str, code: int
) -> None:
    bridge.answers["credentials.set_passcode"] = {"number": 1}
    terminal = await Terminal.start(cli, "credential", "passcode", "Anna")
    await terminal.asked("New passcode of Anna: ", "13579086")
    await terminal.asked("The same again: ", again)

    assert await terminal.ended() == code
    assert "1357908" not in terminal.screen
    assert ("Anna has a new passcode." in terminal.screen) is (code == 0)
    assert len(bridge.was_asked("credentials.set_passcode")) == (code == 0)


async def test_a_passcode_cannot_be_an_argument(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("credential", "passcode", "Anna", "13579086")

    assert said.code == 2
    assert bridge.asked == []


async def test_no_passcode_at_all_is_not_understood(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("credential", "passcode", "Anna")

    assert said.code == 2
    assert "--generate" in said.error
    assert bridge.was_asked("credentials.set_passcode") == []


async def test_a_passcode_made_by_the_bridge_is_shown_once(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["credentials.set_passcode"] = {"number": 1, "passcode": "24681357"}
    said = await cli("credential", "passcode", "Anna", "--generate")

    assert said.lines == ["The passcode of Anna, shown only now: 24681357"]
    assert bridge.was_asked("credentials.set_passcode")[0]["passcode"] is None


class Learning:
    """A lock that learns a finger: each look at it finds the next of these states."""

    def __init__(self, bridge: FakeBridge, *states: dict[str, Any]) -> None:
        self._states = [
            {"id": "e1", "done": 0, "steps": 3, "reason": None, "number": None, **state} for state in states
        ]
        self._looks = -1  # the first one finds the lock's id
        bridge.answers["credentials.enrol"] = {"enrolment": "e1", "steps": 3}
        bridge.answers["locks.list"] = self._look

    def _look(self, _command: object) -> dict[str, Any]:
        self._looks += 1
        state = self._states[min(max(self._looks - 1, 0), len(self._states) - 1)]
        return {"locks": [{**FRONT_DOOR, "enrolment": state}]}


async def test_learning_a_finger_is_followed_step_by_step(bridge: FakeBridge, cli: Cli) -> None:
    Learning(
        bridge,
        {"status": "started"},
        {"status": "step", "done": 1},
        {"status": "step_retry", "done": 1, "reason": "short"},
        {"status": "step", "done": 2},
        {"status": "done", "done": 3, "number": 4},
    )
    said = await cli("credential", "enrol", "Anna", "fingerprint")

    assert said.code == 0
    assert said.lines == [
        "Anna: touch the reader with the finger, 3 times.",
        "1 of 3 done.",
        "That was too short. Once more, and longer.",
        "2 of 3 done.",
        "Done: it is number 4.",
    ]


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ({"status": "duplicate"}, "It is enrolled already. Nothing was stored."),
        ({"status": "timeout"}, "Nobody came in time. Nothing was stored."),
        ({"status": "failed", "reason": "fault"}, "It failed (fault). Nothing was stored."),
        ({"status": "started", "id": "e2"}, "Another enrolment took its place. Look at the journal."),
    ],
)
async def test_learning_that_fails_is_exit_code_1(
    bridge: FakeBridge, cli: Cli, end: dict[str, Any], sentence: str
) -> None:
    Learning(bridge, end)
    said = await cli("credential", "enrol", "Anna", "fingerprint")

    assert said.code == 1
    assert said.lines[-1] == sentence


async def test_settings_are_shown_and_changed_by_their_kind(bridge: FakeBridge, cli: Cli) -> None:
    assert (await cli("settings")).lines == ["remote_unlock = off", "countdown_delay_s = 30", "language = en"]
    assert (await cli("settings", "remote_unlock=on", "countdown_delay_s=20", "language=nb")).code == 0
    assert bridge.was_asked("settings.set") == [
        {"lock": "front_door", "changes": {"remote_unlock": True, "countdown_delay_s": 20, "language": "nb"}}
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("remote_unlok=on", "This lock has no setting remote_unlok. Did you mean remote_unlock?"),
        ("remote_unlock=maybe", "remote_unlock is on or off."),
        ("countdown_delay_s=soon", "countdown_delay_s is a whole number."),
        ("remote_unlock", "Settings are changed by NAME=VALUE, such as remote_unlock=on, not by remote_unlock."),
    ],
)
async def test_a_wrong_setting_is_explained(bridge: FakeBridge, cli: Cli, change: str, sentence: str) -> None:
    said = await cli("settings", change)

    assert (said.code, said.error) == (2, f"{sentence}\n")
    assert bridge.was_asked("settings.set") == []


async def test_the_journal_is_told_oldest_first(bridge: FakeBridge, cli: Cli) -> None:
    events = [
        event(8, "access_granted", lock_id="front_door", user_name="Anna", credential_type="pin", credential_number=1),
        event(7, "bridge_started", time_trusted=False, data={"version": "0.1.0"}),
    ]
    bridge.answers["journal.query"] = {"epoch": "e", "oldest": 1, "head": 8, "events": events}
    said = await cli("journal", "--limit", "2", "--user", "anna", "--lock", "Front door", "--type", "access_granted")

    assert said.lines == [
        "~2026-11-18 11:06:40  The bridge 0.1.0 started",
        "2026-11-18 11:06:40  Front door: Anna opened with a passcode (number 1)",
    ]
    (asked,) = bridge.was_asked(QueryJournal.name)
    assert (asked["limit"], asked["user_id"], asked["lock"]) == (2, "a1", "front_door")
    assert asked["types"] == ["access_granted"]


async def test_the_journal_is_followed_from_its_last_event_on(bridge: FakeBridge, cli: Cli) -> None:
    def query(command: QueryJournal) -> dict[str, Any]:
        told = {None: [event(7, "doorbell")], 7: [event(8, "door_opened"), event(9, "door_closed")]}
        return {"epoch": "e", "oldest": 1, "head": 99, "events": told.get(command.after, [])}

    bridge.answers["journal.query"] = query
    process = await cli.start("journal", "--follow", "--json")
    assert process.stdout
    async with asyncio.timeout(45):
        seqs = [json.loads(await process.stdout.readline())["seq"] for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    assert seqs == [7, 8, 9]


async def test_a_kind_of_event_that_is_none_is_explained(bridge: FakeBridge, cli: Cli) -> None:
    said = await cli("journal", "--type", "knock")

    assert said.code == 2
    assert said.error.startswith("knock is no kind of event. There are: access_granted, ")


class PairingWindow:
    """A bridge whose window is open until somebody has paired, or the test says otherwise."""

    def __init__(self, bridge: FakeBridge, *, pairs_after: int | None, looks: int = 99, starts_left: int = 3) -> None:
        self.looked = 0
        self.pairs_after, self.looks, self.starts_left = pairs_after, looks, starts_left
        bridge.answers["pairing.open"] = {"code": "01234567", "seconds": 300, "port": 8643, "fingerprint": "ab" * 32}
        bridge.answers["pairing.status"] = self._status
        bridge.answers["clients.list"] = self._clients

    def _status(self, _command: object) -> dict[str, Any]:
        self.looked += 1
        is_open = self.looked < self.looks
        return {"open": is_open, "seconds": 9, "starts_left": self.starts_left if is_open else 0, "clients": None}

    def _clients(self, _command: object) -> dict[str, Any]:
        has_paired = self.pairs_after is not None and self.looked >= self.pairs_after
        old = {**CLIENT, "id": "c0", "name": "Phone"}
        return {"clients": [CLIENT, old] if has_paired else [old]}


async def test_pairing_shows_the_code_and_waits_until_somebody_has_paired(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=2)
    said = await cli("pair")

    assert said.code == 0
    assert said.lines == [
        "",
        "    Pairing code:  0123 4567",
        "",
        "Type it in Home Assistant within 5 min. It works once.",
        f"Port 8643, certificate {' '.join(['abab'] * 16)}",
        "Waiting for somebody to pair. Ctrl-C closes the window.",
        "Home Assistant has paired. It may: lock, state.",
    ]


async def test_pairing_for_programs_is_two_objects(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=1)
    first, second = (json.loads(line) for line in (await cli("pair", "--json")).lines)

    assert first["code"] == "01234567"
    assert second == {"paired": CLIENT}


async def test_a_window_that_closes_on_nobody_is_exit_code_1(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=None, looks=2)
    said = await cli("pair")

    assert (said.code, said.lines[-1]) == (1, "Pairing is closed, and nobody has paired.")


async def test_tries_that_were_used_up_by_somebody_are_told(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=None, starts_left=0)
    said = await cli("pair")

    assert said.code == 1
    assert said.lines[-1].startswith("All tries are used up.")


async def test_ctrl_c_closes_the_window(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=None)
    process = await cli.start("pair")
    assert process.stdout
    async with asyncio.timeout(45):
        while not (await process.stdout.readline()).startswith(b"Waiting"):
            pass
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    assert bridge.was_asked("pairing.close") == [{}]


async def test_pairing_need_not_wait(bridge: FakeBridge, cli: Cli) -> None:
    PairingWindow(bridge, pairs_after=None)

    assert (await cli("pair", "--no-wait", "--json")).json["code"] == "01234567"
    assert bridge.was_asked("pairing.status") == []


async def test_clients_are_listed_and_revoked(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["clients.list"] = {
        "clients": [CLIENT, {**CLIENT, "id": "c2", "name": "Evil\x1b[2J", "connected": True}]
    }
    said = await cli("clients")

    assert said.lines[1].split() == "Home Assistant c1 never 192.168.1.5 2026-11-18 11:06:40 lock, state".split()
    assert "\x1b" not in said.out, "a name cannot command the terminal"
    assert " now " in said.lines[2]
    assert (await cli("revoke", "home assistant")).lines == ["Home Assistant (c1) may no longer speak with the bridge."]
    assert bridge.was_asked("clients.revoke") == [{"client_id": "c1"}]


async def test_a_backup_is_copied_to_where_it_was_wanted_and_over_nothing(
    tmp_path: Path, bridge: FakeBridge, cli: Cli
) -> None:
    made, wanted = tmp_path / "made.db", tmp_path / "wanted.db"
    made.write_bytes(b"store" * 1000)
    bridge.answers["store.backup"] = {"file": str(made), "bytes": 5000}

    assert (await cli("backup")).lines[0] == f"{made} holds the store (5 KB), and was looked at in full."
    said = await cli("backup", str(wanted), "--json")
    assert said.json == {"file": str(wanted), "bytes": 5000}
    assert wanted.read_bytes() == made.read_bytes()
    assert wanted.stat().st_mode & 0o777 == 0o600
    said = await cli("backup", str(wanted))
    assert (said.code, said.error) == (1, f"{wanted} is there already. The backup is in {made}.\n")
    said = await cli("backup", str(tmp_path / "no" / "folder.db"))
    assert said.code == 1
    assert "folder.db cannot be written: No such file or directory" in said.error
    assert bridge.was_asked("store.backup") == [{"file": None}] * 4


SEEN = {
    "lights": {"keys": ["1", "2"], "lamps": ["battery"]},
    "heard": [
        {"seq": 1, "kind": "tone", "what": "key"},
        {"seq": 2, "kind": "prompt", "what": "charge_battery", "text": "Charge the battery."},
    ],
    "alarm": True,
    "bolt": "thrown",
    "door": "closed",
    "handle": "rest",
    "felt": "The door does not move.",
}


async def test_what_is_seen_and_heard_at_the_door_is_told(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["door"] = SEEN
    said = await cli("door", "press", "1", "2", "ok")

    assert said.lines == [
        "The door does not move.",
        "A tone: key",
        'A voice: "Charge the battery."',
        "Keys lit: 1 2. Lamps: battery.",
        "Bolt thrown, door closed, handle at rest. The alarm sounds.",
    ]
    assert (await cli("door", "state", "--json", "--lock", "Front door")).json == SEEN
    assert bridge.was_asked("door") == [
        {"lock": None, "words": ["press", "1", "2", "ok"]},
        {"lock": "front_door", "words": ["state"]},
    ]


async def test_output_that_nobody_reads_on_is_no_failure(bridge: FakeBridge, cli: Cli) -> None:
    many = [event(seq, "doorbell", reason="x" * 5000) for seq in range(200)]
    bridge.answers["journal.query"] = {"epoch": "e", "oldest": 1, "head": 200, "events": many}
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m lock_bridge journal --json --limit 200 | head -c 1; exit ${{PIPESTATUS[0]}}",
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=cli.environment,
    )
    async with asyncio.timeout(45):
        _, error = await process.communicate()
    assert (process.returncode, error) == (0, b"")


async def test_a_short_command_imports_nothing_slow(bridge: FakeBridge, cli: Cli) -> None:
    bridge.answers["door"] = SEEN
    program = (
        "import sys; from lock_bridge.cli.app import main; code = main(['door', 'state', '--json'])\n"
        "slow = {'asyncio', 'aiohttp', 'cryptography', 'sqlite3', 'ssl', 'tomllib'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
        "sys.exit(code)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, env=cli.environment
    )
    async with asyncio.timeout(45):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.decode().splitlines()[1] == "[]"


def test_everything_that_the_wire_can_do_is_a_command() -> None:
    sources = "".join(file.read_text() for file in Path(lock_bridge.cli.__file__).parent.glob("*.py"))
    of_clients = {"clients.leave", "remote_unlock.set"}  # a client's own; here the setting is one like any other
    assert {name for name in COMMANDS if f'"{name}"' not in sources} == of_clients


def test_the_socket_is_where_it_was_said_to_be(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    environment = {"LOCK_BRIDGE_SOCKET": "/named/in/environment"}
    there = tmp_path / "there"
    there.touch()

    assert socket_path("/a/b", str(config), environment) == Path("/a/b")
    config.write_text('[bridge]\ndata = "state"\nbroken = []')
    assert socket_path(None, str(config), environment) == tmp_path / "state" / "control.sock"
    config.write_text('[bridge]\nsocket = "/run/x.sock"')
    assert socket_path(None, str(config), environment) == Path("/run/x.sock")
    config.write_text("")
    assert socket_path(None, str(config), environment) == Path("/var/lib/lock-bridge/control.sock")
    assert socket_path(None, None, environment) == Path("/named/in/environment")
    assert socket_path(None, None, {}, (tmp_path / "gone", there)) == there
    assert socket_path(None, None, {}, (tmp_path / "gone", tmp_path / "gone too")) == tmp_path / "gone"


@pytest.mark.parametrize("text", ["[bridge", "bridge = 3", "[bridge]\nsocket = 3", None])
def test_a_config_that_names_no_socket_is_explained(tmp_path: Path, text: str | None) -> None:
    config = tmp_path / "c.toml"
    if text is not None:
        config.write_text(text)
    with pytest.raises(UsageError, match=r"c\.toml cannot be used: .* lock-bridge doctor --config"):
        socket_path(None, str(config), {})


def every_command(top: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    commands = [command for action in actions for command in action.choices.values()]
    return [top] if not commands else [leaf for command in commands for leaf in every_command(command)]


def test_a_command_is_understood_alone_as_among_all_others() -> None:
    def choices(top: argparse.ArgumentParser) -> set[str]:
        (action,) = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
        return set(action.choices)

    for names, _ in GROUPS:
        for name in names:
            assert choices(parser([name])) == set(names)
    assert choices(parser()) == {name for names, _ in GROUPS for name in names} == choices(parser(["dor"]))


def test_every_command_but_run_can_answer_with_json_and_is_carried_out_by_something() -> None:
    import importlib

    for command in every_command(parser()):
        options = {option for action in command._actions for option in action.option_strings}
        assert "--json" in options or command.prog == "lock-bridge run", command.prog
        module, _, function = command.get_default("command").partition(":")
        assert callable(getattr(importlib.import_module(f"lock_bridge.cli.{module}"), function)), command.prog
        assert "--passcode" not in options
