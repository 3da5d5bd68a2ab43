"""Keypads that Linux has as input devices, with lights on GPIO lines."""
