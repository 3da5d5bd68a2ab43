"""Words for what people bring to the door: fingers, cards, faces, palms, phones."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from lock_bridge.wire.words import CredentialType

from .assembly import Assembly
from .face import Pose, Spoilt
from .fingerprint import Touch
from .grammar import LONGEST_HOLD_MS, NotUnderstood, Verb, duration, fold, sleep

TOUCH_MS: Final = 250
BETWEEN_TOUCHES_MS: Final = 300
MOST_TOUCHES: Final = 20

SENSOR_TAKEN: Final = "Another finger is on the sensor."

_TIMES: Final = re.compile(r"x([0-9]{1,3})")
_UID: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){4,10}")
_OPERATIONS: Final = ("pair", "unlock", "lock")


class PeopleWords:
    """Who is meant is found by name, in any case; what is unknown is answered with those that there are."""

    def __init__(self, door: Assembly) -> None:
        self._door = door
        people = door.people
        self._people = {fold(who.name): who.name for who in people}
        self._fingers = _by_name(f"{who.name} {finger}" for who in people for finger in who.fingers)
        self._palms = _by_name(palm for who in people for palm in who.palms)
        self._phones = {fold(who.name): who.phone for who in people} | _by_name(who.phone for who in people)

    def verbs(self) -> list[Verb]:
        """Those for which the model has a reader."""
        reads = self._door.reads
        face = reads(CredentialType.FACE)
        return [
            Verb(
                "touch",
                'touch "NAME FINGER" [x6] [hold 3s] [badly | briefly]',
                self._touch,
                reads(CredentialType.FINGERPRINT),
            ),
            Verb("card", "card NUMBER | card NAME [2]", self._card, reads(CredentialType.RFID)),
            Verb("near", "near NAME", self._near, face),
            Verb("away", "away", self._away, face),
            Verb("face", "face NAME [up | down | left | right] [covered | moving | far]", self._face, face),
            Verb("palm", 'palm "NAME right | left" [far]', self._palm, reads(CredentialType.PALM_VEIN)),
            Verb("phone", "phone NAME pair CODE | unlock KEY | lock KEY", self._phone, reads(CredentialType.BLE)),
        ]

    async def _touch(self, given: list[str]) -> str | None:
        name, times, stays_ms, how = _touch(given)
        finger = _named(name, self._fingers, "Fingers")
        reader = self._door.fingerprint
        if reader.touched:
            return SENSOR_TAKEN
        for time in range(times):
            if time:
                await sleep(self._door.clock, BETWEEN_TOUCHES_MS)
            reader.touch(finger, how)
            try:
                await sleep(self._door.clock, stays_ms)
            finally:
                reader.lift()
        return None

    async def _card(self, given: list[str]) -> None:
        self._door.card.present(_uid(given) or self._card_of(given))

    async def _near(self, given: list[str]) -> None:
        self._door.face.come_near(_named(" ".join(given), self._people, "People"))

    async def _away(self, given: list[str]) -> None:
        if given:
            raise NotUnderstood
        self._door.face.go_away()

    async def _face(self, given: list[str]) -> None:
        words, pose, spoilt = [*given], Pose.STRAIGHT, None
        if words and words[-1] in {*Spoilt}:
            spoilt = Spoilt(words.pop())
        if words and words[-1] in {*Pose}:
            pose = Pose(words.pop())
        self._door.face.show(_named(" ".join(words), self._people, "People"), pose, spoilt)

    async def _palm(self, given: list[str]) -> None:
        far = given[-1:] == ["far"]
        palm = _named(" ".join(given[:-1] if far else given), self._palms, "Palms")
        self._door.palm_vein.show(palm, far=far)

    async def _phone(self, given: list[str]) -> str:
        match given:
            case [*name, operation, secret] if name and operation in _OPERATIONS:
                phone = _named(" ".join(name), self._phones, "Phones")
            case _:
                raise NotUnderstood
        radios = self._door.radios
        if operation == "pair":
            return await radios.pair(phone, secret)
        try:
            return await radios.act(phone, operation, secret)
        except ValueError:
            raise NotUnderstood("The key is the text that was handed to the visitor") from None

    def _card_of(self, given: list[str]) -> bytes:
        name, number = given, 1
        if len(given) > 1 and re.fullmatch(r"[1-9]", given[-1]):
            name, number = given[:-1], int(given[-1])
        for who in self._door.people:
            if fold(who.name) == fold(" ".join(name)) and number <= len(who.cards):
                return bytes.fromhex(who.cards[number - 1])
        having = ", ".join(who.name for who in self._door.people if who.cards)
        raise NotUnderstood(f"A number has 4 to 10 bytes in hex digits. Cards have: {having}")


def _by_name(names: Iterable[str]) -> dict[str, str]:
    return {fold(name): name for name in names}


def _named(name: str, known: Mapping[str, str], what: str) -> str:
    found = known.get(fold(name))
    if found is None:
        raise NotUnderstood(f"{what} here: {', '.join(dict.fromkeys(known.values()))}")
    return found


def _uid(given: list[str]) -> bytes | None:
    return bytes.fromhex(given[0]) if len(given) == 1 and _UID.fullmatch(given[0]) else None


def _touch(given: list[str]) -> tuple[str, int, int, Touch]:
    """Finger, touches, their length, their quality; the finger's name may be one word or several."""
    words, times, stays_ms, how = [*given], 1, TOUCH_MS, Touch.GOOD
    while words:
        if found := _TIMES.fullmatch(words[-1]):
            times = int(found[1])
            del words[-1]
        elif words[-1] in (Touch.BADLY, Touch.BRIEFLY):
            how = Touch(words.pop())
        elif len(words) > 2 and words[-2] == "hold":
            stays_ms = duration(words[-1], LONGEST_HOLD_MS)
            del words[-2:]
        else:
            break
    if not 1 <= times <= MOST_TOUCHES:
        raise NotUnderstood(f"At most x{MOST_TOUCHES}")
    return " ".join(words), times, stays_ms, how
