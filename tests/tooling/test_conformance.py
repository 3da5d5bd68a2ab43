"""The table that tells which line of the spec is shown by which test, and the rule that only known lines are named."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from checks import conformance
from checks.conformance import Marks, SpecTest, render
from checks.counts import closing_line
from checks.spec import spec_ids, spec_sections
from lock_bridge.hardware.catalogue import DRIVERS

pytest_plugins = "pytester"


def rows(page: str) -> dict[str, str]:
    """The table's rows by their id."""
    lines = page.partition("\n## Drivers")[0].splitlines()
    return {line.split(" ")[1]: line for line in lines if line.startswith("| ") and not line.startswith("| id")}


def marks(tests: Mapping[str, set[SpecTest]]) -> Marks:
    """What the tests of the repository name, if they are these; every driver keeps its contract."""
    served = {(port, driver.name): {"test_it"} for driver in DRIVERS.values() for port in driver.ports}
    return Marks(dict(tests), served)


@pytest.fixture
def elsewhere(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests of another folder under this one's rules."""
    monkeypatch.delenv("LOCK_BRIDGE_TEST_COUNTS", raising=False)
    monkeypatch.setattr("tests.conftest.TESTS", pytester.path)
    pytester.makeini(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
        "addopts = -p tests.conftest -p no:homeassistant --strict-markers\nmarkers =\n    spec\n    long\n"
    )
    return pytester


class TestTheTable:
    def test_every_line_of_the_spec_has_one_row(self) -> None:
        assert rows(render(marks({}))).keys() == spec_ids()

    def test_ids_are_not_given_twice(self) -> None:
        assert len([line for section in spec_sections() for line in section.lines]) == len(spec_ids())

    def test_a_line_links_to_the_tests_that_show_it(self) -> None:
        tests = {SpecTest("tests/engine/test_lockout.py", "test_five_wrong_passcodes_lock_the_keypad")}
        row = rows(render(marks({"VER-7": tests})))["VER-7"]
        assert "[five wrong passcodes lock the keypad](../tests/engine/test_lockout.py)" in row

    def test_a_line_without_tests_says_so(self) -> None:
        assert rows(render(marks({})))["VER-7"].endswith("| not yet |")

    def test_lines_and_attacks_are_counted_apart(self) -> None:
        test = {SpecTest("tests/engine/test_lockout.py", "test_it")}
        assert "**1 of 114** lines of the locks" in render(marks({"VER-7": test, "S28": test, "S30": test}))
        assert "**0 of 38** lines of the cameras" in render(marks({"VER-7": test, "S28": test, "S30": test}))
        assert "**2 of 65** attacks" in render(marks({"VER-7": test, "S28": test, "S30": test}))

    def test_the_check_tells_an_old_page(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        every = {SpecTest("tests/test_it.py", "test_it")}
        monkeypatch.setattr(conformance, "collect", lambda: marks(dict.fromkeys(spec_ids(), every)))
        monkeypatch.setattr(conformance, "ROOT", tmp_path)
        monkeypatch.setattr(conformance, "TABLE", tmp_path / "docs" / "conformance.md")
        assert conformance.main(["--check"]) == 1
        assert conformance.main([]) == 0
        assert conformance.main(["--check"]) == 0
        other = {SpecTest("tests/test_it.py", "test_another")}
        monkeypatch.setattr(conformance, "collect", lambda: marks(dict.fromkeys(spec_ids(), every) | {"VER-7": other}))
        capsys.readouterr()
        assert conformance.main(["--check"]) == 1
        assert "out of date: run scripts/conformance" in capsys.readouterr().out

    def test_the_check_fails_for_a_driver_that_no_contract_knows(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        every = marks({key: {SpecTest("tests/test_it.py", "test_it")} for key in spec_ids()})
        del every.drivers["card", "pn532"]
        monkeypatch.setattr(conformance, "collect", lambda: every)
        assert conformance.main(["--check"]) == 1
        assert "No contract test holds pn532 as card" in capsys.readouterr().out

    @pytest.mark.parametrize(("left_out", "status"), [("VER-7", 1), ("L2S-12", 1), ("S28", 0), ("CAM-1", 0)])
    def test_the_check_fails_for_a_line_without_a_test_but_for_cameras_and_attacks(
        self,
        left_out: str,
        status: int,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert left_out in spec_ids()
        shown = {SpecTest("tests/test_it.py", "test_it")}
        monkeypatch.setattr(
            conformance, "collect", lambda: marks({line: shown for line in spec_ids() if line != left_out})
        )
        monkeypatch.setattr(conformance, "ROOT", tmp_path)
        monkeypatch.setattr(conformance, "TABLE", tmp_path / "conformance.md")
        assert conformance.main([]) == 0
        assert conformance.main(["--check"]) == status
        assert (f"No test shows {left_out}:" in capsys.readouterr().out) is bool(status)


class TestTheMarks:
    def test_an_unknown_line_stops_the_run(self, elsewhere: pytest.Pytester) -> None:
        elsewhere.makepyfile(test_door='import pytest\n@pytest.mark.spec("VER-99")\ndef test_it(): ...\n')
        result = elsewhere.runpytest_inprocess()
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*test_door.py::test_it: VER-99 is no id in tests/spec_ids.toml"])

    def test_a_known_line_may_be_named(self, elsewhere: pytest.Pytester) -> None:
        elsewhere.makepyfile(test_door='import pytest\n@pytest.mark.spec("VER-7", "S28")\ndef test_it(): ...\n')
        elsewhere.runpytest_inprocess().assert_outcomes(passed=1)

    def test_long_tests_are_left_out_unless_asked_for(
        self, elsewhere: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere.makepyfile(test_door="import pytest\n@pytest.mark.long\ndef test_it(): ...\ndef test_short(): ...\n")
        monkeypatch.delenv("LOCK_BRIDGE_LONG", raising=False)
        elsewhere.runpytest_inprocess().assert_outcomes(passed=1, deselected=1)
        monkeypatch.setenv("LOCK_BRIDGE_LONG", "1")
        elsewhere.runpytest_inprocess().assert_outcomes(passed=2)

    def test_the_counts_of_a_run_are_left_for_the_closing_line(
        self, elsewhere: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counts = tmp_path / "counts"
        monkeypatch.setenv("LOCK_BRIDGE_TEST_COUNTS", str(counts))
        elsewhere.makepyfile(test_door="def test_it(): ...\ndef test_no(): assert False\n")
        elsewhere.runpytest_inprocess()
        elsewhere.runpytest_inprocess("-k", "test_it")
        assert closing_line(counts.read_text(encoding="utf-8")) == "2 passed, 1 failed, 0 skipped"

    def test_a_test_of_the_integration_does_not_run_without_home_assistants_plugin(
        self, elsewhere: pytest.Pytester
    ) -> None:
        elsewhere.mkdir("integration").joinpath("test_door.py").write_text("def test_it(): ...\n", encoding="utf-8")
        result = elsewhere.runpytest_inprocess()
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*use scripts/test*"])
