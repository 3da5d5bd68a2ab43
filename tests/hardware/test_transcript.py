"""How transcripts are written and played: what a line may say, and what is told when it does not come true."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lock_bridge.hardware.simulated.app_words import SENTENCES, AppStep, read_app
from lock_bridge.hardware.simulated.player import Played, play
from lock_bridge.hardware.simulated.transcript import EXPECTED, Act, Comment, Expect, New, TranscriptError, read
from lock_bridge.wire.commands import COMMANDS
from lock_bridge.wire.errors import ErrorCode, LockBridgeError


def step(line: str) -> object:
    return read(f"wait 1s\n{line}").lines[1].step


def test_a_transcript_is_titled_by_its_first_comment_and_empty_lines_are_nothing() -> None:
    transcript = read("\n# Opening.\n\n# Quickly.\nopen\n")
    assert transcript.title == "Opening."
    assert [(line.number, line.text) for line in transcript.lines] == [
        (2, "# Opening."),
        (4, "# Quickly."),
        (5, "open"),
    ]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("# A comment", Comment()),
        ("a new lock", New()),
        ("press 1 2 √", Act(("press", "1", "2", "√"))),
        ("press 3571 #", Act(("press", "3571", "#"))),
        ("SET hold 3s", Act(("set", "hold", "3s"))),
        ('touch "Anna right thumb" x6', Act(("touch", "Anna right thumb", "x6"))),
        ("hear verify_administrator", Expect("hear", ("verify_administrator",))),
        ('hear "Menu. Please choose."', Expect("hear", ("Menu. Please choose.",))),
        ("no tone failure", Expect("tone", ("failure",), never=True)),
        ("door jammed within 20s", Expect("door", ("jammed",), within_ms=20_000)),
        ("number 002 blinks", Expect("number", ("002", "blinks"))),
        ("event duress by Anna", Expect("event", ("duress", "by", "Anna"))),
    ],
)
def test_a_line_is_understood(line: str, meant: object) -> None:
    assert step(line) == meant


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tone", "it is written: tone key"),
        ("number two blinks", "it is written: number 002 blinks"),
        ("door ajar", "it is written: door locked"),
        ("no parking", "after `no` comes one of"),
        ("door locked within soon", "A time is"),
        ("event duress by", "it is written: event name"),
        ("app: dance", "the app can"),
        ('touch "Anna', "No closing quotation"),
    ],
)
def test_a_line_that_is_none_is_named_with_what_it_could_be(line: str, told: str) -> None:
    with pytest.raises(TranscriptError, match=told) as refused:
        read(f"# Title\n{line}\n")
    assert str(refused.value).startswith("line 2: ")


def test_comments_alone_are_no_transcript() -> None:
    with pytest.raises(TranscriptError, match="nothing happens"):
        read("# Title\n")


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("add administrator Anna", AppStep("users.add", {"user_name": "Anna", "role": "administrator"})),
        ("add user Bo for 1 entry", AppStep("users.add", {"user_name": "Bo", "role": "user", "uses_left": 1})),
        (
            "add user Bo until 2020-01-01",
            AppStep("users.add", {"user_name": "Bo", "role": "user", "valid_until_ms": 1_577_836_800_000}),
        ),
        (
            "give Anna the duress passcode 909173",
            AppStep("credentials.set_passcode", {"passcode": "909173", "duress": True}, "Anna"),
        ),
        (
            "make a temporary passcode for Anna 3 times",
            AppStep("credentials.create_temporary", {"uses": 3}, "Anna", "passcode"),
        ),
        ("make a Bluetooth key for Anna once", AppStep("credentials.create_bluetooth_key", {"uses": 1}, "Anna", "key")),
        ("enrol a palm of Anna", AppStep("credentials.enrol", {"type": "palm_vein"}, "Anna")),
        ("delete fingerprint 3", AppStep("credentials.delete", {"type": "fingerprint", "number": 3})),
        ("delete Anna", AppStep("users.delete", {}, "Anna")),
        ("set countdown_delay_s 10", AppStep("settings.set", {"changes": {"countdown_delay_s": 10}})),
        ("set bluetooth on", AppStep("settings.set", {"changes": {"bluetooth": True}})),
        ("passage for 10m", AppStep("mode.set", {"mode": "passage", "seconds": 600})),
        ("unlock, refused remote_unlock_off", AppStep("unlock", refused="remote_unlock_off")),
    ],
)
def test_what_the_app_does_is_said_in_sentences(sentence: str, meant: AppStep) -> None:
    assert read_app(sentence) == meant
    assert meant.command in COMMANDS


def test_a_passcode_in_a_sentence_is_in_no_repr() -> None:
    assert "909173" not in repr(read_app("give Anna the passcode 909173"))


class Door:
    """A stage whose door shows and plays what the test says, at the times that it says."""

    labels: Mapping[str, str] = {"√": "ok"}

    def __init__(self) -> None:
        self.now_ms = 0
        self.coming: list[tuple[int, str, dict[str, Any]]] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.done: list[Sequence[str]] = []
        self.answers: dict[str, Any] = {}
        self.lock: dict[str, Any] = {"bolt": "locked", "faults": [], "settings": {"volume": "low"}, "tamper": False}
        self.renewed = 0

    def soon(self, ms: int, kind: str, **what: Any) -> None:
        self.coming.append((self.now_ms + ms, kind, what))

    async def act(self, words: Sequence[str]) -> Mapping[str, Any]:
        match [*words]:
            case ["wait", time]:
                self.now_ms += int(time.removesuffix("ms")) if time.endswith("ms") else 1_000 * int(time[:-1])
            case ["state", since]:
                return self._look(int(since))
            case ["dance"]:
                raise LockBridgeError(ErrorCode.BAD_REQUEST, message="Nobody dances here.")
            case _:
                self.done.append(words)
        return {"felt": "The door opens."} if words[0] == "open" else {}

    async def ask(self, command: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((command, args))
        answer = self.answers.get(command, {})
        if isinstance(answer, ErrorCode):
            raise LockBridgeError(answer)
        return dict(answer)

    async def snapshot(self) -> Mapping[str, Any]:
        return self.lock

    async def renew(self) -> None:
        self.renewed += 1

    def _look(self, since: int) -> Mapping[str, Any]:
        come = [(seq, kind, what) for seq, (at, kind, what) in enumerate(self.coming, 1) if at <= self.now_ms]
        light: dict[str, Any] = {"keys": [], "flashing": [], "lamps": []}
        shown = [{"seq": seq, **light, **what} for seq, kind, what in come if kind == "light"]
        heard = [{"seq": seq, "kind": kind, **what} for seq, kind, what in come if kind != "light"]
        return {
            "seq": len(come),
            "lights": shown[-1] if shown else light,
            "shown": [item for item in shown if item["seq"] > since],
            "heard": [item for item in heard if item["seq"] > since],
            "alarm": False,
            "bolt": "thrown",
            "door": "closed",
            "screen": "off",
            "inside": None,
        }


async def played(door: Door, *lines: str) -> list[Played]:
    return [item async for item in play(read("\n".join(lines)), door)]


async def test_an_expectation_is_waited_for_by_the_doors_own_time() -> None:
    door = Door()
    door.soon(3_000, "tone", what="success")
    assert all(item.good for item in await played(door, "tone success"))
    assert door.now_ms == 3_000


async def test_what_does_not_come_is_answered_with_what_came_instead_and_ends_the_play() -> None:
    door = Door()
    door.soon(100, "prompt", what="jammed", text="The bolt is jammed.", language="en")
    done = await played(door, "tone success", "open")
    assert [(item.line.text, item.instead) for item in done] == [("tone success", "heard: jammed")]
    assert (door.now_ms, door.done) == (5_000, [])


async def test_only_what_came_after_the_last_deed_counts_but_waiting_is_no_deed() -> None:
    door = Door()
    door.soon(0, "tone", what="success")
    assert (await played(door, "press 1", "tone success"))[-1].instead == "heard: nothing"
    door.soon(500, "tone", what="failure")
    assert (await played(door, "press 1", "wait 2s", "tone failure"))[-1].good


async def test_one_sound_fulfils_one_line() -> None:
    door = Door()
    door.soon(0, "tone", what="success")
    assert [item.good for item in await played(door, "tone success", "tone success")] == [True, False]


async def test_what_must_not_come_is_waited_for_half_a_second() -> None:
    door = Door()
    door.soon(400, "tone", what="failure")
    assert (await played(door, "no tone failure"))[-1].instead == "it came all the same"
    other = Door()
    other.soon(900, "tone", what="failure")
    assert (await played(other, "no tone failure"))[-1].good


def blinks(door: Door, *digits: str) -> None:
    for place, digit in enumerate(digits):
        door.soon(place * 800, "light", keys=[digit])
        door.soon(place * 800 + 600, "light", keys=[])


@pytest.mark.spec("USR-2")
async def test_a_number_blinks_digit_by_digit() -> None:
    door = Door()
    blinks(door, "0", "0", "2")
    assert (await played(door, "number 002 blinks"))[-1].good
    assert not (await played(Door(), "number 002 blinks"))[-1].good


@pytest.mark.spec("USR-2")
@pytest.mark.parametrize(
    "pictures",
    [["0", "2"], ["0", "0", "3"], ["2", "0", "0"], ["0", "", "2"]],
    ids=["short", "other", "order", "between"],
)
async def test_other_digits_are_another_number(pictures: list[str]) -> None:
    door = Door()
    for picture in pictures:
        door.soon(0, "light", keys=[*(picture or "78")])
        door.soon(0, "light", keys=[])
    assert not (await played(door, "number 002 blinks"))[-1].good


@pytest.mark.spec("USR-2")
async def test_a_digit_that_stays_lit_has_not_blinked_twice() -> None:
    door = Door()
    for keys in (["0"], ["0"], ["2"], []):
        door.soon(0, "light", keys=keys, lamps=["green"])
    assert not (await played(door, "number 002 blinks"))[-1].good


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("lights 12 √", None),
        ("lights 1 2", "lit 1 2 ok, flashing 5, lamps palm"),
        ("flashes 5", None),
        ("flashes none", "lit 1 2 ok, flashing 5, lamps palm"),
        ("lamp palm", None),
        ("lamp none", "lit 1 2 ok, flashing 5, lamps palm"),
        ("shows 1 2 ok", None),
        ("shows 9", "shown: 1 2 ok"),
        ("digits run", "shown: 1 2 ok"),
        ("bolt thrown", None),
        ("bolt between", "bolt is thrown"),
        ("alarm off", None),
        ("alarm on", "alarm is False"),
        ("screen off", None),
        ("code gone", None),
        ("code shown", "code is None"),
        ("door locked", None),
        ("door open", "locked, closed"),
        ("app-sees volume low", None),
        ("app-sees tamper off", None),
        ("app-sees faults none", None),
        ("app-sees bolt jammed", "bolt is locked"),
    ],
)
async def test_what_is_seen_holds_or_is_told(line: str, instead: str | None) -> None:
    door = Door()
    door.soon(0, "light", keys=["1", "2", "ok"], flashing=["5"], lamps=["palm"])
    assert (await played(door, line))[-1].instead == instead


async def test_what_the_hand_feels_is_of_the_last_deed() -> None:
    door = Door()
    assert (await played(door, "open", 'feel "The door opens."'))[-1].good
    assert (await played(door, "open", "close", "feel opens"))[-1].instead == "felt: nothing"


async def test_what_the_door_refuses_is_told() -> None:
    assert (await played(Door(), "dance"))[-1].instead == "Nobody dances here."


async def test_users_are_found_by_name_and_answers_are_put_into_later_lines() -> None:
    door = Door()
    door.answers = {
        "users.list": {"users": [{"id": "u7", "name": "Anna"}]},
        "credentials.create_temporary": {"passcode": "771203"},
    }
    lines = ("app: make a temporary passcode for Anna once", "press {passcode} √", "press {key}")
    done = await played(door, *lines)
    assert door.asked[-1] == ("credentials.create_temporary", {"uses": 1, "user_id": "u7"})
    assert door.done == [["press", "771203", "√"]]
    assert done[-1].instead == "nobody has said what {key} is"


@pytest.mark.parametrize(
    ("line", "answer", "instead"),
    [
        ("app: unlock", {}, None),
        ("app: unlock", ErrorCode.DOOR_OPEN, "refused: door_open (The door is open. Close it first.)"),
        ("app: unlock, refused door_open", ErrorCode.DOOR_OPEN, None),
        ("app: unlock, refused door_open", {}, "it was not refused"),
        ("app: unlock, refused jammed", ErrorCode.DOOR_OPEN, "refused: door_open (The door is open. Close it first.)"),
    ],
)
async def test_the_apps_refusals_are_promises_too(line: str, answer: Any, instead: str | None) -> None:
    door = Door()
    door.answers = {"unlock": answer}
    assert (await played(door, line))[-1].instead == instead


async def test_events_are_those_since_the_last_deed_with_who_and_why() -> None:
    door = Door()
    refused = {
        "seq": 9,
        "type": "access_refused",
        "user_name": "Anna",
        "credential_type": "pin",
        "credential_number": 2,
        "reason": "privacy_on",
        "source": "keypad",
        "client_name": None,
    }
    door.answers = {"journal.query": {"head": 8, "events": [refused]}}
    line = "event access_refused by Anna kind passcode number 2 because privacy_on through keypad"
    assert (await played(door, "press √", line))[-1].good
    assert ("journal.query", {"after": 8, "limit": 200}) in door.asked
    told = "events: access_refused Anna pin privacy_on keypad"
    assert (await played(door, "press √", "event access_refused by Bjørn"))[-1].instead == told


async def test_a_new_lock_is_asked_for() -> None:
    door = Door()
    await played(door, "a new lock", "wait 1s")
    assert door.renewed == 1


DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_transcript_that_the_documentation_shows_is_one() -> None:
    shown = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)
    assert [read(text).title for text in shown] == [
        "A new user with a palm vein. Nothing is taken while the red light is off."
    ]


def test_every_expectation_is_in_the_documentation() -> None:
    table = DOCUMENT.partition("| line | what must be so |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| ([a-z-]+) ", table, re.MULTILINE)) | {"screen", "code"} == {*EXPECTED}


def test_every_sentence_of_the_app_is_in_the_documentation() -> None:
    told = DOCUMENT.partition("The app's sentences: ")[2].partition("\n\n")[0].replace("\n", " ")
    verbs = {sentence.split()[0].strip(",.") for sentence in told.split(", ")}
    assert {pattern.pattern.split(" ")[0].partition("(")[0] for pattern, _ in SENTENCES} <= verbs
