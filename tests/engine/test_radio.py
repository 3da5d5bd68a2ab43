"""The radios: signal strength, a phone that is connected, and switching them off."""

import pytest

from lock_bridge.engine.effects import Radio
from lock_bridge.engine.inputs import ChangeSettings, PartFault, RadioSeen
from lock_bridge.wire.errors import ErrorCode
from lock_bridge.wire.words import EventType, Part
from tests.engine.lock import Lock


@pytest.mark.spec("PWR-3")
def test_the_signal_is_shown(lock: Lock) -> None:
    assert lock.state.signal_dbm is None
    lock.give(RadioSeen(-61))
    assert lock.state.signal_dbm == -61
    assert lock.effects == []


@pytest.mark.spec("PWR-3")
def test_the_wifi_radio_can_be_switched_off_from_the_app_and_has_no_signal_then(driven: Lock) -> None:
    driven.give(RadioSeen(-61))
    driven.set(wifi=False)
    assert driven.of(Radio) == [Radio(wifi=False, bluetooth=False)]
    assert driven.state.signal_dbm is None
    driven.give(RadioSeen(-61))
    assert driven.state.signal_dbm is None
    driven.set(wifi=True)
    driven.give(RadioSeen(-60))
    assert driven.state.signal_dbm == -60


@pytest.mark.spec("PWR-3")
def test_bluetooth_connected_is_told_apart_from_bluetooth_on(driven: Lock) -> None:
    driven.set(bluetooth=True)
    assert driven.of(Radio) == [Radio(wifi=True, bluetooth=True)]
    assert not driven.state.bluetooth_connected
    driven.give(RadioSeen(-61, bluetooth_connected=True))
    assert driven.state.bluetooth_connected
    driven.give(RadioSeen(-61))
    assert not driven.state.bluetooth_connected
    assert driven.state.settings.bluetooth


@pytest.mark.spec("PWR-3")
def test_bluetooth_switched_off_has_nobody_connected(driven: Lock) -> None:
    driven.set(bluetooth=True)
    driven.give(RadioSeen(-61, bluetooth_connected=True))
    driven.set(bluetooth=False)
    assert not driven.state.bluetooth_connected
    driven.give(RadioSeen(-61, bluetooth_connected=True))
    assert not driven.state.bluetooth_connected
    assert driven.state.signal_dbm == -61


@pytest.mark.spec("PWR-3")
def test_another_setting_switches_no_radio(driven: Lock) -> None:
    driven.set(volume="low")
    assert driven.of(Radio) == []


@pytest.mark.spec("PWR-3")
def test_after_a_start_the_radios_are_as_the_settings_say(driven: Lock) -> None:
    driven.set(wifi=False, bluetooth=True)
    driven.listen()
    driven.power_cut()
    assert driven.of(Radio) == [Radio(wifi=False, bluetooth=True)]


@pytest.mark.spec("PWR-3")
def test_l2s_talks_through_its_gateway_and_has_no_radio_to_switch(l2s: Lock) -> None:
    for name in ("wifi", "bluetooth"):
        assert l2s.refused(ChangeSettings, changes={name: False}) is ErrorCode.NOT_SUPPORTED
    l2s.listen()
    l2s.power_cut()
    assert l2s.of(Radio) == []
    l2s.give(RadioSeen(-48, bluetooth_connected=True))
    assert (l2s.state.signal_dbm, l2s.state.bluetooth_connected) == (-48, False)


@pytest.mark.spec("FLT-1", "PWR-3")
def test_a_radio_that_falls_silent_is_named_and_has_nobody_connected(driven: Lock) -> None:
    driven.set(bluetooth=True)
    driven.give(RadioSeen(-61, bluetooth_connected=True))
    driven.give(PartFault(Part.BLUETOOTH, "no_answer"))
    assert (driven.state.signal_dbm, driven.state.bluetooth_connected) == (None, False)
    assert dict(driven.fact(EventType.FAULT_STARTED).data) == {"part": "bluetooth"}
