"""The bridge is killed at any moment: what it promised is there when it comes back."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from lock_bridge.store import Store
from tests.store import workload
from tests.store.disk import child_environment
from tests.store.plain import BOOT_ID, LOCKS, LONG
from tests.store.workload import RETENTION, History

KILLS = 1_000 if LONG else 30
ROUND = 25
"""Kills in the life of one store."""
_START_S = 30.0


@pytest.mark.timeout(3600 if LONG else 180)
async def test_nothing_promised_is_lost_by_a_kill_under_load(tmp_path: Path) -> None:
    random, commits = Random(9), 0
    for first in range(0, KILLS, ROUND):
        folder, history, promised = tmp_path / str(first), History(), 0
        await asyncio.to_thread(folder.mkdir, 0o700)
        for _ in range(first, min(first + ROUND, KILLS)):
            # Most while it is at work, some while it starts.
            at_work = random.random() < 0.8
            said = promises_until_killed(folder, random.uniform(0.0, 0.06 if at_work else 0.5), at_work=at_work)
            promised = max(promised, said)
            store = await Store.open(folder / "store.db", boot_id=BOOT_ID, retention=RETENTION)
            after = history.number_of(store.head)
            assert after >= promised, "all that was promised is there"
            if at_work:
                assert after <= said + 1, "and at most what was under way"
            for lock_id in LOCKS:
                assert await store.load(lock_id) == history.states[after].load(lock_id)
            events = await store.events_after(store.oldest - 1, 10_000)
            assert [event.seq for event in events] == list(range(store.oldest, store.head + 1))
            await store.close()
            promised = after
        commits += promised
    assert commits > KILLS, "there was load"


def promises_until_killed(folder: Path, seconds: float, *, at_work: bool) -> int:
    """Let a process commit for a while, from its store's opening if `at_work`, and kill it. Its last promise or 0."""
    process = subprocess.Popen(
        [sys.executable, workload.__file__, str(folder), "forever"], env=child_environment(), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    said = b""
    try:
        until = time.monotonic() + _START_S
        while at_work and not said.endswith(b"\n"):
            readable, _, _ = select.select([process.stdout], [], [], until - time.monotonic())
            assert readable, "the process did not open its store"
            said += os.read(process.stdout.fileno(), 65536)
        time.sleep(seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=_START_S)
    # The last line may be cut off: it was not promised to anybody then.
    lines = (said + rest).decode().split("\n")[:-1]
    return int(lines[-1].removeprefix("open ")) if lines else 0
