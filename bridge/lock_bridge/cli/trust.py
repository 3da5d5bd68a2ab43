"""`hardware trust`: a module that is not the one that was there before is taken as the right one, or stays shut out."""

from typing import Final

from lock_bridge.wire.words import Part

from .ask import sure
from .output import words
from .session import Session
from .usage import UsageError

_EXPLAINED: Final = """\
It is not the one that was there, or what is stored in it has changed without the bridge.
Until you decide, nothing that it says opens the door.

If you have replaced it yourself, go on. If not, somebody may have opened the lock's case: look at the door first.

If you go on, everything stored in the module is deleted, for it could be a stranger's.
Everybody who used it has to enrol again."""


def trust(session: Session) -> int | None:
    """Take the module that answers now as the right one, once that is confirmed; all that is stored in it goes."""
    part = session.args.part.lower().replace("-", "_")
    if part not in list(Part):
        raise UsageError(f"There is no part {session.args.part}. Parts are: {', '.join(Part)}.")
    lock = session.lock(session.args.lock)
    if part not in lock.get("untrusted", []):
        session.show({"trusted": False}, [f"The {words(part)} of {lock['name']} is trusted already."])
        return None
    session.tell(f"Another {words(part)} than before answers at {lock['name']}.")
    for line in _EXPLAINED.splitlines():
        session.tell(line)
    goes = "Everything stored in the module is deleted, and everybody who used it has to enrol again."
    if not session.args.yes and not sure("Trust it?", goes):
        session.show({"trusted": False}, ["Nothing was changed. Nothing that it says opens the door."])
        return 1
    answer = session.call("part.trust", lock=lock["id"], part=part)
    done = f"The {words(part)} of {lock['name']} is trusted from now on. Whoever used it has to enrol again."
    already = f"The {words(part)} of {lock['name']} is trusted already."
    session.show(answer, [done if answer.get("trusted", True) else already])
    return None
