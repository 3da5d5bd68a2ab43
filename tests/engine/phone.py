"""A visitor's phone beside the lock, with the Bluetooth key that she was handed."""

from dataclasses import dataclass, field

from lock_bridge.engine.bluetooth import key_text, proof, read_key
from lock_bridge.engine.effects import PhoneTold
from lock_bridge.engine.inputs import AddBluetoothKey, PhoneActs, PhonePairs
from lock_bridge.wire.words import CredentialType
from tests.engine.lock import KEYS, Lock

DEFAULT_CODE = "024751"
"""0 and the last five digits of the serial number that stands on the tests' locks."""


def hand_out(lock: Lock, user_id: str, key_id: bytes = b"key 0001", **limits: int) -> str:
    """Make a key in the app; the text that the visitor gets."""
    lock.ok(AddBluetoothKey, user_id=user_id, key_id=key_id, **limits)
    text = key_text(KEYS, key_id)
    lock.secrets.add(text)
    return text


@dataclass
class Phone:
    """A phone near a lock."""

    lock: Lock
    name: str = "Cara's phone"
    key: str = ""
    counter: int = 0
    shown: list[PhoneActs] = field(default_factory=list)
    """All that it has sent, for whoever listens in."""

    def pair(self, code: str = DEFAULT_CODE) -> str | None:
        """Give the pairing code; what the lock answers."""
        return self._ask(PhonePairs(self.name, code))

    def act(self, operation: str = "unlock", *, challenge: bytes = b"challenge") -> str | None:
        """Show the key; what the lock answers in the end."""
        self.counter += 1
        key_id, key = read_key(self.key)
        answer = proof(key, challenge, operation, self.counter)
        acts = PhoneActs(self.name, key_id, operation, challenge, self.counter, answer)
        self.shown.append(acts)
        return self.send(acts)

    def send(self, acts: PhoneActs) -> str | None:
        """Send what this or another phone has said."""
        return self._ask(acts)

    def _ask(self, given: PhonePairs | PhoneActs) -> str | None:
        before = len(self.lock.of(PhoneTold))
        self.lock.give(given)
        self.lock.settle()
        (told,) = self.lock.of(PhoneTold)[before:]
        assert told.phone == given.phone
        return told.refusal


def key_of(lock: Lock) -> int:
    """The highest counter that the lock has heard of its only key."""
    (key,) = [item for item in lock.state.directory.credentials.values() if item.type is CredentialType.BLE]
    return key.counter
