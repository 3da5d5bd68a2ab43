"""`restart`, `pairing`, `factory-reset`: what is done to a lock as a whole (APP-6)."""

from .ask import sure
from .session import Session


def restart(session: Session) -> None:
    """Start a lock's logic anew, as after a power cut."""
    lock = session.lock(session.args.lock)
    answer = session.call("lock.restart", lock=lock["id"])
    session.show(answer, [f"{lock['name']} has started anew."])


def pairing(session: Session) -> None:
    """Open pairing as a held SET or RESET does: the code is shown inside the door alone."""
    lock = session.lock(session.args.lock)
    answer = session.call("lock.pairing", lock=lock["id"])
    session.show(answer, [f"Pairing is open. The inside of {lock['name']} shows the code."])


def factory_reset(session: Session) -> int | None:
    """Make a lock as it came from the factory, once that is confirmed."""
    lock = session.lock(session.args.lock)
    goes = f"All users, credentials and settings of {lock['name']} go, and everybody who was paired with the bridge."
    if not session.args.yes and not sure(f"{goes} The door then opens by key and from inside alone.", goes):
        session.show({"reset": False}, ["Nothing was changed."])
        return 1
    answer = session.call("lock.factory_reset", lock=lock["id"])
    session.show(answer, [f"{lock['name']} is as it came from the factory. The journal is kept."])
    return None
