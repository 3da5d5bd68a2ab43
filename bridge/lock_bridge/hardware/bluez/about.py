"""What the config may say of the machine's radios."""

import re
from typing import Any, Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.wire.words import CredentialType

_ADAPTER: Final = re.compile(r"hci[0-9]{1,2}|(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", re.ASCII)
_ADAPTERS: Final = 'a name such as "hci0", or an address such as "B8:27:EB:12:34:56"'
_INTERFACE: Final = re.compile(r"[^\s/:]{1,15}", re.ASCII)
_NAME_BYTES: Final = 26
"""What fits a scan response of 31 bytes with room for the name's own head and a little more."""


def _read(table: Table, _port: str) -> dict[str, Any]:
    adapter = table.word("adapter", "", _ADAPTER, _ADAPTERS)
    name = table.text("name", "Lock Bridge", longest=_NAME_BYTES)
    if len(name.encode()) > _NAME_BYTES:
        table.problem("name", f"is too long: at most {_NAME_BYTES} bytes can be told by radio.")
    exclusive = table.boolean("exclusive", False)
    wifi = table.boolean("wifi", False)
    interface = table.word("wifi_interface", "", _INTERFACE, 'an interface such as "wlan0"')
    return {
        "adapter": adapter or None,
        "name": name,
        "exclusive": exclusive,
        "wifi": wifi,
        "wifi_interface": interface or None,
    }


def _build(options: Any, around: Surroundings) -> object:
    from .driver import BluezRadios, Settings  # brings a library along
    from .wifi import Wifi

    profile = around.profile
    return BluezRadios(
        Settings(name=options["name"], adapter=options["adapter"], exclusive=options["exclusive"]),
        around.clock,
        part=around.name,
        bluetooth=profile.limits(CredentialType.BLE) is not None,
        wifi=Wifi(options["wifi_interface"]) if "wifi" in profile.settings else None,
        switches_wifi=options["wifi"],
    )


DRIVER: Final = Driver(
    name="bluez",
    ports=("radios",),
    title="the machine's Bluetooth through BlueZ, and its Wi-Fi",
    read=_read,
    build=_build,
    # Other programs may use the adapter too, but a phone could not tell two locks behind one adapter apart.
    uses=lambda options: (Use("adapter", options["adapter"] or "hci0", "adapter", "adapter"),),
    extra="ble",
)
