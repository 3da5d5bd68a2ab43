"""What the config may say of card readers of the smart card service."""

from importlib import import_module
from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.surroundings import Surroundings


def _read(table: Table, _port: str) -> dict[str, Any]:
    return {"reader": table.optional("reader", longest=128), "buzzer": table.boolean("buzzer", default=True)}


def _build(options: Any, around: Surroundings) -> object:
    import_module("smartcard.scard")  # says now whether it is there

    from .driver import PcscReader
    from .settings import Settings

    return PcscReader(Settings(**options), around.memory, name=around.name)


DRIVER: Final = Driver(
    name="pcsc",
    ports=("card",),
    title="a card reader of the machine's smart card service (ACR122U, ACR1252U, uTrust)",
    read=_read,
    build=_build,
    uses=lambda options: (Use("reader", options["reader"] or "the only reader", "reader", "USB"),),
    extra="pcsc",
)
