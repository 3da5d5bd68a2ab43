"""What a client hears first: of people who have changed, and only then that its command is done."""

from collections.abc import Mapping
from typing import Any

from lock_bridge.bridge import Bridge
from lock_bridge.dispatch import Handler
from lock_bridge.engine.model import Actor


def people_first[C](bridge: Bridge, handler: Handler[C]) -> Handler[C]:
    """`handler`, whose answer finds clients that know already what has come of it."""

    async def serve(wish: C, actor: Actor) -> Mapping[str, Any]:
        try:
            return await handler(wish, actor)
        finally:
            bridge.people.renew()

    return serve
