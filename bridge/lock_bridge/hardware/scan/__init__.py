"""What is attached to this machine that a lock's parts could use, and what to write into the config for it."""

from .finders import scan
from .found import Found, Scan
from .proposals import proposals
from .tree import Tree

__all__ = ["Found", "Scan", "Tree", "proposals", "scan"]
