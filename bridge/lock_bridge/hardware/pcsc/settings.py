"""What the config says of a PC/SC reader."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Which reader, and how it behaves."""

    reader: str | None = None
    """Its name or a part of it, in whatever case; None: the only one there is."""

    buzzer: bool = True
    """False keeps an ACR122U from beeping at each card; other readers are left as they are."""
