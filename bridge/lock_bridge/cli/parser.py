"""The commands and their arguments. A command names the function that carries it out; that is imported only then."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from lock_bridge import __version__

ENROLLED: Final = ("fingerprint", "rfid")
KINDS: Final = ("pin", *ENROLLED)

type _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it


def parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line; where `argv` begins with a command, only what that needs, for argparse is slow to learn all."""
    top = argparse.ArgumentParser(
        prog="lock-bridge",
        description="Runs a smart lock on this machine, and speaks with the bridge that runs.",
        epilog="Exit codes: 0 done, 1 refused or failed, 2 not understood, 3 no bridge answers.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"lock-bridge {__version__}")
    commands = _actions(top, title="commands", metavar="COMMAND")
    wanted = [build for names, build in GROUPS if argv and argv[0] in names]
    for build in wanted or [build for _, build in GROUPS]:
        build(commands)
    return top


def _service(commands: _Commands) -> None:
    run = commands.add_parser("run", help="run the bridge", allow_abbrev=False)
    run.description = "Run the bridge until it is told to stop."
    run.add_argument("--config", required=True, metavar="FILE", help="the config file")
    run.add_argument("--time-scale", type=float, metavar="X", help="let simulated doors' time run X times as fast")
    run.add_argument("--log-format", choices=("text", "json"), default="text", help="logs for people or for programs")
    run.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    run.set_defaults(command="run:run", socket=None, json=False)

    doctor = _add(commands, "doctor", "doctor:doctor", "look for what is wrong, and say what to do about it")
    doctor.description = "Look at everything that has to be right. Works whether the bridge runs or not."
    _add(commands, "status", "locks:status", "what the locks and the bridge are doing")
    backup = _add(commands, "backup", "files:backup", "write a verified backup of the store")
    backup.add_argument("file", nargs="?", metavar="FILE", help="a new file (default: one in the backup folder)")
    restore = _add(
        commands, "restore", "files:restore", "put a backup in the store's place; the bridge must be stopped"
    )
    restore.add_argument("file", metavar="FILE", help="the backup")
    restore.add_argument("--yes", action="store_true", help="do not ask")


def _clients(commands: _Commands) -> None:
    pair = _add(commands, "pair", "clients:pair", "open the pairing window and show its code")
    pair.add_argument("--no-wait", action="store_true", help="do not wait until somebody has paired")
    _add(commands, "clients", "clients:clients", "list the paired clients")
    revoke = _add(commands, "revoke", "clients:revoke", "take a client's access back")
    revoke.add_argument("client", metavar="ID|NAME")


def _journal(commands: _Commands) -> None:
    journal = _add(commands, "journal", "journal:journal", "what happened, newest last")
    journal.add_argument("--follow", "-f", action="store_true", help="go on with what happens from now on")
    journal.add_argument("--limit", "-n", type=int, default=50, metavar="N", help="at most so many (default 50)")
    journal.add_argument("--user", metavar="ID|NAME", help="of this person only")
    journal.add_argument("--lock", metavar="ID|NAME", help="of this lock only")
    journal.add_argument(
        "--type", action="append", default=[], metavar="TYPE", help="of this kind only; may be repeated"
    )


def _people(commands: _Commands) -> None:
    _add(commands, "users", "people:users", "list a lock's users", of_lock=True)
    user = commands.add_parser("user", help="add, change or delete a user")
    actions = _actions(user)
    _add(actions, "list", "people:users", "list a lock's users", of_lock=True)
    add = _add(actions, "add", "people:add", "add a user to a lock", of_lock=True)
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=("administrator", "user"), default="user")
    add.add_argument("--disabled", action="store_true", help="not to enter for now")
    _validity(add)
    change = _add(actions, "change", "people:change", "change a user", of_lock=True)
    change.add_argument("user", metavar="ID|NUMBER|NAME")
    change.add_argument("--name", metavar="NAME", help="a new name")
    change.add_argument("--role", choices=("administrator", "user"))
    enabled = change.add_mutually_exclusive_group()
    enabled.add_argument("--enable", dest="enabled", action="store_true", default=None)
    enabled.add_argument("--disable", dest="enabled", action="store_false", default=None)
    _validity(change)
    delete = _add(actions, "delete", "people:delete", "delete a user and all her credentials", of_lock=True)
    delete.add_argument("user", metavar="ID|NUMBER|NAME")


def _validity(command: argparse.ArgumentParser) -> None:
    when = 'as "2026-12-24 18:00" in this machine\'s time zone, or "none"'
    command.add_argument("--from", dest="valid_from", metavar="TIME", help=f"may enter from then on, {when}")
    command.add_argument("--until", dest="valid_until", metavar="TIME", help="may enter until then, likewise")


def _credentials(commands: _Commands) -> None:
    credential = commands.add_parser("credential", help="give or take passcodes, fingerprints and cards")
    actions = _actions(credential)
    passcode = _add(actions, "passcode", "credentials:passcode", "give a user a passcode", of_lock=True)
    passcode.description = "Give a user a passcode: asked for without showing it, or read from standard input."
    passcode.add_argument("user", metavar="ID|NUMBER|NAME")
    passcode.add_argument("--generate", action="store_true", help="let the bridge make one, and show it once")
    enrol = _add(actions, "enrol", "credentials:enrol", "learn a fingerprint or card at the door", of_lock=True)
    enrol.add_argument("user", metavar="ID|NUMBER|NAME")
    enrol.add_argument("type", choices=ENROLLED)
    enrol.add_argument("--no-wait", action="store_true", help="do not follow it to its end")
    delete = _add(actions, "delete", "credentials:delete", "delete one credential", of_lock=True)
    delete.add_argument("type", choices=KINDS)
    delete.add_argument("number", type=int)
    _add(actions, "cancel", "credentials:cancel", "end the enrolment under way", of_lock=True)


def _locks(commands: _Commands) -> None:
    for name, text in (("lock", "lock the door"), ("unlock", "unlock the door from afar, if its settings allow it")):
        command = _add(commands, name, f"locks:{name}", text)
        command.add_argument("lock", nargs="?", metavar="ID|NAME", help="which lock (default: the only one)")
    lockout = commands.add_parser("lockout", help="end a lockout")
    _add(_actions(lockout), "end", "locks:end_lockout", "end it now", of_lock=True)
    settings = _add(commands, "settings", "locks:settings", "show or change a lock's settings", of_lock=True)
    settings.add_argument("changes", nargs="*", metavar="NAME=VALUE", help="remote_unlock=on, countdown_delay_s=20, …")


def _door(commands: _Commands) -> None:
    door = _add(commands, "door", "door:door", "do something at a simulated door", of_lock=True)
    door.description = (
        "Do something at a simulated door, and tell what is to be seen and heard there. docs/simulator.md."
    )
    door.add_argument(
        "words", nargs="+", metavar="WORD", help="press 1 2 3 ok | touch Anna right thumb | open | state | …"
    )


GROUPS: Final[tuple[tuple[tuple[str, ...], Callable[[_Commands], None]], ...]] = (
    (("run", "doctor", "status", "backup", "restore"), _service),
    (("pair", "clients", "revoke"), _clients),
    (("journal",), _journal),
    (("users", "user"), _people),
    (("credential",), _credentials),
    (("lock", "unlock", "lockout", "settings"), _locks),
    (("door",), _door),
)
"""Commands, and what tells argparse of them."""


def _actions(command: argparse.ArgumentParser, *, metavar: str = "ACTION", title: str = "actions") -> _Commands:
    return command.add_subparsers(title=title, metavar=metavar, required=True)


def _add(commands: _Commands, name: str, function: str, text: str, *, of_lock: bool = False) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
    command.add_argument("--json", action="store_true", help="answer with JSON")
    command.add_argument("--socket", metavar="PATH", help="the bridge's local socket")
    command.add_argument("--config", metavar="FILE", help="the bridge's config, which says where its socket is")
    if of_lock:
        command.add_argument("--lock", metavar="ID|NAME", help="which lock (default: the only one)")
    command.set_defaults(command=function)
    return command
