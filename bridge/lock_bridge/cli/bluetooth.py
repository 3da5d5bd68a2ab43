"""`bluetooth code` and `clear`: the phones that a lock is paired with (DLM-9)."""

from .ask import secret
from .session import Session


def code(session: Session) -> None:
    """Set the pairing code that phones have to know, or go back to the default one."""
    lock = session.lock(session.args.lock)
    chosen = None
    if not session.args.default:
        chosen = secret("New Bluetooth pairing code", instead="go back to the default code with --default")
    answer = session.call("bluetooth.set_code", lock=lock["id"], code=chosen)
    session.show(
        answer,
        [f"Phones pair with {lock['name']} by {'its new' if chosen else 'the default'} code. Paired ones stay paired."],
    )


def clear(session: Session) -> None:
    """Forget the paired phones; the default pairing code holds again."""
    lock = session.lock(session.args.lock)
    answer = session.call("bluetooth.clear", lock=lock["id"])
    session.show(answer, [f"{lock['name']} has forgotten its paired phones. The default pairing code holds again."])
