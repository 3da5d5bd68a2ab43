"""Wiring drawings made from a config: what goes from which pin of the Raspberry Pi to where."""

from .plan import Plan, plan
from .sheet import svg

__all__ = ["Plan", "plan", "svg"]
