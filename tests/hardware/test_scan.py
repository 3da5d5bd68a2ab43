"""What is attached is listed with what to write for it, on a machine that is made of files."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.cli.scan import lines
from lock_bridge.config import parse
from lock_bridge.hardware.gpio.kernel import SeenChip, SeenLine
from lock_bridge.hardware.scan import Found, Scan, Tree, proposals, scan
from lock_bridge.hardware.trouble import PartError, Trouble

LOCK = '[[lock]]\nid = "front"\nprofile = "{}"\n[lock.simulated]\n[lock.parts]\n{}\n'
MODELS = {"card": "l2s", "sounder": "l2s"}
"""A model that has the port; the face and palm lock has most."""


class Machine:
    """A machine of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.chips: list[SeenChip] = []
        self.readers: list[str] = []
        self.libraries = True
        self.programs = True
        self.trouble: Exception | None = None

    def write(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def link(self, path: str, to: str) -> None:
        link = self.root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(self.root / to, link.parent))

    def usb_serial(self, name: str, *, by_id: str | None = None, by_path: str | None = None) -> None:
        self.write(f"dev/{name}").chmod(0o660)
        usb = f"sys/devices/usb1/1-1-{name}"
        self.write(f"{usb}/manufacturer", "QinHeng\n")
        self.write(f"{usb}/product", "CH340\n")
        self.write(f"{usb}/serial", "42\n")
        self.write(f"{usb}/1-1:1.0/{name}/port_number", "0")
        self.link(f"sys/class/tty/{name}/device", f"{usb}/1-1:1.0/{name}")
        for folder, link in (("by-id", by_id), ("by-path", by_path)):
            if link is not None:
                self.link(f"dev/serial/{folder}/{link}", f"dev/{name}")

    def input(self, number: int, name: str, keys: set[int], link: str | None = None) -> None:
        words = [sum(1 << key - 64 * at for key in keys if key // 64 == at) for at in range(9)]
        self.write(f"dev/input/event{number}")
        folder = f"sys/class/input/event{number}/device"
        self.write(f"{folder}/name", name + "\n")
        self.write(f"{folder}/capabilities/key", " ".join(f"{word:x}" for word in reversed(words)) + "\n")
        if link is not None:
            self.link(f"dev/input/by-id/{link}", f"dev/input/event{number}")

    def scan(self) -> Scan:
        return scan(
            Tree(self.root),
            chips=self._chips,
            readers=self._readers,
            has_library=lambda _name: self.libraries,
            has_program=lambda _name: self.programs,
        )

    def _chips(self) -> Sequence[SeenChip]:
        if not self.libraries:
            raise PartError("the library gpiod is not installed", Trouble.LIBRARY_MISSING)
        return self.chips

    def _readers(self) -> Sequence[str]:
        if self.trouble is not None:
            raise self.trouble
        return self.readers


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def full(machine: Machine) -> Machine:
    """One of everything."""
    machine.usb_serial("ttyUSB0", by_id="usb-1a86_USB_Serial-if00-port0", by_path="p0")
    machine.input(3, 'Keypad "No. 1"', set(range(2, 12)), "usb-keypad-event-kbd")
    machine.chips = [SeenChip(machine.write("dev/gpiochip0"), "pinctrl-rp1", (SeenLine(0, "GPIO17", None, False),))]
    machine.readers = ["ACS ACR122U PICC Interface 00 00"]
    (machine.root / "sys/class/bluetooth/hci0").mkdir(parents=True)
    machine.write("dev/i2c-1")
    machine.write(
        "proc/asound/cards", " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                 x\n"
    )
    machine.write("dev/snd/pcmC0D0p")
    machine.write("dev/snd/controlC0")
    machine.write("sys/class/power_supply/BAT0/type", "Battery\n")
    return machine


def of(seen: Scan, kind: str) -> list[Found]:
    return [each for each in seen.found if each.kind == kind]


def test_every_proposed_line_is_one_that_the_config_takes(full: Machine) -> None:
    proposed = [(found, line) for found in full.scan().found for line in proposals(found)]
    for found, line in proposed:
        port = line.partition(" ")[0]
        config = parse(LOCK.format(MODELS.get(port, "palm6068"), line), profiles.names())
        assert found.kind in {use.kind for use in config.locks[0].parts[port].uses}
    assert {line.partition(" ")[0] for _, line in proposed} == {
        *("fingerprint", "face", "palm_vein", "card", "keypad", "radios", "power", "sounder")
    }


def test_a_port_is_called_by_the_name_that_stays(machine: Machine) -> None:
    machine.usb_serial("ttyUSB0", by_id="usb-one", by_path="here")
    machine.usb_serial("ttyUSB1", by_path="there")
    machine.usb_serial("ttyUSB2")
    machine.write("dev/ttyAMA0")
    machine.link("dev/serial0", "dev/ttyAMA0")
    machine.write("dev/ttyS7")
    machine.write("sys/class/tty/ttyS7/type", "0\n")

    found = {each.what: each for each in of(machine.scan(), "serial")}
    assert set(found) == {"/dev/serial/by-id/usb-one", "/dev/serial/by-path/there", "/dev/ttyUSB2", "/dev/serial0"}
    assert found["/dev/serial/by-id/usb-one"].title == "QinHeng CH340 no. 42 (ttyUSB0)"
    assert found["/dev/serial/by-id/usb-one"].notes == ()
    assert "named by the socket" in found["/dev/serial/by-path/there"].notes[0]
    assert "no name that stays" in found["/dev/ttyUSB2"].notes[0]
    assert found["/dev/serial0"].title == "serial port of the board (ttyAMA0)"


def test_a_port_that_the_kernels_console_uses_is_marked(machine: Machine) -> None:
    machine.write("dev/ttyAMA0")
    machine.write("proc/consoles", "ttyAMA0              -W- (EC p a)  204:64\n")
    assert "console uses it" in of(machine.scan(), "serial")[0].notes[0]


def test_of_input_devices_those_with_digits_are_keypads(machine: Machine) -> None:
    machine.input(0, "Power Button", {116})
    machine.input(1, "matrix-keypad", {*range(2, 12), 28})
    machine.input(10, "Numeric", set(range(512, 522)))
    machine.input(2, "mouse", set())

    button, matrix, numeric = of(machine.scan(), "input")
    assert proposals(button) == ()
    assert "no keypad" in button.notes[0]
    assert proposals(matrix) == ('keypad = { driver = "input", name = "matrix-keypad" }',)
    assert numeric.what == "Numeric"


def test_lines_are_listed_with_who_has_taken_them(machine: Machine) -> None:
    path = machine.write("dev/gpiochip0")
    machine.chips = [
        SeenChip(path, "pinctrl-rp1", (SeenLine(0, "GPIO2", "i2c", False), SeenLine(1, "GPIO17", None, False))),
        SeenChip(path, "bare", (SeenLine(0, "", None, False), SeenLine(1, "", None, False))),
        SeenChip(path, denied=True),
    ]
    first, bare, closed = of(machine.scan(), "line")
    assert first.notes == ("taken: GPIO2 by i2c", "free: GPIO17")
    assert bare.notes == ('Its lines have no names: call them "bare:0" to "bare:1".',)
    assert closed.usable is False


def test_what_is_missing_is_said_with_the_command_that_brings_it(full: Machine) -> None:
    assert full.scan().missing == ()
    full.libraries = full.programs = False
    full.trouble = ImportError()
    assert full.scan().missing == (
        "GPIO lines: A library is missing. In the clone that the bridge comes from: sudo bridge/install --extras gpio.",
        (
            "Card readers on USB: A library is missing. "
            "In the clone that the bridge comes from: sudo bridge/install --extras pcsc."
        ),
        "Keypads: A library is missing. In the clone that the bridge comes from: sudo bridge/install --extras input.",
        "Bluetooth: A library is missing. In the clone that the bridge comes from: sudo bridge/install --extras ble.",
        "I2C: A library is missing. In the clone that the bridge comes from: sudo bridge/install --extras i2c.",
        "A loudspeaker needs aplay and espeak-ng: sudo apt install alsa-utils espeak-ng",
    )
    full.trouble = PartError("the smart card service (pcscd) does not run", Trouble.SERVICE_MISSING)
    assert any("systemctl enable --now pcscd" in text for text in full.scan().missing)


def test_a_switched_off_adapter_says_how_to_switch_it_on(full: Machine) -> None:
    full.write("sys/class/rfkill/rfkill0/name", "hci0\n")
    full.write("sys/class/rfkill/rfkill0/soft", "1\n")
    assert of(full.scan(), "adapter")[0].notes == ("It is switched off: sudo rfkill unblock bluetooth.",)


def test_a_device_that_is_closed_to_this_user_is_marked(full: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = full.root / "dev/ttyUSB0"
    monkeypatch.setattr(os, "access", lambda path, _mode: path != closed)
    assert of(full.scan(), "serial")[0].usable is False
    assert of(full.scan(), "i2c")[0].usable is True


def test_whoever_may_not_is_told_which_group_to_join() -> None:
    closed = Found(kind="serial", what="/dev/ttyUSB0", title="CH340", usable=False, group="dialout")
    told = list(lines(Scan((closed,), ()), "anna"))
    assert any("sudo usermod --append --groups dialout anna, then log in again" in line for line in told)
    roots = Found(kind="serial", what="/dev/ttyUSB0", title="CH340", usable=False)
    assert any("a rule of udev" in line for line in lines(Scan((roots,), ()), "anna"))


def test_for_people_each_thing_has_its_lines_below_it(full: Machine) -> None:
    told = list(lines(full.scan(), "anna"))
    at = told.index("  /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
    assert told[at + 2] == (
        '      > fingerprint = { driver = "ef01", device = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0" }'
    )


def test_a_bare_machine_has_nothing_and_nothing_fails(machine: Machine) -> None:
    assert machine.scan() == Scan((), ())
    assert "Serial ports (fingerprint, face and palm modules, card readers): none" in lines(machine.scan(), "anna")
