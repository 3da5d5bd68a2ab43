"""What the config may say of face and palm modules of the EF AA family."""

from dataclasses import dataclass
from typing import Final

from lock_bridge.config_table import Table
from lock_bridge.hardware.driver import Driver, Use
from lock_bridge.hardware.gpio.lines import Line
from lock_bridge.hardware.options import read_device, read_line
from lock_bridge.hardware.surroundings import Surroundings
from lock_bridge.hardware.trouble import PartError, Trouble

_AUTO: Final = "auto"
_FACES_ONLY: Final = "hlk_fm22x"
_DIALECTS: Final = (_AUTO, _FACES_ONLY, "ai10", "fp00x")
_BAUDRATES: Final = (9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600)


@dataclass(frozen=True, slots=True)
class Options:
    """`{ driver = "efaa", device, dialect, baudrate, near, watch }`."""

    device: str
    dialect: str = _AUTO
    baudrate: int = 115_200
    near: Line | None = None
    watch: bool = True


def _read(table: Table, port: str) -> Options:
    device = read_device(table, urls=True)
    dialect = table.choice("dialect", _AUTO, _DIALECTS)
    if port == "palm_vein" and dialect == _FACES_ONLY:
        table.problem("dialect", f'"{_FACES_ONLY}" reads faces only. Allowed for palms are "ai10" and "fp00x".')
    baudrate = table.integer("baudrate", 115_200, _BAUDRATES[0], _BAUDRATES[-1])
    if baudrate not in _BAUDRATES:
        table.problem("baudrate", f"{baudrate} is not allowed. Modules come with 115200.")
    return Options(device, dialect, baudrate, read_line(table, "near", required=False), table.boolean("watch", True))


def _build(options: Options, around: Surroundings) -> object:
    from lock_bridge.wire.words import CredentialType

    from .dialects import DIALECTS
    from .driver import EfaaModule, Settings  # brings a library along
    from .readers import EfaaFaceReader, EfaaReader

    settings = Settings(
        port=options.device,
        baudrate=options.baudrate,
        dialect=DIALECTS.get(options.dialect),
        near=options.near,
        watch=options.watch,
        name=around.name,
        trial=around.trial,
    )
    module = around.modules.get(options.device)
    if module is None:
        module = EfaaModule(settings, memory=around.memory, lines=around.lines)
        around.modules[options.device] = module
    elif not isinstance(module, EfaaModule):
        raise PartError(f"{options.device} is taken by another driver", Trouble.IN_USE)
    elif (module.settings.baudrate, module.settings.dialect) != (settings.baudrate, settings.dialect):
        raise PartError("both ports of a module need the same dialect and baudrate", Trouble.SETTINGS)
    return EfaaFaceReader(module) if around.port == "face" else EfaaReader(module, CredentialType(around.port))


def _uses(options: Options) -> tuple[Use, ...]:
    wires = (Use("serial", options.device, "device", "TX RX", shared=True),)
    return wires if options.near is None else (*wires, Use("line", options.near.name, "near", "OUT"))


DRIVER: Final = Driver(
    name="efaa",
    ports=("face", "palm_vein"),
    title="a face or palm module of the EF AA family (HLK-FM225, DFRobot AI10, FP001, FP002)",
    read=_read,
    build=_build,
    uses=_uses,
)
