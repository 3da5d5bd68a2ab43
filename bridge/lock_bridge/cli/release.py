"""`hardware release`: what a bridge that has died may have left on is switched off; the unit's ExecStopPost."""

from typing import Final

from lock_bridge.hardware.gpio.kernel import KernelLines
from lock_bridge.hardware.gpio.lines import Lines
from lock_bridge.hardware.gpio.release import release as switch_off
from lock_bridge.hardware.trouble import Trouble

from .hardware import read
from .session import Session

_LINES: Final[Lines] = KernelLines()


def release(session: Session, *, lines: Lines = _LINES) -> int:
    """Drive every output line of the config inactive but those that a running bridge has; 1 where one could not be."""
    config = read(session.args.file)
    uses = [use for lock in config.locks for part in lock.parts.values() for use in part.uses]
    outputs = [use.what for use in uses if use.kind == "line" and use.output]
    failed = switch_off(uses, lines)
    busy = [what for what, error in failed.items() if error.trouble is Trouble.IN_USE]
    wrong = {what: str(error) for what, error in failed.items() if what not in busy}
    safe = [what for what in dict.fromkeys(outputs) if what not in failed]
    session.show(
        {"released": safe, "in_use": busy, "failed": wrong},
        [
            *([f"Switched off: {', '.join(safe)}."] if safe else []),
            *(f"{what} is in use, and was left alone." for what in busy),
            *(f"{what} could not be switched off: {text}" for what, text in wrong.items()),
            *([] if outputs else ["No part of this config has a line that is driven."]),
        ],
    )
    return 1 if wrong else 0
