"""Face and palm-vein modules of the EF AA family on a serial port: HLK-FM22x, DFRobot AI10, FP001 and FP002."""

from .dialects import DIALECTS, Dialect
from .driver import EfaaModule, Settings
from .known import Identity
from .link import Timing
from .readers import EfaaFaceReader, EfaaReader

__all__ = ["DIALECTS", "Dialect", "EfaaFaceReader", "EfaaModule", "EfaaReader", "Identity", "Settings", "Timing"]
