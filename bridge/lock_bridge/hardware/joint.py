"""Several things that go by the name of one part: it is in trouble while any of them is."""

from collections.abc import Callable, Iterable, Mapping

from lock_bridge.wire.words import Part

from .ports import Health, PartBack, PartFault, Reading, Report


class Joint:
    """Passes on what its members report, but a part's fault only with the first of them, its return with the last."""

    def __init__(self, report: Report, *, changed: Callable[[Part], None] = lambda _part: None) -> None:
        """`changed` is called when a part's fault, or its return, has been reported."""
        self._report = report
        self._changed = changed
        self._ill: dict[Part, set[str]] = {}

    def member(self, name: str) -> Report:
        """Where the member of that name reports."""
        return lambda reading: self._told(name, reading)

    def _told(self, name: str, reading: Reading) -> None:
        match reading:
            case PartFault(part):
                ill = self._ill.setdefault(part, set())
                first = not ill
                ill.add(name)
                if first:
                    self._report(reading)
                    self._changed(part)
            case PartBack(part):
                ill = self._ill.setdefault(part, set())
                if name in ill:
                    ill.discard(name)
                    if not ill:
                        self._report(reading)
                        self._changed(part)
            case _:
                self._report(reading)


def health_of(members: Mapping[str, Health]) -> Health:
    """How all of them are together: in trouble like the first that is; each in words."""
    ill = {name: health for name, health in members.items() if health.state == "trouble"}
    if ill:
        return Health("trouble", next(iter(ill.values())).trouble, _words(ill))
    if any(health.state != "served" for health in members.values()):
        return Health("starting")
    return Health("served", words=_words(members))


def _words(members: Mapping[str, Health]) -> str:
    parts: Iterable[str] = (f"{name}: {health.words}" if health.words else name for name, health in members.items())
    return ", ".join(parts)
