"""The service beside the door."""

__version__ = "0.1.0"
