"""The bridge is installed by one command, which says what it does and takes away what it has put there."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "bridge" / "install"
UNIT = ROOT / "bridge" / "systemd" / "lock-bridge.service"
RULES = ROOT / "bridge" / "systemd" / "70-lock-bridge.rules"

FILES = {
    "etc/lock-bridge/config.toml",
    "etc/systemd/system/lock-bridge.service",
    "etc/systemd/system/lock-bridge.service.d/groups.conf",
    "etc/systemd/system/multi-user.target.wants/lock-bridge.service",
    "etc/udev/rules.d/70-lock-bridge.rules",
}
ACCOUNTS = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "shadow": "root:*:20000:0:99999:7:::\n",
    "group": "root:x:0:\ndialout:x:20:\naudio:x:29:anna\ninput:x:105:\n",
    "gshadow": "root:*::\ndialout:!::\naudio:!::anna\ninput:!::\n",
}

FAKE_UV = """\
#!/bin/sh
# Answers as uv does, and makes what uv would make.
case "$1 $2" in
    "--version "*) echo "uv 0.13.5" ;;
    "python find")
        mkdir -p "$UV_PYTHON_INSTALL_DIR/cpython/bin"
        : >"$UV_PYTHON_INSTALL_DIR/cpython/bin/python3.14"
        echo "$UV_PYTHON_INSTALL_DIR/cpython/bin/python3.14" ;;
    "tool install")
        printf '%s\\n' "$@" >"$FAKE_UV_TOLD"
        bin="$UV_TOOL_DIR/lock-bridge/bin"
        mkdir -p "$bin" "$UV_TOOL_BIN_DIR"
        ln -sfn "$UV_PYTHON_INSTALL_DIR/cpython/bin/python3.14" "$bin/python"
        printf '#!%s/python\\nprint("lock-bridge")\\n' "$bin" >"$bin/lock-bridge"
        chmod 755 "$bin/lock-bridge"
        printf 'home = %s/cpython/bin\\n' "$UV_PYTHON_INSTALL_DIR" >"$UV_TOOL_DIR/lock-bridge/pyvenv.cfg"
        ln -sfn "$bin/lock-bridge" "$UV_TOOL_BIN_DIR/lock-bridge" ;;
    *) exit 9 ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What the command has answered."""

    code: int
    out: str
    error: str

    def steps(self) -> set[str]:
        """The words that its lines begin with."""
        return {line[:9].strip() for line in self.out.splitlines() if line}


class Machine:
    """A folder in place of a machine."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.tools = tools
        folder.mkdir()

    def install(self, *words: str, program: bool = False) -> Said:
        """Run the command on it."""
        env = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "HOME": str(self.tools),
            "FAKE_UV_TOLD": str(self.tools / "told"),
            "LC_ALL": "C",
        }
        more = () if program or "--remove" in words else ("--no-program",)
        done = subprocess.run(
            [str(INSTALL), "--root", str(self.folder), *more, *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=env,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def has_accounts(self) -> None:
        """Give it users and groups, as an image of a system has them."""
        (self.folder / "etc").mkdir()
        for name, text in ACCOUNTS.items():
            (self.folder / "etc" / name).write_text(text)

    def boot(self, text: str) -> Path:
        """Give it a boot file."""
        boot = self.folder / "boot/firmware/config.txt"
        boot.parent.mkdir(parents=True)
        boot.write_text(text)
        return boot

    def config(self, part: str) -> None:
        """Give it a config with this part."""
        config = self.folder / "etc/lock-bridge/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'[[lock]]\nid = "front_door"\n[lock.parts]\n{part}\n')

    def groups(self) -> dict[str, list[str]]:
        """Members by group."""
        lines = (self.folder / "etc" / "group").read_text().splitlines()
        return {line.split(":")[0]: [name for name in line.split(":")[3].split(",") if name] for line in lines}

    def tree(self) -> dict[str, tuple[int, float, bytes]]:
        """All that is in it: mode, time of change, content."""
        return {name: found for name, found in self._walk() if not re.fullmatch(r"etc/\w+-", name)}

    def _walk(self) -> Iterator[tuple[str, tuple[int, float, bytes]]]:
        for path in sorted(self.folder.rglob("*")):
            told = path.lstat()
            content = _target_or_text(path)
            changed = 0.0 if path.is_dir() else told.st_mtime
            yield path.relative_to(self.folder).as_posix(), (stat.S_IMODE(told.st_mode), changed, content)

    def text(self, name: str) -> str:
        """A file of it."""
        return (self.folder / name).read_text()


def _target_or_text(path: Path) -> bytes:
    if path.is_symlink():
        return str(path.readlink()).encode()
    return path.read_bytes() if path.is_file() else b""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "uv").write_text(FAKE_UV)
    (tools / "uv").chmod(0o755)
    return Machine(tmp_path / "machine", tools)


needs_accounts = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("useradd", path="/usr/sbin:/sbin") is None,
    reason="makes users in a folder, which takes root and Debian's passwd",
)


def test_everything_is_put_where_the_machine_looks_for_it(machine: Machine) -> None:
    said = machine.install()
    assert (said.code, said.error) == (0, "")
    tree = machine.tree()
    assert tree.keys() >= FILES
    modes = {name: tree[name][0] for name in FILES}
    assert modes["etc/lock-bridge/config.toml"] == 0o640, "it may hold a module's password"
    assert tree["etc/lock-bridge"][0] == 0o750
    assert modes["etc/udev/rules.d/70-lock-bridge.rules"] == modes["etc/systemd/system/lock-bridge.service"] == 0o644
    assert machine.text("etc/systemd/system/lock-bridge.service") == UNIT.read_text()
    wanted = machine.folder / "etc/systemd/system/multi-user.target.wants/lock-bridge.service"
    assert str(wanted.readlink()) == "/etc/systemd/system/lock-bridge.service"
    for name in FILES - {"etc/systemd/system/multi-user.target.wants/lock-bridge.service"}:
        assert f"wrote     /{name}\n" in said.out
    assert str(machine.folder) not in "".join(machine.text(name) for name in FILES if "wants" not in name)


def test_the_first_config_is_one_that_the_bridge_takes(machine: Machine) -> None:
    from lock_bridge import profiles
    from lock_bridge.config import parse

    machine.install()
    config = parse(machine.text("etc/lock-bridge/config.toml"), profiles.names())
    assert [lock.simulated is not None for lock in config.locks] == [True], "no program guesses who opens the door"
    assert config.server.host == "127.0.0.1"


def test_a_second_time_nothing_is_done_and_it_says_so(machine: Machine) -> None:
    machine.install()
    before = machine.tree()
    said = machine.install()
    assert said.code == 0
    assert said.steps() <= {"as it was", "left out", "to do"}
    assert machine.tree() == before


def test_a_config_is_never_overwritten(machine: Machine) -> None:
    config = machine.folder / "etc/lock-bridge/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("# mine\n")
    assert "as it was /etc/lock-bridge/config.toml" in machine.install().out
    assert config.read_text() == "# mine\n"
    machine.install("--remove")
    assert config.read_text() == "# mine\n"


def test_a_unit_that_was_changed_is_renewed(machine: Machine) -> None:
    machine.install()
    unit = machine.folder / "etc/systemd/system/lock-bridge.service"
    unit.write_text("[Unit]\n")
    assert "renewed   /etc/systemd/system/lock-bridge.service\n" in machine.install().out
    assert unit.read_text() == UNIT.read_text()


def test_a_removal_leaves_the_config_and_nothing_else(machine: Machine) -> None:
    machine.install()
    said = machine.install("--remove")
    assert (said.code, said.error) == (0, "")
    assert {name for name in machine.tree() if "." in name} == {"etc/lock-bridge/config.toml"}
    assert set(machine.tree()) == {"etc", "etc/lock-bridge", "etc/lock-bridge/config.toml"}
    assert "kept      /etc/lock-bridge" in said.out


def test_a_purge_leaves_nothing_at_all(machine: Machine) -> None:
    (machine.folder / "etc/udev").mkdir(parents=True)
    before = machine.tree()
    machine.install()
    data = machine.folder / "var/lib/lock-bridge"
    data.mkdir(parents=True)
    (data / "device.key").write_text("secret")
    said = machine.install("--remove", "--purge")
    assert said.code == 0
    assert not data.exists()
    assert {name for name in machine.tree() if not name.startswith("var")} == set(before)


def test_what_was_removed_may_be_removed_again_and_purged_later(machine: Machine) -> None:
    machine.install()
    machine.install("--remove")
    said = machine.install("--remove")
    assert (said.code, said.out.splitlines()[0]) == (0, "Nothing that bridge/install has installed is here.")
    machine.install("--remove", "--purge")
    assert not (machine.folder / "etc/lock-bridge").exists()


def test_a_dry_run_says_everything_and_writes_nothing(machine: Machine) -> None:
    said = machine.install("--dry-run", program=True)
    assert said.code == 0
    assert machine.tree() == {}
    assert "would be  installed: lock-bridge" in said.out
    assert "would be  wrote: /etc/systemd/system/lock-bridge.service" in said.out
    machine.install()
    before = machine.tree()
    said = machine.install("--remove", "--purge", "--dry-run")
    assert "would be  removed: /etc/udev/rules.d/70-lock-bridge.rules" in said.out
    assert machine.tree() == before


@needs_accounts
def test_the_service_has_a_user_of_its_own_in_the_groups_of_its_parts(machine: Machine) -> None:
    machine.has_accounts()
    assert machine.install().code == 0
    (user,) = [line for line in machine.text("etc/passwd").splitlines() if line.startswith("lock-bridge:")]
    assert user.endswith(":/var/lib/lock-bridge:/usr/sbin/nologin")
    groups = machine.groups()
    joined = {name for name, members in groups.items() if "lock-bridge" in members}
    assert joined == {"dialout", "audio", "input", "gpio", "i2c"}, "bluetooth and netdev are not on this machine"
    dropped = machine.text("etc/systemd/system/lock-bridge.service.d/groups.conf").splitlines()[-1]
    assert set(dropped.removeprefix("SupplementaryGroups=").split()) == joined
    config = machine.folder / "etc/lock-bridge/config.toml"
    number = next(line for line in machine.text("etc/group").splitlines() if line.startswith("lock-bridge:"))
    assert (config.stat().st_uid, config.stat().st_gid) == (0, int(number.split(":")[2]))
    assert config.parent.stat().st_gid == config.stat().st_gid


@needs_accounts
def test_a_removal_gives_back_users_and_groups_as_they_were(machine: Machine) -> None:
    machine.has_accounts()
    machine.install()
    config = machine.folder / "etc/lock-bridge/config.toml"
    assert machine.install("--remove").code == 0
    assert {name: machine.text(f"etc/{name}") for name in ACCOUNTS} == ACCOUNTS
    assert (config.stat().st_uid, config.stat().st_gid) == (0, 0), "nobody inherits it with a number"


@needs_accounts
def test_a_group_that_others_have_joined_stays(machine: Machine) -> None:
    machine.has_accounts()
    machine.install()
    group = machine.folder / "etc/group"
    group.write_text(re.sub(r"(?m)^(gpio:.*)$", r"\1,anna", group.read_text()))
    said = machine.install("--remove")
    assert "kept      group gpio: others are in it" in said.out
    assert machine.groups()["gpio"] == ["anna"]
    assert "i2c" not in machine.groups()


@needs_accounts
def test_a_user_who_was_there_before_stays_and_only_leaves_the_groups(machine: Machine) -> None:
    machine.has_accounts()
    with (machine.folder / "etc/passwd").open("a") as passwd, (machine.folder / "etc/group").open("a") as group:
        passwd.write("lock-bridge:x:990:990::/var/lib/lock-bridge:/usr/sbin/nologin\n")
        group.write("lock-bridge:x:990:\n")
    before = machine.groups()
    assert "as it was user lock-bridge" in machine.install().out
    machine.install("--remove")
    assert "lock-bridge:x:990:990" in machine.text("etc/passwd")
    assert machine.groups() == before


def test_the_program_is_brought_with_the_versions_that_were_tested(machine: Machine) -> None:
    said = machine.install("--extras", "none,gpio,i2c", program=True)
    assert said.code == 0, said.error
    told = (machine.tools / "told").read_text().splitlines()
    assert told[-1] == f"{ROOT}/bridge[gpio,i2c]"
    named = [told[at + 1] for at, word in enumerate(told) if word == "--constraints"]
    assert [Path(name).name for name in named] == ["dev.txt", "native.txt"]
    assert re.search(r"installed lock-bridge \S+ with gpio i2c, in /opt/lock-bridge", said.out)
    (machine.tools / "told").unlink()
    assert machine.install(program=True).code == 0
    assert not (machine.tools / "told").exists(), "what is as it was is not brought again"
    assert "with gpio i2c input," in machine.install("--extras", "input", program=True).out, "beside what was there"


def test_what_goes_into_an_image_names_no_folder_of_its_builder(machine: Machine) -> None:
    machine.install(program=True)
    app = machine.folder / "opt/lock-bridge/lock-bridge"
    assert (
        str((machine.folder / "usr/local/bin/lock-bridge").readlink()) == "/opt/lock-bridge/lock-bridge/bin/lock-bridge"
    )
    assert str((app / "bin/python").readlink()) == "/opt/lock-bridge/python/cpython/bin/python3.14"
    assert (app / "bin/lock-bridge").read_text().startswith("#!/opt/lock-bridge/lock-bridge/bin/python\n")
    assert (app / "pyvenv.cfg").read_text() == "home = /opt/lock-bridge/python/cpython/bin\n"
    machine.install("--remove", "--purge")
    assert machine.tree() == {}


def test_boot_lines_are_said_and_written_only_where_that_is_asked_for(machine: Machine) -> None:
    boot = machine.folder / "boot/firmware/config.txt"
    boot.parent.mkdir(parents=True)
    before = "dtparam=audio=on\n[pi4]\narm_boost=1\n"
    boot.write_text(before)
    (boot.parent / "cmdline.txt").write_text("console=serial0,115200 console=tty1 root=PARTUUID=1\n")
    said = machine.install()
    assert "to do     dtparam=strict_gpiod in /boot/firmware/config.txt" in said.out
    assert "raspi-config nonint do_serial_cons 1" in said.out
    assert boot.read_text() == before

    for _ in range(2):
        said = machine.install("--boot-config", str(boot))
        lines = boot.read_text().splitlines()
        assert lines[:3] == before.splitlines()
        assert lines[-3:-1] == ["[all]", "dtparam=strict_gpiod"], "not for one model alone"
        assert lines.count("dtparam=strict_gpiod") == 1
    assert f"as it was {boot}" in said.out
    assert "strict_gpiod" not in said.out
    assert (boot.parent / "config.txt.lock-bridge").read_text() == before

    machine.install("--remove")
    assert boot.read_text() == before
    assert not (boot.parent / "config.txt.lock-bridge").exists()


@pytest.mark.parametrize("port", ["/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0"])
def test_a_module_on_the_header_needs_the_serial_port_switched_on(machine: Machine, port: str) -> None:
    boot = machine.boot("dtparam=strict_gpiod\n")
    machine.config(f'fingerprint = {{ driver = "ef01", device = "{port}" }}')
    assert "to do     enable_uart=1 in /boot/firmware/config.txt" in machine.install().out
    for _ in range(2):
        machine.install("--boot-config", str(boot))
        assert boot.read_text().splitlines()[-3:-1] == ["[all]", "enable_uart=1"]
    assert "enable_uart" not in machine.install().out


@pytest.mark.parametrize("line", ["enable_uart=1", "dtparam=uart0=on", "dtparam=uart0"])
def test_a_serial_port_that_is_switched_on_is_not_asked_for(machine: Machine, line: str) -> None:
    machine.boot(f"dtparam=strict_gpiod\n{line}\n")
    machine.config('fingerprint = { driver = "ef01", device = "/dev/ttyAMA0" }')
    assert "enable_uart" not in machine.install().out


def test_a_serial_port_that_is_not_on_the_header_needs_no_boot_line(machine: Machine) -> None:
    machine.boot("")
    machine.config('fingerprint = { driver = "ef01", device = "/dev/serial/by-id/usb-one" }\n# device = "/dev/ttyAMA0"')
    said = machine.install().out
    assert "enable_uart" not in said
    assert "strict_gpiod" in said


@pytest.mark.parametrize(
    ("line", "is_on"),
    [
        ("dtparam=i2c_arm=on", True),
        ("dtparam=i2c_arm=on,i2c_arm_baudrate=400000", True),
        ("dtparam=audio=on,i2c_arm=on", True),
        ("dtparam=i2c=on", True),
        ("dtparam=i2c_arm=off", False),
        ("#dtparam=i2c_arm=on", False),
        ("dtparam=i2c_arm_baudrate=400000", False),
    ],
)
def test_a_bus_that_is_switched_on_is_not_asked_for(machine: Machine, line: str, is_on: bool) -> None:
    machine.boot(f"{line}\n")
    machine.config('power = { driver = "max17048" }')
    assert ("to do     dtparam=i2c_arm=on in" not in machine.install().out) is is_on


def test_the_module_of_a_gauges_bus_is_loaded_at_each_start_until_it_is_removed(machine: Machine) -> None:
    modules = machine.folder / "etc/modules-load.d/lock-bridge.conf"
    machine.install()
    assert not modules.exists(), "a door without a gauge needs none"
    machine.config('power = { driver = "ina219" }')
    assert "wrote     /etc/modules-load.d/lock-bridge.conf" in machine.install().out
    assert modules.read_text().splitlines()[-1] == "i2c-dev"
    assert "as it was /etc/modules-load.d/lock-bridge.conf" in machine.install().out
    machine.config('power = { driver = "mains" }')
    assert "removed   /etc/modules-load.d/lock-bridge.conf" in machine.install().out
    assert not modules.exists()
    machine.config('power = { driver = "ina219" }')
    machine.install()
    machine.install("--remove")
    assert not modules.parent.exists()


def test_a_boot_file_is_taken_from_the_folder_and_never_from_the_builders_machine(
    machine: Machine, tmp_path: Path
) -> None:
    outside = tmp_path / "outside" / "config.txt"
    outside.parent.mkdir()
    outside.write_text("mine\n")
    boot = machine.boot("")
    said = machine.install()
    assert f"sudo bridge/install --root {machine.folder} --boot-config /boot/firmware/config.txt" in said.out
    assert f"sudo bridge/install --root {machine.folder}, and" in said.out

    assert machine.install("--boot-config", "/boot/firmware/config.txt").code == 0
    assert "dtparam=strict_gpiod" in boot.read_text()
    linked = machine.folder / "boot/config.txt"
    linked.symlink_to(outside)
    for named, told in (
        (str(outside), f"there is no file {outside} in {machine.folder}"),
        ("../outside/config.txt", "../outside/config.txt is not inside"),
        ("/boot/config.txt", "/boot/config.txt is not inside"),
    ):
        said = machine.install("--boot-config", named)
        assert said.code == 1
        assert told in said.error
    assert [path.name for path in outside.parent.iterdir()] == ["config.txt"]
    assert outside.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rmove"], "there is no --rmove"),
        (["--extras", "gpio,lidar"], "there is no extra lidar; there are: gpio input pcsc ble i2c key sound"),
        (["--purge"], "--purge goes with --remove"),
        (["--extras"], "--extras needs a word after it"),
        (["--boot-config", "/nowhere/config.txt"], "there is no file /nowhere/config.txt"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(machine: Machine, words: list[str], told: str) -> None:
    said = machine.install(*words)
    assert said.code == 1
    assert told in said.error


@pytest.mark.skipif(os.geteuid() == 0, reason="is about who is not root")
def test_who_is_not_root_is_told_how() -> None:
    done = subprocess.run([str(INSTALL)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "sudo bridge/install" in done.stderr


def test_the_rules_name_only_groups_that_are_made_or_always_there() -> None:
    named = set(re.findall(r'GROUP="([\w-]+)"', RULES.read_text()))
    people = (ROOT / "bridge" / "installing" / "people.sh").read_text()
    (made,) = re.findall(r'^OWN_GROUPS="(.*)"$', people, re.MULTILINE)
    assert named <= {*made.split(), "input", "lock-bridge"}


def test_udev_understands_the_rules() -> None:
    tool = shutil.which("udevadm")
    if tool is None:
        pytest.skip("this machine has no udev to ask")
    done = subprocess.run(
        [tool, "verify", "--resolve-names=never", str(RULES)], capture_output=True, text=True, timeout=60, check=False
    )
    if "Unknown command verb" in done.stderr:
        pytest.skip("this udev is too old to be asked")
    assert done.returncode == 0, done.stdout + done.stderr
