"""Batteries, and the supplies that feed the lock."""
