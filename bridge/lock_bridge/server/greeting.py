"""The people whom a client is told of with its welcome: hundreds perhaps, and the same for each, so encoded once."""

import asyncio

from lock_bridge.wire.codec import encode
from lock_bridge.wire.messages import People
from lock_bridge.wire.model import UserInfo

from . import jsontext
from .contract import PeopleLike

type _Key = tuple[str, str]
"""A lock, and a user on it."""


class Greeting:
    """Frames with everybody who is there."""

    def __init__(self, people: PeopleLike) -> None:
        self._people = people
        self._encoded: dict[_Key, tuple[UserInfo, bytes]] = {}

    async def prepare(self) -> None:
        """Encode whom `frames` will tell of, a frame's worth at a time, so that nobody has to wait for it."""
        await self._people.prepare()
        for people in self._people.everybody():
            self._frame(people)
            await asyncio.sleep(0)

    def frames(self) -> tuple[bytes, ...]:
        """Everybody as they are now."""
        everybody = self._people.everybody()
        frames = tuple(self._frame(people) for people in everybody)
        there = {(people.lock, user.id) for people in everybody for user in people.users}
        self._encoded = {key: value for key, value in self._encoded.items() if key in there}
        return frames

    def _frame(self, people: People) -> bytes:
        users = b",".join(self._user(people.lock, user) for user in people.users)
        return b'{"type":"people","lock":%b,"users":[%b],"gone":[]}' % (jsontext.dumps(people.lock), users)

    def _user(self, lock_id: str, user: UserInfo) -> bytes:
        known = self._encoded.get((lock_id, user.id))
        if known is None or known[0] is not user:
            known = self._encoded[lock_id, user.id] = (user, jsontext.dumps(encode(user)))
        return known[1]
