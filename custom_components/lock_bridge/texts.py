"""Words and sentences in the language of the house, from this integration's translations."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .wire.model import ChangedBy, Event
from .wire.words import OperationSource

COMMON: Final = "common"
"""Category of the sentences: `event_<type>`, and `_by`, `_with`, `_by_with` where it is known who did it or how."""

_LOCAL: Final = "local"
"""What the bridge calls its own command line, which is no paired client."""

_ACCESS: Final = "event.access.state_attributes"

_JOINER: Final = "\u2060"
"""Takes no room and is not seen."""

_MORE_THAN_WORDS: Final = re.compile(r"(?<=<)(?!\u2060)|(?<=\])(?=[(\[:])|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""In the middle of `<img`, `](address)`, `][name]`, `]: address`, `https://` and `www.`."""


def method_of(what: Event | ChangedBy) -> str | None:
    """By what somebody verified; where nobody did, what moved the bolt."""
    return what.credential_type or what.source


def literal(text: str) -> str:
    """Somebody's words as words alone: in the Markdown of forms no picture, link, address or element comes of them.

    Titles and errors show them as they are, so what Markdown has for it cannot be used.
    """
    return _MORE_THAN_WORDS.sub(_JOINER, text)


def label_of(event: Event) -> str | None:
    """The visitor whose passcode or Bluetooth key it was, as she who gave it out has written."""
    label = event.data.get("label")
    return label if isinstance(label, str) and label else None


@callback
def changed_by(hass: HomeAssistant, who: ChangedBy | None) -> str | None:
    """Who moved the bolt, and how: `Anna · fingerprint`."""
    if who is None or (method := method_of(who)) in (None, OperationSource.UNKNOWN):
        return None
    # A client's own name says more than that it was remote.
    if who.source == OperationSource.REMOTE and who.client_name:
        return _begun(_client(hass, who.client_name)) if who.client_name == _LOCAL else who.client_name
    how = method_name(hass, method)
    name = _with_visitor(hass, who.user_name, who.label) if who.user_name else ""
    return f"{name} · {how}" if name else _begun(how)


@callback
def sentence(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """An event as a sentence that goes on after the lock's name: `opened by Anna with fingerprint`."""
    sentences = _texts(hass, COMMON)
    details: Mapping[str, Any] = data.get("data") or {}
    for key in _keys(hass, data, details):
        if text := sentences.get(f"component.{DOMAIN}.{COMMON}.{key}"):
            return text.format(
                who=_who(hass, data),
                method=method_name(hass, data.get("method")),
                reason=_reason(hass, data.get("reason")),
                part=_word(hass, COMMON, "part", details.get("part")),
                count=details.get("count", ""),
            )
    return str(data.get("type", "")).replace("_", " ")


@callback
def method_name(hass: HomeAssistant, method: Any) -> str:
    """By what somebody verified, as a homeowner says it: `fingerprint`."""
    return _word(hass, "entity", f"{_ACCESS}.method.state", method)


@callback
def part_name(hass: HomeAssistant, part: str) -> str:
    """A part of a lock, as a homeowner says it: `fingerprint reader`."""
    return _word(hass, COMMON, "part", part)


def _texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    """All texts of a category; English ones while another language is still being loaded."""
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return texts or async_get_cached_translations(hass, "en", category, DOMAIN)


def _keys(hass: HomeAssistant, data: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[str]:
    """Names of the sentences that could be said, the one that says most first."""
    kind, who = f"event_{data.get('type')}", _who(hass, data)
    # Whoever gave a command has a name; that it came from afar adds nothing to it.
    method = data.get("method") not in (None, OperationSource.REMOTE, OperationSource.UNKNOWN)
    for start in (f"{kind}_{details.get('operation') or details.get('mode')}", kind):
        if who and method:
            yield f"{start}_by_with"
        if who:
            yield f"{start}_by"
        if method:
            yield f"{start}_with"
        yield start


def _who(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    if not (name := data.get("user_name")):
        return _client(hass, data.get("client_name") or "")
    return _with_visitor(hass, str(name), (data.get("data") or {}).get("label"))


def _with_visitor(hass: HomeAssistant, host: str, label: str | None) -> str:
    if not label:
        return host
    text = _texts(hass, COMMON).get(f"component.{DOMAIN}.{COMMON}.visitor", "{who} ({label})")
    return text.format(who=host, label=label)


def _client(hass: HomeAssistant, name: str) -> str:
    return _word(hass, COMMON, "client", name) if name == _LOCAL else name


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reason(hass: HomeAssistant, reason: Any) -> str:
    # Why somebody was refused at the door is shown on the event entity too; why a motor stood still is not.
    known = _word(hass, "entity", f"{_ACCESS}.reason.state", reason, default="")
    return known or _word(hass, COMMON, "reason", reason)


def _word(hass: HomeAssistant, category: str, where: str, value: Any, default: str | None = None) -> str:
    """A word of the bridge as a homeowner says it. One of a newer bridge is shown as it came."""
    words = _texts(hass, category)
    joint = "_" if category == COMMON else "."
    shown = str(value or "").replace("_", " ") if default is None else default
    return words.get(f"component.{DOMAIN}.{category}.{where}{joint}{value}", shown)
