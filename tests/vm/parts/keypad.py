"""A keypad on USB, as the kernel sees it: an input device whose keys are pressed from here."""

from typing import Final

from evdev import UInput, ecodes

NAME: Final = "Guest keypad"
KEYS: Final = {
    **{str(digit): ecodes.ecodes[f"KEY_KP{digit}"] for digit in range(10)},
    "confirm": ecodes.KEY_KPENTER,
    "back": ecodes.KEY_KPASTERISK,
}


class Keypad:
    """Plugged in as soon as it is made."""

    def __init__(self, name: str = NAME) -> None:
        self._name = name
        self._device: UInput | None = None
        self.plug()

    def plug(self) -> None:
        """The kernel gives it the next number that is free."""
        self._device = UInput({ecodes.EV_KEY: [*KEYS.values()]}, name=self._name)

    def unplug(self) -> None:
        """Pull it."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def press(self, *keys: str) -> None:
        """One after the other, each down and up."""
        assert self._device is not None
        for key in keys:
            for value in (1, 0):
                self._device.write(ecodes.EV_KEY, KEYS[key], value)
                self._device.syn()
