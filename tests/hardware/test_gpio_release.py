"""What a bridge that has died may have left on is switched off, line by line."""

from lock_bridge.clock import ManualClock
from lock_bridge.engine.effects import Drive
from lock_bridge.hardware.bolt_motor.about import DRIVER
from lock_bridge.hardware.driver import Use
from lock_bridge.hardware.gpio.release import release
from lock_bridge.hardware.trouble import Trouble
from tests.hardware.emulators.gpio import FakeLines
from tests.hardware.motor_rig import CONFIG, MotorRig, options


async def test_a_motor_that_was_left_on_is_switched_off() -> None:
    rig = MotorRig(keeps_outputs=True)
    lines = rig.lines
    await rig.start()
    rig.drive(Drive.RETRACT)
    await rig.advance(100)
    await rig.die()
    assert rig.plant.pushes == -1, "as on a Raspberry Pi without strict_gpiod"
    assert release(DRIVER.uses(options(DRIVER, dict(CONFIG))), lines) == {}
    assert rig.plant.pushes == 0
    assert all(lines.taken(line) is None for line in ("GPIO17", "GPIO27", "GPIO22"))
    assert all(not lines.high(line) for line in ("GPIO17", "GPIO27", "GPIO22"))


def test_a_line_that_fails_keeps_no_other_from_being_made_safe() -> None:
    lines = FakeLines(ManualClock(), keeps_outputs=True)
    uses = [
        Use("line", "GPIO99", "in1", "IN1", output=True),
        Use("line", "GPIO4", "in2", "IN2", output=True, active_low=True),
        Use("line", "GPIO5", "thrown", "bolt thrown"),
        Use("serial", "/dev/ttyS0", "device", "TX RX", output=True),
        Use("line", "GPIO6", "relay", "IN", output=True),
    ]
    lines.foreign.add("GPIO6")
    failed = release(uses, lines)
    assert {name: error.trouble for name, error in failed.items()} == {
        "GPIO99": Trouble.NO_LINE,
        "GPIO6": Trouble.IN_USE,
    }
    assert lines.driven_since() == [("GPIO4", True), ("GPIO4", None)]
