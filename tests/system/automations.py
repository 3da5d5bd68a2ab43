"""What a homeowner would automate: one automation for each way to learn of something, each with its counter."""

from typing import Any

COUNTERS = "counter:\n  came_in:\n  rang:\n  told_as_news:\n  told:\n"
"""In configuration.yaml."""

ACCESS = "event.front_door_access"


def _counts(counter: str, alias: str, trigger: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": counter,
        "alias": alias,
        "mode": "queued",
        "max": 100,
        "triggers": [trigger],
        "actions": [{"action": "counter.increment", "target": {"entity_id": f"counter.{counter}"}}],
        **more,
    }


def _told(data: dict[str, Any]) -> dict[str, Any]:
    return {"trigger": "event", "event_type": "lock_bridge_event", "event_data": {"type": "access_granted", **data}}


AUTOMATIONS: list[dict[str, Any]] = [
    _counts(
        "came_in",
        "Light up when somebody comes in",
        {"trigger": "event.received", "target": {"entity_id": ACCESS}, "options": {"event_type": ["granted"]}},
    ),
    _counts(
        "rang",
        "Tell that the doorbell rang",
        {"trigger": "doorbell.rang", "target": {"entity_id": "event.front_door_doorbell"}},
    ),
    _counts("told_as_news", "Hear what happens now", _told({"replayed": False})),
    _counts("told", "Hear everything", _told({})),
]
"""In automations.yaml, as docs/home-assistant.md shows them."""
