"""The time limit on asyncio that tasks of one loop share a timer for."""

import asyncio
from functools import wraps

import pytest
from jackfield._alarms import alarms_of
from jackfield._within import within


def on_asyncio(test):
    """Run an async test on a loop of its own."""

    @wraps(test)
    def run():
        asyncio.run(test())

    return run


@on_asyncio
async def test_what_takes_too_long_ends_with_a_timeout_and_the_task_goes_on():
    with pytest.raises(TimeoutError), within(0.01):
        await asyncio.sleep(60)
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


@on_asyncio
async def test_what_ends_in_time_leaves_nothing_behind():
    with within(60):
        await asyncio.sleep(0)
    assert not alarms_of(asyncio.get_running_loop()).due


@on_asyncio
async def test_the_earlier_of_two_limits_counts_whichever_is_set_first():
    async def waits(seconds: float) -> str:
        try:
            with within(seconds):
                await asyncio.sleep(0.2)
        except TimeoutError:
            return "late"
        return "in time"

    assert await asyncio.gather(waits(60), waits(0.01), waits(0.02), waits(60)) == [
        "in time",
        "late",
        "late",
        "in time",
    ]


@on_asyncio
async def test_of_nested_limits_only_the_one_that_is_due_ends():
    with within(60), pytest.raises(TimeoutError), within(0.01):
        await asyncio.sleep(60)
    with pytest.raises(TimeoutError), within(0.01), within(60):
        await asyncio.sleep(60)


@on_asyncio
async def test_a_cancellation_passes_even_when_the_time_is_over_too():
    async def waits() -> None:
        with within(0.01):
            await asyncio.sleep(60)

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.01, task.cancel)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_asyncio
async def test_an_error_passes_as_it_is():
    with pytest.raises(KeyError), within(60):
        raise KeyError


@on_asyncio
async def test_no_limit_sets_no_timer_that_rings():
    with within(float("inf")):
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), within(0.01):
        await asyncio.sleep(60)
