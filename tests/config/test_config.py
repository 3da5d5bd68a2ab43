"""The config file says what the bridge is; a wrong one is refused with each wrong key and what is allowed there."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.config import Config, ConfigError, load, parse
from lock_bridge.config_table import spelled
from lock_bridge.hardware.ef01.about import Options as Ef01

PROFILES = ("l2s", "palm6068")

WHOLE = """
[bridge]
name = "Cabin"
data = "state"
socket = "/run/lock-bridge/control.sock"
trust_clock = "always"
time_zone = "Europe/Oslo"

[server]
host = "192.168.1.20"
port = 9000
zeroconf = false
interfaces = ["192.168.1.20", "fe80::1"]

[[lock]]
id = "front_door"
name = "Front door"
profile = "palm6068"
serial = "E12345678"
verification_code = "QWERTZ"

[lock.parts]
fingerprint = { driver = "ef01", device = "/dev/ttyUSB0", baudrate = 115200, password = 24680135 }

[lock.simulated]
port = 8650
time_scale = 10
travel_ms = 0
hinge = "left"
people = [ { name = "Anna", fingers = ["right thumb", "left thumb"], cards = ["04a1b2c3"] } ]
"""

LOCK = '[[lock]]\nid = "door"\nprofile = "l2s"\n'
DOOR = LOCK + "[lock.simulated]\n"


def read(text: str) -> Config:
    return parse(text, PROFILES, folder=Path("/etc/lock-bridge"))


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_config_is_read_as_it_stands() -> None:
    config = read(WHOLE)

    assert config.bridge.name == "Cabin"
    assert config.bridge.data == Path("/etc/lock-bridge/state"), "a relative path starts at the config's folder"
    assert config.bridge.socket == Path("/run/lock-bridge/control.sock")
    assert config.bridge.trust_clock == "always"
    assert config.bridge.zone == ZoneInfo("Europe/Oslo")
    assert (config.server.host, config.server.port, config.server.zeroconf) == ("192.168.1.20", 9000, False)
    assert config.server.interfaces == ("192.168.1.20", "fe80::1")
    (lock,) = config.locks
    assert (lock.id, lock.name, lock.profile, lock.serial) == ("front_door", "Front door", "palm6068", "E12345678")
    assert lock.verification_code == "QWERTZ"
    assert lock.parts["fingerprint"].driver == "ef01"
    assert lock.parts["fingerprint"].options == Ef01("/dev/ttyUSB0", 115200, 24680135)
    assert {port: part.driver for port, part in lock.parts.items() if port != "fingerprint"} == dict.fromkeys(
        ("keypad", "sounder", "card", "bolt", "contacts", "power"), "simulated"
    )
    assert lock.simulated
    assert (lock.simulated.port, lock.simulated.time_scale, lock.simulated.travel_ms) == (8650, 10.0, 0)
    assert lock.simulated.hinge == "left"
    (anna,) = lock.simulated.people
    assert (anna.name, anna.fingers, anna.cards) == ("Anna", ("right thumb", "left thumb"), ("04A1B2C3",))


def test_a_short_config_has_safe_defaults() -> None:
    config = read(DOOR)

    assert config.server.host == "127.0.0.1", "nobody else reaches it until its owner says so"
    assert config.bridge.data == Path("/var/lib/lock-bridge")
    assert config.bridge.socket == Path("/var/lib/lock-bridge/control.sock")
    assert config.bridge.trust_clock == "auto"
    assert config.bridge.zone is None, "the machine's own"
    assert config.locks[0].name == "Door"
    assert {part.driver for part in config.locks[0].parts.values()} == {"simulated"}


def test_a_modules_password_peoples_cards_and_a_locks_code_are_in_no_repr() -> None:
    text = repr(read(WHOLE))

    assert "QWERTZ" not in text

    assert "24680135" not in text
    assert "04A1B2C3" not in text


WRONG = [
    ('[bridge]\nnam = "x"\n' + DOOR, "line 2: bridge.nam", 'Did you mean "name"?'),
    ('[bridge]\nname = ""\n' + DOOR, "line 2: bridge.name", "1 to 64 characters"),
    ('[bridge]\nname = "a\\nb"\n' + DOOR, "line 2: bridge.name", "on one line"),
    ("[bridge]\ndata = 3\n" + DOOR, "line 2: bridge.data", "a whole number is not allowed here"),
    ('[bridge]\nsocket = "/' + "x" * 120 + '"\n' + DOOR, "line 2: bridge.socket", "Allowed are 107"),
    ('[bridge]\ndata = "/' + "x" * 120 + '"\n' + DOOR, "bridge.socket", "name a shorter path"),
    ('[bridge]\ntime_zone = "Europe/Atlantis"\n' + DOOR, "line 2: bridge.time_zone", '"Europe/Oslo"'),
    ('[bridge]\ntime_zone = "../../etc/passwd"\n' + DOOR, "line 2: bridge.time_zone", "is not known here"),
    ('[bridge]\ntime_zone = "Europe"\n' + DOOR, "line 2: bridge.time_zone", "is not known here"),
    (LOCK + 'verification_code = "qwertz"\n[lock.simulated]\n', "lock[0].verification_code", "six capital letters"),
    ('[bridge]\ntrust_clock = "never"\n' + DOOR, "line 2: bridge.trust_clock", 'one of "auto", "always"'),
    ('bridge = "home"\n' + DOOR, "line 1: bridge", "Allowed is a table"),
    ('[server]\nhost = "my.house"\n' + DOOR, "line 2: server.host", '"127.0.0.1" (this machine alone)'),
    (
        "[server]\nport = 70000\n" + DOOR,
        "line 2: server.port",
        "70000 is not allowed. Allowed is a whole number from 0 to",
    ),
    ("[server]\nport = true\n" + DOOR, "line 2: server.port", "true or false is not allowed here"),
    ("[server]\nzeroconf = 1\n" + DOOR, "line 2: server.zeroconf", "Allowed is true or false"),
    ('[server]\ninterfaces = ["eth0"]\n' + DOOR, "line 2: server.interfaces[0]", "addresses of this machine"),
    ('[server]\ninterfaces = ["::1", "::1"]\n' + DOOR, "line 2: server.interfaces[1]", "only once"),
    ("[sever]\n" + DOOR, "line 1: sever", 'Did you mean "server"?'),
    ("", "lock", "at least one lock, headed [[lock]]"),
    ("[lock]\n", "line 1: lock", "[[lock]]"),
    ("lock = [3]\n", "line 1: lock[0]", "Allowed is a table"),
    ('[[lock]]\nprofile = "l2s"\n[lock.simulated]', "line 1: lock[0].id", "is missing"),
    ('[[lock]]\nid = "door"\n[lock.simulated]', "line 1: lock[0].profile", '"l2s", "palm6068"'),
    (DOOR.replace("l2s", "l2"), "line 3: lock[0].profile", 'Did you mean "l2s"?'),
    (DOOR.replace('"door"', '"Front door"'), "line 2: lock[0].id", "a-z, 0-9 and _"),
    (DOOR + DOOR + "port = 1\n", "line 6: lock[1].id", "the id of another lock"),
    (LOCK, "line 1: lock[0].parts", "keypad, sounder, fingerprint, card, bolt, contacts, power: without a driver"),
    (LOCK + 'parts.bolt = { driver = "simulated" }', "line 4: lock[0].parts.bolt.driver", "[lock.simulated]"),
    (DOOR + '[lock.parts]\nbell = { driver = "simulated" }', "line 6: lock[0].parts.bell", "Allowed here: keypad"),
    (DOOR + '[lock.parts]\nbolt = { driver = "ef01" }', "line 6: lock[0].parts.bolt.driver", 'one of "simulated"'),
    (DOOR + "[lock.parts]\nbolt = {}", "line 6: lock[0].parts.bolt.driver", "is missing"),
    (DOOR + '[lock.parts]\nbolt = { driver = "simulated", device = "/x" }', "lock[0].parts.bolt.device", "no such key"),
    (DOOR + '[lock.parts]\nfingerprint = { driver = "ef01" }', "lock[0].parts.fingerprint.device", "is missing"),
    (
        DOOR + '[lock.parts]\nfingerprint = { driver = "ef01", device = "COM1" }',
        "fingerprint.device",
        "/dev/serial/by-id",
    ),
    (
        DOOR + '[lock.parts]\nfingerprint = { driver = "ef01", device = "/dev/x", baudrate = 57601 }',
        "fingerprint.baudrate",
        "multiples of 9600",
    ),
    (DOOR + "port = 8643\n", "line 5: lock[0].simulated.port", "8643 is taken by server.port"),
    (DOOR + "time_scale = 0\n", "line 5: lock[0].simulated.time_scale", "from 0.001 to 1000"),
    (DOOR + "time_scale = nan\n", "line 5: lock[0].simulated.time_scale", "from 0.001 to 1000"),
    (DOOR + "travel_ms = -1\n", "line 5: lock[0].simulated.travel_ms", "of milliseconds from 0"),
    (DOOR + 'hinge = "up"\n', "line 5: lock[0].simulated.hinge", '"right", "left"'),
    (DOOR + 'host = "0.0.0.0"\n', "line 5: lock[0].simulated.host", "there is no such key"),
    (DOOR + "people = [ {} ]\n", "line 5: lock[0].simulated.people[0].name", "is missing"),
    (DOOR + 'people = [{name="A"}, {name="a"}]\n', "line 5: lock[0].simulated.people[1].name", "there twice"),
    (
        DOOR + 'people = [{name="A", fingers=["b c"]}, {name="A b", fingers=["c"]}]\n',
        "people[1].fingers",
        "two fingers",
    ),
    (
        DOOR + 'people = [{name="A", cards=["04A1B2C3"]}, {name="B", cards=["04a1b2c3"]}]\n',
        "people[1].cards",
        "another",
    ),
    ("[bridge\n", "line 1", "column"),
    ('[bridge]\nname = "Home\n', "line 2", "column"),
    ("x = 1\nx = 2\n", "line 2", "column"),
    ("x = " + "9" * 5000, "config: 1 error", "A number is too long"),
    ("x = 0x" + "f" * 5000, "x", "no such key"),
    ("[server]\nport = 0x" + "f" * 5000, "server.port", "so large a number"),
]


def test_one_module_may_read_faces_and_palms_of_one_lock_and_of_no_other() -> None:
    face = 'parts.face = { driver = "efaa", device = "/dev/ttyUSB0" }\n'
    palm = 'parts.palm_vein = { driver = "efaa", device = "/dev/ttyUSB0" }\n'
    finger = 'parts.fingerprint = { driver = "ef01", device = "/dev/ttyUSB0" }\n'
    lock = LOCK.replace("l2s", "palm6068")
    read(lock + face + palm + "[lock.simulated]\n")
    other = lock.replace('"door"', '"shed"') + palm + "[lock.simulated]\n"
    for text in (lock + face + "[lock.simulated]\n" + other, lock + finger + face + "[lock.simulated]\n"):
        with pytest.raises(ConfigError, match="is taken by door"):
            read(text)


@pytest.mark.parametrize(("text", "where", "allowed"), WRONG, ids=[f"{n}-{case[1]}" for n, case in enumerate(WRONG)])
def test_a_wrong_config_names_the_key_its_line_and_what_is_allowed(text: str, where: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)

    told = str(caught.value)
    assert where in told
    assert allowed in told


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    told = problems(
        '[server]\nport = -1\nhost = "x"\n[[lock]]\nid = "A"\nprofile = "none"\nfoo = 1\n[lock.simulated]\n'
    )

    assert [line.split(":")[0] for line in told] == ["line 2", "line 3", "line 5", "line 6", "line 7"]


def test_the_line_is_where_the_statement_begins_even_if_it_spans_several() -> None:
    (told,) = problems(
        DOOR + '\n# who lives here\npeople = [\n  { name = "Anna" },\n  { nme = "Bo", name = "Bo" },\n]\n'
    )

    assert told.startswith("line 7: lock[0].simulated.people[1].nme")


@pytest.mark.parametrize("cards", ['["SECRET99"]', '[" SECRET99"]', '"SECRET99"', '["04A1B2C3", "04A1B2C3"]'])
def test_a_wrong_card_number_is_never_shown(cards: str) -> None:
    told = "\n".join(problems(DOOR + f'people = [ {{ name = "Anna", cards = {cards} }} ]\n'))

    assert "people[0].cards" in told
    assert "SECRET99" not in told
    assert "04A1B2C3" not in told


@pytest.mark.parametrize("password", ["4294967299", '"hush4294967299"', "-4294967299"])
def test_a_wrong_module_password_is_never_shown(password: str) -> None:
    part = f'[lock.parts]\nfingerprint = {{ driver = "ef01", device = "/dev/x", password = {password} }}'
    (told,) = problems(DOOR + part)

    assert "fingerprint.password" in told
    assert "4294967299" not in told


def test_two_parts_cannot_have_one_device() -> None:
    part = 'parts.fingerprint = { driver = "ef01", device = "/dev/ttyUSB0" }\n'
    other = LOCK.replace("door", "shed") + part + "[lock.simulated]\nport = 0\n"
    (told,) = problems(LOCK + part + "[lock.simulated]\n" + other)

    assert 'lock[1].parts.fingerprint.device: "/dev/ttyUSB0" is taken by door fingerprint device' in told


DOUBLED = [
    ('power = { driver = "max17048" }', 'door = "GPIO2"', "pin 3", '"GPIO2"', "I2C bus 1"),
    ('power = { driver = "ina219", bus = 0 }', 'door = "GPIO1"', "pin 28", '"GPIO1"', "I2C bus 0"),
    ('fingerprint = { driver = "ef01", device = "/dev/serial0" }', 'door = "GPIO14"', "pin 8", "GPIO14", "serial0"),
    ('fingerprint = { driver = "ef01", device = "/dev/ttyAMA0" }', 'door = "GPIO15"', "pin 10", "GPIO15", "ttyAMA0"),
    ('fingerprint = { driver = "ef01", device = "/dev/ttyS0" }', 'door = "GPIO15"', "pin 10", "GPIO15", "ttyS0"),
    ("", 'door = "GPIO5", tamper = "pinctrl-rp1:5"', "pin 29", '"GPIO5"', '"pinctrl-rp1:5"'),
]


@pytest.mark.parametrize(("part", "contacts", "pin", "one", "other"), DOUBLED)
def test_one_pin_cannot_be_taken_under_two_names(part: str, contacts: str, pin: str, one: str, other: str) -> None:
    (told,) = problems(DOOR + f'[lock.parts]\n{part}\ncontacts = {{ driver = "gpio", {contacts} }}\n')

    assert all(word in told for word in (f"{pin} of a Raspberry Pi", one, other, "is taken by door")), told


def test_two_modules_cannot_have_the_headers_port_under_two_names() -> None:
    parts = 'fingerprint = { driver = "ef01", device = "/dev/serial0" }\n'
    parts += 'card = { driver = "pn532", device = "/dev/ttyAMA0" }'
    (told,) = problems(DOOR + f"[lock.parts]\n{parts}\n")

    assert '"/dev/ttyAMA0" is on pin 10 of a Raspberry Pi, as is "/dev/serial0", which is taken by' in told


def test_lines_beside_a_bus_and_a_serial_port_of_a_converter_are_free() -> None:
    read(
        DOOR
        + '[lock.parts]\nfingerprint = { driver = "ef01", device = "/dev/ttyUSB0" }\npower = { driver = "max17048" }\n'
        'contacts = { driver = "gpio", door = "GPIO14", tamper = "GPIO15", knob = "other:2", lifted = "GPIO4" }\n'
    )


@pytest.mark.parametrize(
    ("bolt", "key"),
    [
        ('driver = "motor", in1 = {0}, in2 = "GPIO27", thrown = "GPIO5", retracted = "GPIO6"', "in1"),
        ('driver = "strike", relay = {0}, latch = "GPIO5"', "relay"),
    ],
)
def test_what_moves_the_bolt_is_not_pulled_to_where_it_moves(bolt: str, key: str) -> None:
    def door(active: str, pull: str) -> str:
        line = f'{{ line = "GPIO17", active = "{active}", pull = "{pull}" }}'
        return DOOR + f"[lock.parts]\nbolt = {{ {bolt.format(line)} }}\n"

    for active, wrong, right in (("high", "up", "down"), ("low", "down", "up")):
        (told,) = problems(door(active, wrong))
        assert f"bolt.{key}.pull" in told
        assert f'"{wrong}" would switch it on whenever nobody drives it' in told
        read(door(active, right))
        read(door(active, "as_is"))


def test_two_doors_cannot_have_one_page() -> None:
    (told,) = problems(DOOR + DOOR.replace("door", "shed"))

    assert "lock[1].simulated.port: 8644 is taken by lock[0].simulated.port" in told


def test_two_doors_may_both_take_any_free_port() -> None:
    config = read(DOOR + "port = 0\n" + DOOR.replace("door", "shed") + "port = 0\n")

    assert [lock.id for lock in config.locks] == ["door", "shed"]


def test_time_can_be_scaled_for_simulated_doors_alone() -> None:
    scaled = read(DOOR).with_time_scale(60).locks[0].simulated

    assert scaled
    assert scaled.time_scale == 60
    with pytest.raises(ValueError, match="at most 1000"):
        read(DOOR).with_time_scale(0)
    with pytest.raises(ValueError, match="the config has none"):
        Config(bridge=read(DOOR).bridge).with_time_scale(2)


def test_a_file_that_is_not_there_or_no_text_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no such file"):
        load(tmp_path / "none.toml", PROFILES)
    with pytest.raises(ConfigError, match="It cannot be read: Is a directory"):
        load(tmp_path, PROFILES)
    file = tmp_path / "config.toml"
    file.write_bytes(b'[bridge]\nname = "\xff"\n')
    with pytest.raises(ConfigError, match="line 2: This is not UTF-8"):
        load(file, PROFILES)
    file.write_bytes(b"#" * 300_000)
    with pytest.raises(ConfigError, match="larger than 256 KB"):
        load(file, PROFILES)


def test_a_config_written_on_windows_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(WHOLE.replace("\n", "\r\n").encode())

    assert load(file, PROFILES).bridge.data == tmp_path / "state"


KEYS = st.sampled_from(
    [
        "bridge",
        "server",
        "lock",
        "name",
        "data",
        "host",
        "port",
        "id",
        "profile",
        "parts",
        "simulated",
        "people",
        "cards",
    ]
) | st.text(min_size=1, max_size=4)
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["l2s", "ef01", "simulated", "127.0.0.1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in value) + '"'
        case list():
            return "[" + ", ".join(map(as_toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{as_toml(key)} = {as_toml(item)}" for key, item in value.items()) + "}"
    raise TypeError(value)


def is_read_or_explained(text: str) -> bool:
    try:
        read(text)
    except ConfigError as error:
        return bool(error.problems) and all(problem.message for problem in error.problems)
    return True


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_tables_it_is_given_it_reads_them_or_says_what_is_wrong(tables: dict[str, object]) -> None:
    assert is_read_or_explained("\n".join(f"{as_toml(key)} = {as_toml(value)}" for key, value in tables.items()))


SHUFFLED = st.sampled_from([WHOLE, DOOR]).flatmap(lambda text: st.permutations(text.split("\n")).map("\n".join))


@given(st.text(max_size=200) | SHUFFLED)
def test_whatever_text_it_is_given_it_reads_it_or_says_what_is_wrong(text: str) -> None:
    assert is_read_or_explained(text)


def test_a_strange_key_is_quoted() -> None:
    assert spelled(("lock", 0, "a b", "c")) == 'lock[0]."a b".c'
