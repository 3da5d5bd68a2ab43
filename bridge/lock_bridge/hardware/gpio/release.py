"""Makes everything safe that a bridge which has died may have left on: for systemd's ExecStopPost.

On a Raspberry Pi without `dtparam=strict_gpiod` a line stays as it was when its process dies, a motor's with it.
"""

from collections.abc import Iterable

from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.trouble import PartError

from .lines import Line, Lines


def release(uses: Iterable[Use], lines: Lines, *, consumer: str = "lock-bridge release") -> dict[str, PartError]:
    """Drive each output line inactive and give it back. Returns those where that failed, by name, and why.

    Each line by itself: one that is missing keeps no other from being made safe. A line that somebody uses (`IN_USE`)
    is left alone: a bridge that runs looks after it.
    """
    failed: dict[str, PartError] = {}
    for use in uses:
        if use.kind == "line" and use.output:
            try:
                lines.outputs(consumer, {"line": Line(use.what, use.active_low)}).close()
            except PartError as error:
                failed[use.what] = error
    return failed
