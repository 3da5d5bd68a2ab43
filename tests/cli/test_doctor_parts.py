"""The doctor looks at each part of the config, on a machine that is made of files, and says what to do."""

import os
import stat
from pathlib import Path

import pytest

from lock_bridge import profiles
from lock_bridge.config import Config, parse
from lock_bridge.doctor_finding import Finding
from lock_bridge.doctor_machine import Machine
from lock_bridge.doctor_parts import locks, parts, ring
from lock_bridge.hardware.gpio.kernel import SeenChip, SeenLine
from lock_bridge.hardware.libraries import LIBRARIES
from lock_bridge.hardware.scan import Tree
from lock_bridge.hardware.trouble import PartError, Trouble, advice

from .conftest import STATUS

CONFIG = """
[bridge]
data = "data"
{ring}
[[lock]]
id = "front"
profile = "{profile}"
[lock.simulated]
port = 0
[lock.parts]
{parts}
"""
STRIKE = 'bolt = { driver = "strike", relay = "GPIO17", latch = "GPIO5" }'
EF01 = 'fingerprint = { driver = "ef01", device = "/dev/finger" }'
HEADER = EF01.replace("/dev/finger", "/dev/ttyAMA0")
PCSC = 'card = { driver = "pcsc", reader = "ACR122U" }'
BLUEZ = 'radios = { driver = "bluez" }'
GAUGE = 'power = { driver = "ina219" }'
BATTERY = 'power = { driver = "power_supply" }'
SPEAKER = 'sounder = { driver = "speaker", device = "plughw:CARD=Headphones" }'
KEYPAD = 'keypad = { driver = "input", name = "Pad" }'


class House:
    """A machine on which all is well, until a test breaks something."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines = {"GPIO17": "", "GPIO5": ""}
        self.card_readers: list[str] = ["ACS ACR122U PICC Interface 00 00"]
        self.reader_trouble: Exception | None = None
        self.libraries = set(LIBRARIES.values())
        self.programs = {"aplay", "espeak-ng"}
        for device in ("dev/finger", "dev/i2c-1", "dev/input/event0", "dev/snd/controlC0"):
            self.device(device)
        self.write("sys/class/input/event0/device/name", "Pad\n")
        self.write("proc/asound/cards", " 0 [Headphones     ]: bcm2835 - bcm2835 Headphones\n")
        self.write("proc/77/comm", "bluetoothd\n")
        (root / "sys/class/bluetooth/hci0").mkdir(parents=True)
        self.write("sys/class/power_supply/BAT0/type", "Battery\n")

    def device(self, path: str) -> None:
        """A device that nobody else has open: a link to one of the kernel's."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to("/dev/full")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def config(self, line: str, ring: str = "") -> Config:
        profile = "l2s" if line.startswith("card") else "palm6068"
        text = CONFIG.format(ring=ring, profile=profile, parts=line)
        return parse(text, profiles.names(), folder=self.root)

    def machine(self) -> Machine:
        return Machine(
            tree=Tree(self.root),
            survey=self._survey,
            readers=self._readers,
            has_library=self.libraries.__contains__,
            has_program=self.programs.__contains__,
        )

    def findings(self, line: str, *, running: bool = False) -> list[Finding]:
        config = self.config(line)
        return list(parts(config, config.locks[0], STATUS if running else None, self.machine()))

    def _survey(self) -> list[SeenChip]:
        if "gpiod" not in self.libraries:
            raise PartError("the library gpiod is not installed", Trouble.LIBRARY_MISSING)
        lines = [SeenLine(at, name, holder or None, False) for at, (name, holder) in enumerate(self.lines.items())]
        return [SeenChip(self.root / "dev/gpiochip0", "pinctrl-rp1", tuple(lines))]

    def _readers(self) -> list[str]:
        if self.reader_trouble is not None:
            raise self.reader_trouble
        return self.card_readers


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize("line", [STRIKE, EF01, PCSC, BLUEZ, GAUGE, BATTERY, SPEAKER, KEYPAD])
def test_where_all_is_well_each_part_is_one_line_that_says_so(house: House, line: str) -> None:
    (found,) = house.findings(line)
    assert found.level == "ok", found
    assert found.about == f"front {line.partition(' ')[0]}"


def path_gone(house: House) -> None:
    (house.root / "dev/finger").unlink()


def port_busy(house: House) -> None:
    house.write("proc/412/comm", "minicom\n")
    (house.root / "proc/412/fd").mkdir()
    (house.root / "proc/412/fd/5").symlink_to("/dev/full")


def no_line(house: House) -> None:
    del house.lines["GPIO5"]


def line_taken(house: House) -> None:
    house.lines["GPIO17"] = "gpio-keys"


def no_reader(house: House) -> None:
    house.card_readers = ["Yubico YubiKey"]


def no_pcscd(house: House) -> None:
    house.reader_trouble = PartError("the smart card service (pcscd) does not run", Trouble.SERVICE_MISSING)


def no_bluetoothd(house: House) -> None:
    (house.root / "proc/77/comm").write_text("bash\n")


def no_adapter(house: House) -> None:
    (house.root / "sys/class/bluetooth/hci0").rmdir()


def blocked(house: House) -> None:
    house.write("sys/class/rfkill/rfkill0/name", "hci0\n")
    house.write("sys/class/rfkill/rfkill0/soft", "1\n")


def no_bus(house: House) -> None:
    (house.root / "dev/i2c-1").unlink()


def no_header(house: House) -> None:
    assert not (house.root / "dev/ttyAMA0").exists()


def debug_plug(house: House) -> None:
    house.device("dev/ttyAMA10")
    (house.root / "dev/serial0").symlink_to("ttyAMA10")


def no_battery(house: House) -> None:
    house.write("sys/class/power_supply/BAT0/type", "Mains\n")


def no_card(house: House) -> None:
    house.write("proc/asound/cards", " 0 [HDMI           ]: vc4-hdmi - vc4-hdmi\n")


def no_programs(house: House) -> None:
    house.programs.clear()


def no_pad(house: House) -> None:
    house.write("sys/class/input/event0/device/name", "Mouse\n")


def no_gpiod(house: House) -> None:
    house.libraries.remove("gpiod")


BAD = {
    "a wrong path": (EF01, path_gone, "/dev/finger is not there."),
    "a busy port": (EF01, port_busy, "/dev/finger is used by minicom (412). Stop that, or name another device."),
    "a line that does not exist": (STRIKE, no_line, "GPIO5: This machine has no such GPIO line."),
    "a line that another has": (STRIKE, line_taken, "GPIO17 is used by gpio-keys. Another program"),
    "a reader that is not there": (PCSC, no_reader, "There is no card reader ACR122U. There are: Yubico YubiKey."),
    "no smart card service": (PCSC, no_pcscd, "sudo systemctl enable --now pcscd"),
    "no Bluetooth service": (BLUEZ, no_bluetoothd, "sudo systemctl enable --now bluetooth"),
    "no adapter": (BLUEZ, no_adapter, "There is no Bluetooth adapter hci0. None is attached."),
    "an adapter that is switched off": (BLUEZ, blocked, "rfkill unblock"),
    "no bus": (GAUGE, no_bus, "/dev/i2c-1 is not there. Switch the bus on: dtparam=i2c_arm=on"),
    "a bus without its module": (GAUGE, no_bus, "sudo modprobe i2c-dev"),
    "a header's port that is off": (
        HEADER,
        no_header,
        "/dev/ttyAMA0 is not there. Switch the header's serial port on: enable_uart=1",
    ),
    "no battery": (BATTERY, no_battery, "The kernel knows no battery."),
    "no such sound card": (SPEAKER, no_card, "There is no sound card Headphones."),
    "no program that speaks": (SPEAKER, no_programs, "sudo apt install alsa-utils espeak-ng"),
    "no such keypad": (KEYPAD, no_pad, "No input device is called Pad."),
    "no library": (STRIKE, no_gpiod, "sudo bridge/install --extras gpio"),
}


@pytest.mark.parametrize(("line", "broken", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_one_sentence_with_what_to_do(house: House, line: str, broken: object, said: str) -> None:
    assert callable(broken)
    broken(house)
    (found,) = house.findings(line)
    assert found.level == "wrong"
    assert said in found.text
    assert found.text.endswith((".", "espeak-ng", ']".'))


def test_the_debug_plug_of_a_pi_5_is_not_taken_for_the_header(house: House) -> None:
    debug_plug(house)
    found = [found.text for found in house.findings(EF01.replace("/dev/finger", "/dev/serial0"))]
    assert "/dev/serial0 is the debug plug of a Pi 5, not the header. Name /dev/ttyAMA0." in found


def test_what_the_running_bridge_uses_itself_is_no_trouble(house: House) -> None:
    port_busy(house)
    line_taken(house)
    assert [found.level for found in house.findings(f"{EF01}\n{STRIKE}", running=True)] == ["ok", "ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device that is closed to others")
def test_no_permission_names_the_group_to_join(house: House) -> None:
    device = house.root / "dev/finger"
    device.unlink()
    try:
        os.mknod(device, stat.S_IFCHR | 0o660, os.makedev(1, 7))
    except PermissionError:
        pytest.skip("this machine lets nobody make devices")
    os.chown(device, 0, 20)
    (house.root / "data").mkdir(mode=0o700)
    os.chown(house.root / "data", 65_534, 65_534)
    (found,) = house.findings(EF01)
    assert found.level == "wrong"
    assert found.text.startswith("nobody may not use /dev/finger: usermod --append --groups ")
    assert found.text.endswith(" nobody, then start the bridge anew.")


def test_the_bridges_own_ring_is_looked_at_too(house: House) -> None:
    config = house.config(EF01, 'ring = { driver = "gpio", red = "GPIO17", green = "GPIO5", blue = "GPIO99" }')
    (found,) = ring(config, None, house.machine())
    assert found == Finding("wrong", "bridge ring", f"GPIO99: {advice(Trouble.NO_LINE)}")
    assert list(ring(house.config(EF01), None, house.machine())) == []


def status(faults: dict[str, str], untrusted: list[str] | None = None) -> dict[str, object]:
    return {**STATUS, "locks": {"front": {"bolt": "locked", "faults": faults, "untrusted": untrusted or []}}}


@pytest.mark.parametrize("reason", list(Trouble))
def test_each_reason_that_the_running_bridge_gives_has_its_advice(house: House, reason: Trouble) -> None:
    (found,) = locks(status({"fingerprint": reason}), house.config(EF01))
    assert found == Finding("wrong", "front", f"The fingerprint does not work. {advice(reason)}")


def test_a_missing_library_of_a_running_part_is_named_with_its_command(house: House) -> None:
    (found,) = locks(status({"motor": "library_missing"}), house.config(STRIKE))
    assert "sudo bridge/install --extras gpio" in found.text


def test_a_replaced_part_is_told_with_the_command_that_trusts_it(house: House) -> None:
    (found,) = locks(status({}, ["palm_vein"]), house.config(EF01))
    assert found.level == "wrong"
    assert found.text.startswith("Another palm vein than before answers, and opens nothing.")
    assert found.text.endswith("lock-bridge hardware trust palm_vein --lock front")


def test_where_nothing_is_wrong_the_bolt_is_told(house: House) -> None:
    assert list(locks(status({}), house.config(EF01))) == [
        Finding("ok", "front", "All parts answer; the bolt is locked")
    ]


def test_every_extra_of_the_distribution_has_its_library() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "bridge/pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    assert {name for name, needs in extras.items() if needs} - {"key"} == set(LIBRARIES)
