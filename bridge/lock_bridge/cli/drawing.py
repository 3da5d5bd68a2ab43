"""`hardware drawing`: how the parts of a config are wired, as an SVG."""

from pathlib import Path

from lock_bridge.hardware.drawing import plan, svg

from .hardware import chosen, model, read
from .output import say_plain
from .session import Session
from .usage import UsageError


def drawing(session: Session) -> None:
    """Write the drawing into a file, or to standard output."""
    args = session.args
    config = read(args.file)
    locks = chosen(config, args.lock)
    if len(locks) > 1:
        known = ", ".join(f"{lock.id} ({lock.name})" for lock in locks)
        raise UsageError(f"Say which lock with --lock. There are: {known}.")
    (lock,) = locks
    made = plan(config.bridge, lock, model(lock).name)
    text = svg(made)
    if args.output is None and not session.json:
        say_plain(text.removesuffix("\n"))
        return
    if args.output is not None:
        try:
            Path(args.output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{args.output} cannot be written: {error.strerror}.") from None
    wires = [
        {"number": wire.number, "from": wire.source, "header_pin": wire.header, "to": block.title, "pin": wire.pin}
        for block, wire in made.wires
    ]
    session.show({"file": args.output, "wires": wires}, [f"{args.output} shows {len(wires)} wires of {lock.name}."])
