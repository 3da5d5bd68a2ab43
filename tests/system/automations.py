"""What a homeowner automates: the examples of docs/automations.md, and one for each way to learn of something, which
counts.
"""

import re
from typing import Any

import yaml

from house.processes import ROOT

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


GUIDE = (ROOT / "docs" / "automations.md").read_text(encoding="utf-8")

EXAMPLES: list[dict[str, Any]] = [
    {"id": f"example_{number}", **yaml.safe_load(example)}
    for number, example in enumerate(re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))
]

COUNTING: list[dict[str, Any]] = [
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

AUTOMATIONS = [*COUNTING, *EXAMPLES]
"""In automations.yaml."""
