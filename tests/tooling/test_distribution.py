"""The bridge as a person installs it: one wheel with everything in it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = ROOT / "bridge"
PACKAGE = BRIDGE / "lock_bridge"
WIRE = ROOT / "custom_components" / "lock_bridge" / "wire"


def build(*options: str, into: Path) -> None:
    """Build with the pinned build tools, fetching nothing."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "build", "--offline", "--quiet", "--no-config", "--no-build-isolation"),
            *("--python", sys.executable, "--out-dir", str(into), *options, str(BRIDGE)),
        ],
        check=True,
    )


def wheel_contents(folder: Path) -> dict[str, bytes]:
    """Every file of the one wheel in a folder."""
    (wheel,) = folder.glob("lock_bridge-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The wheel as `uv tool install ./bridge` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    build("--wheel", into=folder)
    return wheel_contents(folder)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source distribution and the wheel built from that."""
    folder = tmp_path_factory.mktemp("sdist")
    build(into=folder)
    return folder


def test_the_wheel_has_every_file_of_the_package(wheel: dict[str, bytes]) -> None:
    ours = {
        f"lock_bridge/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in PACKAGE.rglob("*", recurse_symlinks=True)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours == {name: content for name, content in wheel.items() if name.startswith("lock_bridge/")}


def test_the_wheel_has_the_shared_words_the_profiles_and_its_types(wheel: dict[str, bytes]) -> None:
    assert wheel["lock_bridge/wire/words.py"] == (WIRE / "words.py").read_bytes()
    assert {"lock_bridge/profiles/l2s.toml", "lock_bridge/profiles/palm6068.toml"} <= wheel.keys()
    assert wheel["lock_bridge/py.typed"] == b""


def test_the_wheel_has_the_door_page(wheel: dict[str, bytes]) -> None:
    assert any(name.startswith("lock_bridge/panel/") and name.endswith(".html") for name in wheel)


def test_the_wheel_has_the_command_and_the_licence(wheel: dict[str, bytes]) -> None:
    (info,) = {name.split("/")[0] for name in wheel if ".dist-info/" in name}
    assert b"lock-bridge = lock_bridge.__main__:main" in wheel[f"{info}/entry_points.txt"]
    assert wheel[f"{info}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_a_wheel_built_from_the_source_distribution_is_the_same(packages: Path, wheel: dict[str, bytes]) -> None:
    assert wheel_contents(packages) == wheel


EXTRAS = {"bleak", "dbus_fast", "evdev", "gpiod", "smartcard", "smbus2"}
"""What the extras bring."""


@pytest.mark.timeout(300)
def test_it_runs_with_nothing_but_its_own_pinned_packages(packages: Path, tmp_path: Path) -> None:
    (wheel,) = packages.glob("lock_bridge-*.whl")
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    uv = (sys.executable, "-m", "uv", "--quiet", "--no-config")
    pins = ROOT / "requirements" / "bridge.txt"
    subprocess.run([*uv, "venv", "--python", sys.executable, str(environment)], check=True)
    subprocess.run([*uv, "pip", "install", "--python", python, "--require-hashes", "-r", str(pins)], check=True)
    subprocess.run([*uv, "pip", "install", "--python", python, "--no-deps", "--offline", str(wheel)], check=True)

    # A driver of an attached part may want the library of its extra; nothing else may.
    import_everything = (
        "import importlib, pkgutil, lock_bridge, lock_bridge.service\n"
        "for module in pkgutil.walk_packages(lock_bridge.__path__, 'lock_bridge.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        try:\n"
        "            importlib.import_module(module.name)\n"
        "        except ModuleNotFoundError as error:\n"
        f"            if not (module.name.startswith('lock_bridge.hardware.') and error.name in {EXTRAS}):\n"
        "                raise\n"
    )
    subprocess.run([python, "-I", "-W", "error", "-c", import_everything], check=True, cwd=tmp_path)
    command = environment / "bin" / "lock-bridge"
    usage = subprocess.run([command, "--help"], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "run" in usage.stdout


def test_the_source_distribution_has_files_instead_of_links(packages: Path) -> None:
    (sdist,) = packages.glob("lock_bridge-*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert not [member.name for member in archive if member.issym() or member.islnk()]
