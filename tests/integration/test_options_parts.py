"""What "Configure" is put together of: its parts share one object, so none may use another's private names."""

import ast
import inspect
import textwrap
from collections.abc import Iterator

from homeassistant.config_entries import OptionsFlowWithReload

from custom_components.lock_bridge.options import LockBridgeOptionsFlow

PARTS = [part for part in LockBridgeOptionsFlow.__mro__ if not issubclass(OptionsFlowWithReload, part)]


def test_no_two_parts_have_a_private_name_in_common() -> None:
    owner: dict[str, type] = {}
    for part in PARTS:
        for name in set(private_names(part)):
            assert owner.setdefault(name, part) is part, f"{name} of {part.__name__} is {owner[name].__name__}'s too"
    assert {"_put_on", "_learning", "_refused", "_then"} <= owner.keys()


def test_no_part_has_a_private_name_of_home_assistants() -> None:
    bases = [kind for kind in OptionsFlowWithReload.__mro__ if kind.__module__.startswith("homeassistant.")]
    home_assistants = {name for kind in bases for name in private_names(kind)}
    assert {"_async_abort_entries_match", "_flow_result"} <= home_assistants
    for part in PARTS:
        assert home_assistants.isdisjoint(private_names(part)), part


def private_names(kind: type) -> Iterator[str]:
    """Of what a class defines, or keeps of itself."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind)))):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()) if is_private(name):
                yield name
    yield from (name for name in {*vars(kind), *inspect.get_annotations(kind)} if is_private(name))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith(("__", "_abc_"))
