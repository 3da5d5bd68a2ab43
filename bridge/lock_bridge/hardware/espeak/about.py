"""What the config may say of a loudspeaker with espeak-ng."""

from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.surroundings import Surroundings


def _read(table: Table, _port: str) -> dict[str, Any]:
    return {
        "rate": table.integer("rate", 150, 80, 450, unit=" of words a minute"),
        "device": table.optional("device", longest=255),
    }


def _build(options: Any, _around: Surroundings) -> object:
    from . import EspeakSounder, Settings  # nobody else needs subprocesses

    return EspeakSounder(Settings(**options))


DRIVER: Final = Driver(
    name="espeak",
    ports=("sounder",),
    title="a loudspeaker with espeak-ng",
    read=_read,
    build=_build,
    uses=lambda options: (Use("sound", options["device"] or "default", "device", "speaker", shared=True),),
)
