"""All drivers that the config may name. Nothing of them but what they say of themselves is imported."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .bluez.about import DRIVER as BLUEZ
from .bolt_motor.about import DRIVER as BOLT_MOTOR
from .bolt_strike.about import DRIVER as BOLT_STRIKE
from .driver import Driver
from .ef01.about import DRIVER as EF01
from .efaa.about import DRIVER as EFAA
from .evdev_keypad.about import DRIVER as EVDEV_KEYPAD
from .gpio_contacts.about import DRIVER as GPIO_CONTACTS
from .pcsc.about import DRIVER as PCSC
from .pn532.about import DRIVER as PN532
from .power.about import INA219, MAINS, MAX17048, POWER_SUPPLY
from .speaker.about import DRIVER as SPEAKER

_ALL: Final = (
    BLUEZ,
    BOLT_MOTOR,
    BOLT_STRIKE,
    EF01,
    EFAA,
    EVDEV_KEYPAD,
    GPIO_CONTACTS,
    INA219,
    MAINS,
    MAX17048,
    PCSC,
    PN532,
    POWER_SUPPLY,
    SPEAKER,
)

DRIVERS: Final[Mapping[str, Driver]] = MappingProxyType({driver.name: driver for driver in _ALL})
"""By their names. The simulated door is none of them: it is all ports at once."""

REQUIRED_PORTS: Final = ("keypad", "sounder", "fingerprint", "card", "bolt", "contacts", "power")
"""What a lock without a simulated door has to name, as far as its model has it."""

OPTIONAL_PORTS: Final = ("face", "palm_vein", "radios", "inside")
"""What it may lack."""

PORTS: Final = REQUIRED_PORTS + OPTIONAL_PORTS
