"""What the config may say of a loudspeaker."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """See `driver.Settings`."""

    rate: int
    device: str | None
    prompts: Path | None


def _read(table: Table, _port: str) -> Options:
    prompts = table.optional("prompts", longest=4096)
    if prompts is not None and not prompts.startswith("/"):
        table.problem("prompts", "is not allowed. Allowed is the whole path of a folder.")
    return Options(
        rate=table.integer("rate", 150, 80, 450, unit=" of words a minute"),
        device=table.optional("device", longest=255),
        prompts=None if prompts is None else Path(prompts),
    )


def _build(options: Any, around: Surroundings) -> object:
    from .driver import Settings, Speaker  # nobody else needs subprocesses

    given = cast("Options", options)
    return Speaker(Settings(rate=given.rate, device=given.device, prompts=given.prompts), around.cache)


DRIVER: Final = Driver(
    name="speaker",
    ports=("sounder",),
    title="a loudspeaker of the machine, with espeak-ng and aplay",
    read=_read,
    build=_build,
    uses=lambda options: (Use("sound", options.device or "default", "device", "loudspeaker", shared=True),),
)
