"""What parts report, in sentences for whoever stands before them and tries them. No secret is in any."""

from typing import Final

from .ports import (
    BiometricSeen,
    BoltSeen,
    CardSeen,
    DoorSeen,
    HandleSeen,
    InsideHandleUsed,
    Inventory,
    KeyDown,
    NearSeen,
    PartBack,
    PeepholeSeen,
    PhoneActs,
    PhonePairs,
    PowerSeen,
    PrivacySeen,
    RadioSeen,
    Reading,
    TamperSeen,
)

LEVELS: Final = (BoltSeen, DoorSeen, HandleSeen, PrivacySeen, PeepholeSeen, TamperSeen, PowerSeen, RadioSeen, Inventory)
"""What parts report at start without anybody's doing; the last one of each holds."""

_NOUNS: Final = {"fingerprint": "finger", "face": "face", "palm_vein": "palm"}


def told(reading: Reading) -> str | None:
    """A sentence, or None for what is not worth one. Keys are named: whoever tries them is told to type no passcode."""
    match reading:
        case KeyDown(key=key):
            return f"key {key} works"
        case CardSeen(uid=uid):
            return f"a card was seen ({len(uid)} bytes)"
        case BiometricSeen(type=kind, slot=slot):
            found = "that nobody has enrolled" if slot is None else f"enrolled in slot {slot}"
            return f"a {_NOUNS.get(kind, kind)} was seen, {found}"
        case NearSeen(near=True):
            return "somebody is near"
        case InsideHandleUsed():
            return "the inside handle was used"
        case PhonePairs() | PhoneActs():
            return "a phone has spoken to it"
        case PartBack(part=part):
            return f"the {part} is back"
        case _:
            return level(reading)


def level(reading: Reading) -> str | None:
    """A sentence for one of `LEVELS`."""
    match reading:
        case BoltSeen(position=position):
            return {"between": "the bolt is half-way", "unknown": "where the bolt is cannot be told"}.get(
                position, f"the bolt is {position}"
            )
        case DoorSeen(open=opened):
            return "the door cannot be seen" if opened is None else f"the door is {_either(opened, 'open', 'closed')}"
        case HandleSeen(handle=handle):
            return f"the outside handle is {'at rest' if handle == 'rest' else handle}"
        case PrivacySeen(on=on):
            return f"the privacy knob is {_either(on, 'on', 'off')}"
        case PeepholeSeen(on=on):
            return f"the anti-peephole button is {_either(on, 'on', 'off')}"
        case TamperSeen(off=off):
            return (
                f"the tamper switch says that the lock is {_either(off, 'off its door, or the wire cut', 'in place')}"
            )
        case PowerSeen(percent=percent, emergency=emergency):
            charge = "no battery is measured" if percent is None else f"the battery is at {percent} %"
            return f"{charge}, on emergency power" if emergency else charge
        case RadioSeen(signal_dbm=None):
            return "no Wi-Fi signal"
        case RadioSeen(signal_dbm=signal):
            return f"Wi-Fi signal {signal} dBm"
        case Inventory(type=kind, slots=slots):
            noun = _NOUNS.get(kind, str(kind))
            return f"{len(slots)} {noun}{'' if len(slots) == 1 else 's'} stored in it"
        case _:
            return None


def _either(which: bool, yes: str, no: str) -> str:
    return yes if which else no
