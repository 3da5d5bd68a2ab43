"""The commands and their arguments. A command names the function that carries it out; that is imported only then."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from lock_bridge import __version__

from .output import CREDENTIALS

ENROLLED: Final = ("fingerprint", "rfid", "face", "palm_vein")
MODES: Final = ("passage", "leaving-home", "normal")

_USER: Final = "ID|NUMBER|NAME"

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
    show = _add(actions, "show", "people:show", "show a user with all that she has", of_lock=True)
    show.add_argument("user", metavar=_USER)
    add = _add(actions, "add", "people:add", "add a new user to a lock", of_lock=True)
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=("administrator", "user"), default="user")
    add.add_argument("--disabled", action="store_true", help="not to enter for now")
    _validity(add)
    join = _add(actions, "join", "people:join", "put a user of another lock on this one too", of_lock=True)
    join.add_argument("user", metavar="ID|NAME")
    change = _add(actions, "change", "people:change", "change a user, on all her locks", of_lock=True)
    change.add_argument("user", metavar=_USER)
    change.add_argument("--name", metavar="NAME", help="a new name")
    change.add_argument("--role", choices=("administrator", "user"))
    enabled = change.add_mutually_exclusive_group()
    enabled.add_argument("--enable", dest="enabled", action="store_true", default=None)
    enabled.add_argument("--disable", dest="enabled", action="store_false", default=None)
    _validity(change)
    delete = _add(actions, "delete", "people:delete", "delete a user and all her credentials")
    delete.add_argument("user", metavar=_USER)
    delete.add_argument("--lock", metavar="ID|NAME", help="from which lock (default: from all of hers, or from none)")
    clear = _add(actions, "clear", "people:clear", "delete everybody who is no administrator", of_lock=True)
    clear.add_argument("--yes", action="store_true", help="do not ask")


def _validity(command: argparse.ArgumentParser) -> None:
    _from_until(command, command)
    command.add_argument(
        "--schedule",
        action="append",
        metavar="DAYS HOURS",
        help='may enter each week at these hours of the house, as "mon-fri 08:00-17:00"; may be repeated; or "none"',
    )
    command.add_argument("--uses", metavar="N", help='may enter so many times, or "none" for no limit')


def _from_until(command: argparse.ArgumentParser, end: argparse._ActionsContainer) -> None:
    when = 'as "2026-12-24 18:00" in this machine\'s time zone, or "none"'
    command.add_argument("--from", dest="valid_from", metavar="TIME", help=f"may enter from then on, {when}")
    end.add_argument("--until", dest="valid_until", metavar="TIME", help="may enter until then, likewise")


def _credentials(commands: _Commands) -> None:
    credential = commands.add_parser("credential", help="give or take passcodes, fingerprints, cards, faces and keys")
    actions = _actions(credential)
    passcode = _add(actions, "passcode", "credentials:passcode", "give a user a passcode", of_lock=True)
    passcode.description = "Give a user a passcode: asked for without showing it, or read from standard input."
    passcode.add_argument("user", metavar=_USER)
    passcode.add_argument("--generate", action="store_true", help="let the bridge make one, and show it once")
    passcode.add_argument("--duress", action="store_true", help="one that opens as any other and raises a silent alarm")
    temporary = _add(actions, "temporary", "credentials:temporary", "make a visitor's passcode", of_lock=True)
    temporary.description = "Have the bridge make a passcode for a user's visitor. It is shown once."
    _visitor(temporary)
    key = _add(actions, "key", "credentials:key", "make a visitor's Bluetooth key", of_lock=True)
    key.description = "Have the bridge make a Bluetooth key for a user's visitor. It is shown once."
    _visitor(key)
    enrol = _add(actions, "enrol", "enrol:enrol", "learn a finger, card, face or palm at the door", of_lock=True)
    enrol.add_argument("user", metavar=_USER)
    _kind(enrol, "type", ENROLLED)
    enrol.add_argument("--duress", action="store_true", help="a finger that raises a silent alarm")
    enrol.add_argument("--no-wait", action="store_true", help="do not follow it to its end")
    _add(actions, "cancel", "enrol:cancel", "end the enrolment under way", of_lock=True)
    change = _one_credential(actions, "change", "change a credential's label, duress mark or owner")
    change.add_argument("--label", metavar="TEXT", help="what it is called")
    duress = change.add_mutually_exclusive_group()
    duress.add_argument("--duress", action="store_true", default=None, help="this finger raises a silent alarm")
    duress.add_argument("--no-duress", dest="duress", action="store_false")
    change.add_argument("--user", metavar=_USER, help="whose it is, on a lock that numbers nobody")
    _one_credential(actions, "delete", "delete one credential")
    clear = _add(actions, "clear", "credentials:clear", "delete all of a user, or of a kind", of_lock=True)
    clear.add_argument("--user", metavar=_USER, help="of this user only")
    _kind(clear, "--type", tuple(CREDENTIALS), "of this kind only")
    clear.add_argument("--yes", action="store_true", help="do not ask")


def _visitor(command: argparse.ArgumentParser) -> None:
    command.add_argument("user", metavar=_USER, help="whose visitor it is")
    command.add_argument("--label", metavar="TEXT", help="what it is called, such as the visitor's name")
    end = command.add_mutually_exclusive_group()
    _from_until(command, end)
    end.add_argument("--for", dest="valid_for", metavar="TIME", help="good for so long, as 30m, 2h or 3d")
    often = command.add_mutually_exclusive_group()
    often.add_argument("--once", action="store_true", help="good for one entry")
    often.add_argument("--uses", metavar="N", help="good for so many entries")


def _one_credential(actions: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = _add(actions, name, f"credentials:{name}", text, of_lock=True)
    _kind(command, "type", tuple(CREDENTIALS))
    command.add_argument("number", type=int)
    return command


def _kind(command: argparse.ArgumentParser, name: str, kinds: Sequence[str], text: str | None = None) -> None:
    """A kind of credential, by what people call it or by its name on the wire."""
    called = {CREDENTIALS[kind]: kind for kind in kinds}

    def kind(word: str) -> str:
        if word not in called and word not in kinds:
            raise argparse.ArgumentTypeError(f"allowed is one of {', '.join(called)}")
        return called.get(word, word)

    command.add_argument(name, type=kind, metavar=f"{{{','.join(called)}}}", help=text)


def _bluetooth(commands: _Commands) -> None:
    bluetooth = commands.add_parser("bluetooth", help="the phones that a lock is paired with")
    actions = _actions(bluetooth)
    code = _add(actions, "code", "bluetooth:code", "set the lock's pairing code for phones", of_lock=True)
    code.description = "Set the pairing code: asked for without showing it, or read from standard input."
    code.add_argument("--default", action="store_true", help="go back to the default code")
    _add(actions, "clear", "bluetooth:clear", "forget the paired phones, and use the default code", of_lock=True)


def _key(commands: _Commands) -> None:
    key = commands.add_parser("key", help="open or lock a door with a Bluetooth key, as its visitor")
    actions = _actions(key)
    for name, text in (
        ("unlock", "open the door"),
        ("lock", "lock the door"),
        ("pair", "let the lock know this machine"),
    ):
        command = _of_visitor(actions, name, text)
        given = "the lock's pairing code" if name == "pair" else "the key"
        command.description = (
            f"{command.description} Asks for {given} without showing it, or reads it from standard input."
        )
        command.add_argument("--door", metavar="NAME|ADDRESS", help="which lock (default: the first that is heard)")
        command.add_argument("--name", metavar="NAME", help="what this machine is called at the lock")
        command.add_argument(
            "--adapter", metavar="hciN", help="which adapter of this machine (Linux; default: the first)"
        )
        command.add_argument("--wait", type=float, default=10.0, metavar="S", help="look for it so long (default 10)")
        command.add_argument("--file", metavar="FILE", help="where this machine keeps who it is to locks")
    page = _of_visitor(actions, "page", "write the web page for visitors' phones into a file")
    page.add_argument("file", metavar="FILE", help="such as key.html")


def _of_visitor(actions: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    """A command that needs no bridge."""
    command = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
    command.add_argument("--json", action="store_true", help="answer with JSON")
    command.set_defaults(command=f"key:{name}")
    return command


def _locks(commands: _Commands) -> None:
    for name, text in (("lock", "lock the door"), ("unlock", "unlock the door from afar, if its settings allow it")):
        command = _add(commands, name, f"locks:{name}", text)
        command.add_argument("lock", nargs="?", metavar="ID|NAME", help="which lock (default: the only one)")
    mode = _add(commands, "mode", "locks:mode", "hold the door open, or arm it for leaving home", of_lock=True)
    mode.add_argument("mode", choices=MODES)
    mode.add_argument("--for", dest="span", metavar="TIME", help="hold it open for so long, as 30m or 2h")
    mute = _add(commands, "mute", "locks:mute", "keep a lock silent until somebody opens it", of_lock=True)
    mute.add_argument("on", choices=("on", "off"))
    lockout = commands.add_parser("lockout", help="end a lockout")
    _add(_actions(lockout), "end", "locks:end_lockout", "end it now", of_lock=True)
    settings = _add(commands, "settings", "locks:settings", "show or change a lock's settings", of_lock=True)
    settings.add_argument("changes", nargs="*", metavar="NAME=VALUE", help="remote_unlock=on, countdown_delay_s=20, …")


def _upkeep(commands: _Commands) -> None:
    _add(commands, "restart", "upkeep:restart", "start a lock's logic anew", of_lock=True)
    _add(commands, "pairing", "upkeep:pairing", "open pairing at a lock, whose inside shows the code", of_lock=True)
    reset = _add(commands, "factory-reset", "upkeep:factory_reset", "make a lock as it was when new", of_lock=True)
    reset.add_argument("--yes", action="store_true", help="do not ask")


def _hardware(commands: _Commands) -> None:
    hardware = commands.add_parser("hardware", help="the parts attached to this machine")
    actions = _actions(hardware)
    scan = actions.add_parser(
        "scan", help="list what is attached, and propose lines for the config", allow_abbrev=False
    )
    scan.description = "List what is attached to this machine, who may use it, and what to write into the config."
    scan.add_argument("--json", action="store_true", help="answer with JSON")
    scan.set_defaults(command="scan:scan")
    test = _of_file(actions, "test", "hardware:test", "try each part of a config; the bridge must be stopped")
    test.add_argument("--lock", metavar="ID|NAME", help="of this lock only (default: of all)")
    test.add_argument("--only", metavar="PORT", help="this part alone, such as fingerprint")
    test.add_argument("--move", action="store_true", help="run the bolt to and fro, and play a tone and a prompt")
    drawing = _of_file(actions, "drawing", "drawing:drawing", "draw how the parts of a config are wired (SVG)")
    drawing.add_argument("--lock", metavar="ID|NAME", help="of which lock (default: the only one)")
    drawing.add_argument("-o", "--output", metavar="FILE.svg", help="into this file (default: standard output)")
    _of_file(actions, "render", "hardware:render", "make all spoken prompts of a config now")
    _of_file(actions, "release", "release:release", "switch off all lines that a bridge which died may have left on")
    trust = _add(actions, "trust", "trust:trust", "take a replaced part as the right one", of_lock=True)
    trust.description = "Take a module that is not the one that was there before as the right one. It is emptied first."
    trust.add_argument("part", metavar="PART", help="such as fingerprint; lock-bridge status names it")
    trust.add_argument("--yes", action="store_true", help="do not ask")


def _of_file(actions: _Commands, name: str, function: str, text: str) -> argparse.ArgumentParser:
    """A command on a config, without the bridge."""
    command = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
    command.add_argument("file", metavar="FILE", help="the config")
    command.add_argument("--json", action="store_true", help="answer with JSON")
    command.set_defaults(command=function)
    return command


def _door(commands: _Commands) -> None:
    door = _add(commands, "door", "door:door", "do something at a simulated door", of_lock=True)
    door.description = (
        "Do something at a simulated door, and tell what is to be seen and heard there. docs/simulator.md."
    )
    door.add_argument(
        "words", nargs="+", metavar="WORD", help="press 1 2 3 ok | touch Anna right thumb | state | play FILE | …"
    )
    door.add_argument("--new", action="store_true", help="with play: first make the lock as new, with all that goes")


GROUPS: Final[tuple[tuple[tuple[str, ...], Callable[[_Commands], None]], ...]] = (
    (("run", "doctor", "status", "backup", "restore"), _service),
    (("pair", "clients", "revoke"), _clients),
    (("journal",), _journal),
    (("users", "user"), _people),
    (("credential",), _credentials),
    (("bluetooth",), _bluetooth),
    (("key",), _key),
    (("lock", "unlock", "mode", "mute", "lockout", "settings"), _locks),
    (("restart", "pairing", "factory-reset"), _upkeep),
    (("hardware",), _hardware),
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
