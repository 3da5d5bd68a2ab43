"""In what the modules of the EF AA family differ: whom they know, how they learn, list and forget."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from lock_bridge.wire.words import CredentialType

from .commands import Code, Command, Learnt, Match, Result, enrol, name_field, plain

type Ids = tuple[int, ...]

FACE: Final = CredentialType.FACE
PALM: Final = CredentialType.PALM_VEIN

SINGLE: Final = 0x00
POSES: Final = (0x01, 0x10, 0x08, 0x04, 0x02)
"""Ahead, up, down, left, right: the order of DLM-5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One kind of module."""

    name: str
    title: str
    marks: tuple[str, ...]
    """Its version, in capitals, has one of these in it."""
    kinds: frozenset[CredentialType]
    ids: Mapping[CredentialType, range]
    """The numbers that it gives to users of a kind."""
    learns: Literal["single", "itg"]
    """Which command it learns with; "itg" can refuse who is known already where that does not go without saying."""
    learns_poses: bool
    """It learns a face from five sides, one after another; others from one look."""
    lists: Literal["all", "by kind"]
    asks: bytes = b""
    """What its command for all ids carries."""
    tells_names: bool
    """It can be asked for a user's name."""
    tells_palms: bool
    """It says that it sees a palm while it looks for one."""

    def kind_of(self, match: Match) -> CredentialType | None:
        """What has been found; None: what it says contradicts itself."""
        kind = next((kind for kind, ids in self.ids.items() if match.id in ids), None)
        if self.lists == "by kind" and match.unlock is not None and _UNLOCKED.get(match.unlock) is not kind:
            return None
        return kind

    def enrol(self, kind: CredentialType, name: str, pose: int, seconds: int) -> Command[Learnt]:
        """Learn one pose of somebody, or all of her with `SINGLE`."""
        who = b"\0" + name_field(name)
        if self.learns == "single":
            return enrol(Code.ENROL_SINGLE, who + bytes((pose, seconds)))
        what = _PALM if kind is PALM else pose
        interactive = 0 if pose != SINGLE else 1
        return enrol(Code.ENROL_ITG, who + bytes((what, interactive, _NO_DUPLICATE, seconds, 0, 0, 0)))

    def list_ids(self) -> Command[Ids]:
        """The ids of all users; where it lists by kind, those of faces."""
        if self.lists == "all":
            return Command(Code.ALL_IDS, self.asks, _ids_after_byte)
        return Command(Code.ALL_IDS, b"\0", _ids_after_word)

    def count_palms(self) -> Command[int]:
        """How many palms there are, where they are not listed."""
        return Command(Code.ALL_IDS, b"\x02", lambda data: int.from_bytes(data) if len(data) == 2 else None)

    def delete(self, kind: CredentialType, user: int) -> Command[bool]:
        """Forget a user."""
        if self.lists == "all":
            return plain(Code.DELETE, user.to_bytes(2))
        if kind is PALM:
            return plain(Code.DELETE_PALM, user.to_bytes(2) + b"\1")
        return plain(Code.DELETE, user.to_bytes(2) + b"\0")

    def delete_all(self) -> Command[bool]:
        """Forget everybody."""
        return plain(Code.DELETE_ALL, bytes(5) if self.lists == "by kind" else b"")


_PALM: Final = 0xFD
_NO_DUPLICATE: Final = 0
_UNLOCKED: Final[Mapping[int, CredentialType]] = MappingProxyType({0xC8: FACE, 0xCC: FACE, 0xFA: PALM})

NO_MATCH: Final = frozenset({Result.REJECTED, Result.UNKNOWN_USER})
"""Both say that somebody is not known, whatever the module: FM22x says the first, all others the second."""


def _ids_after_byte(data: bytes) -> Ids | None:
    # FM225 always sends room for a hundred, however few there are.
    return _ids(data[1:], data[0]) if data else None


def _ids_after_word(data: bytes) -> Ids | None:
    return _ids(data[2:], int.from_bytes(data[:2])) if len(data) >= 2 else None


def _ids(data: bytes, count: int) -> Ids | None:
    if len(data) < 2 * count:
        return None
    return tuple(int.from_bytes(data[place : place + 2]) for place in range(0, 2 * count, 2))


DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            Dialect(
                name="hlk_fm22x",
                title="Hi-Link HLK-FM223 and FM225",
                marks=("FM22", "HLK"),
                kinds=frozenset({FACE}),
                ids=MappingProxyType({FACE: range(0xFFFF)}),
                learns="itg",
                learns_poses=True,
                lists="all",
                tells_names=True,
                tells_palms=False,
            ),
            Dialect(
                name="ai10",
                title="DFRobot AI10 (SEN0677)",
                marks=("AI10", "SEN0677"),
                kinds=frozenset({FACE, PALM}),
                ids=MappingProxyType({FACE: range(1_001), PALM: range(1_001, 0xFFFF)}),
                learns="single",
                learns_poses=False,
                lists="all",
                asks=b"\0",
                tells_names=True,
                tells_palms=True,
            ),
            Dialect(
                name="fp00x",
                title="DFRobot FP001 and FP002 (SEN0736, SEN0737)",
                marks=("FP00", "SEN0736", "SEN0737"),
                kinds=frozenset({FACE, PALM}),
                ids=MappingProxyType({FACE: range(1, 501), PALM: range(501, 801)}),
                learns="itg",
                learns_poses=False,
                lists="by kind",
                tells_names=False,
                tells_palms=False,
            ),
        )
    }
)
