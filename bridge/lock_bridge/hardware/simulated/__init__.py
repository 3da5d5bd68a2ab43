"""A simulated door: a driver for every port, and a world around it that people can use by words or by the page."""

from .config import STRANGER, Person, SimulatedConfig
from .door import SimulatedDoor

__all__ = ["STRANGER", "Person", "SimulatedConfig", "SimulatedDoor"]
