"""Async code for callers without an asyncio loop: blocking code, and tasks of trio."""

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import aclosing, closing

import pytest
import trio
from jackfield import _background, _threads
from jackfield.errors import PluginError

SECONDS = 30  # nothing here takes that long unless it is broken

greeting = contextvars.ContextVar("greeting", default="none")


def context_with(text):
    context = contextvars.copy_context()
    context.run(greeting.set, text)
    return context


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However slow this machine is, a loop that turns is not taken for blocked, and who leaves waits for the end."""
    monkeypatch.setattr(_background, "PATIENCE_SECONDS", SECONDS)
    monkeypatch.setattr(_background, "CLOSING_SECONDS", SECONDS)


def run(make, timeout=SECONDS, context=None):
    return _background.run(make, timeout=timeout, context=context or contextvars.copy_context())


def iterate(source, gap=SECONDS, context=None):
    return _background.iterate(source, gap=gap, context=context or contextvars.copy_context())


def aiterate(source, context=None):
    return _background.aiterate(source, context=context or contextvars.copy_context())


async def value_of(value):
    await asyncio.sleep(0)
    return value


async def this_thread():
    return threading.current_thread()


async def numbers(count):
    for number in range(count):
        yield number


def home():
    """The first background loop."""
    return _background._home(1)


def eventually(condition):
    """Wait for what another thread does without telling anybody."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.001)


class Watched:
    """An async source of numbers that tells where it ran and how it ended."""

    def __init__(self, hang_at=None):
        self.hang_at = hang_at
        self.produced = 0
        self.tasks = set()
        self.contexts = set()
        self.hangs = threading.Event()
        self.closed = threading.Event()
        self.ended_by = None

    async def __aiter__(self):
        try:
            while True:
                self.tasks.add(asyncio.current_task())
                self.contexts.add(greeting.get())
                if self.produced == self.hang_at:
                    self.hangs.set()
                    await asyncio.Event().wait()
                self.produced += 1
                yield self.produced - 1
        except BaseException as error:
            self.ended_by = type(error)
            raise
        finally:
            self.tasks.add(asyncio.current_task())
            self.contexts.add(greeting.get())
            await asyncio.sleep(0)
            self.closed.set()


# ---------------------------------------------------------------------------------------------------------------- run


def test_a_coroutine_runs_on_one_loop_in_a_daemon_thread():
    first, second = run(this_thread), run(this_thread)

    assert first is second
    assert first is not threading.current_thread()
    assert first.daemon


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(3), KeyboardInterrupt()])
def test_what_the_coroutine_raises_is_raised_to_the_caller_and_the_loop_goes_on(error):
    async def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        run(fail)

    assert caught.value is error
    assert run(lambda: value_of(1)) == 1


def test_an_exit_in_a_task_of_the_coroutine_does_not_end_the_loop():
    async def leave():
        raise SystemExit(3)

    async def start():
        task = asyncio.ensure_future(leave())
        await asyncio.wait([task])
        return type(task.exception())

    assert run(start) is SystemExit
    assert run(lambda: value_of(1)) == 1


def test_a_stop_iteration_does_not_pass_for_an_answer():
    def stop():
        raise StopIteration

    with pytest.raises(RuntimeError) as caught:
        run(stop)

    assert isinstance(caught.value.__cause__, StopIteration)


def test_a_coroutine_that_cancels_itself_is_an_error_and_not_a_cancellation():
    async def cancel_itself():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="cancelled its own task"):
        run(cancel_itself)


def test_the_coroutine_runs_in_the_context_of_the_call():
    context = context_with("mine")

    async def change():
        await asyncio.sleep(0)
        return greeting.set("changed").old_value

    assert run(change, context=context) == "mine"
    assert context[greeting] == "changed"


def test_a_context_in_which_a_call_still_hangs_serves_the_next_attempt():
    context, release, entered = context_with("mine"), threading.Event(), threading.Event()

    def hang():
        entered.set()
        release.wait()

    async def see():
        return greeting.get()

    while not entered.is_set():  # a call that is given up before its turn never begins
        with pytest.raises(TimeoutError):
            _threads.run(hang, timeout=0.05, context=context)
    try:
        assert run(see, context=context) == "mine"
    finally:
        release.set()


def test_a_coroutine_that_takes_too_long_is_cancelled():
    entered, cancelled = threading.Event(), threading.Event()

    async def hang():
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    while not entered.is_set():  # a task that is given up before its first step never begins
        with pytest.raises(TimeoutError, match=r"^$"):
            run(hang, timeout=0.05)

    assert cancelled.wait(SECONDS)


def test_calls_from_many_threads_share_the_loop():
    async def meet():
        reached.append(1)
        if len(reached) == 20:
            everybody_is_here.set()
        await everybody_is_here.wait()
        return threading.get_ident()

    reached, loops, everybody_is_here = [], [], asyncio.Event()
    callers = [threading.Thread(target=lambda: loops.append(run(meet))) for _ in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert len(set(loops)) == 1
    assert len(loops) == 20


def test_the_loop_keeps_a_task_that_cleans_up_after_its_caller_has_gone():
    entered, caller_has_gone, cleaned = threading.Event(), asyncio.Event(), threading.Event()

    def collect_then_wake(future):
        gc.collect()
        future().set_result(None)

    async def hang():
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            await caller_has_gone.wait()
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(collect_then_wake, weakref.ref(future))
            await future
            cleaned.set()

    while not entered.is_set():
        with pytest.raises(TimeoutError):
            run(hang, timeout=0.05)
    home().loop.call_soon_threadsafe(caller_has_gone.set)

    assert cleaned.wait(SECONDS)


def test_a_thousand_calls_leave_no_task_and_no_thread_behind():
    run(lambda: value_of(0))
    before = set(threading.enumerate())

    for number in range(1000):
        assert run(lambda number=number: value_of(number)) == number
        if number % 10 == 0:
            with closing(iterate(Watched())) as items:
                next(items)

    async def tasks():
        return asyncio.all_tasks()

    assert len(run(tasks)) == 1
    assert not home().calls
    assert set(threading.enumerate()) - before == set()  # one of another test's may have ended meanwhile


# ------------------------------------------------------------------------------------------------------------- nested


def test_sync_in_async_three_deep_does_not_wait_for_itself():
    async def innermost():
        return [threading.current_thread()]

    async def middle():
        return [threading.current_thread(), *run(innermost)]

    async def outermost():
        return [threading.current_thread(), *run(middle)]

    assert len(set(run(outermost))) == 3


def test_the_same_through_worker_threads_that_block_the_loop():
    async def innermost():
        return "reached"

    async def middle():
        return _threads.run(lambda: run(innermost), timeout=SECONDS)

    assert run(lambda: value_of(_threads.run(lambda: run(middle), timeout=SECONDS))) == "reached"


def test_a_sync_stream_inside_an_async_handler_is_served_by_another_loop():
    async def source():
        for number in iterate(numbers(500)):
            yield number

    assert list(iterate(source())) == list(range(500))


def test_a_handler_that_calls_itself_for_ever_is_stopped():
    async def endless():
        return run(endless)

    with pytest.raises(PluginError, match="32 deep"):
        run(endless)


# ------------------------------------------------------------------------------------------------------ a blocked loop


@pytest.fixture
def blocked(monkeypatch):
    """Block the loop with code that should have awaited; a loop that does not turn is given up at once."""
    release, entered = threading.Event(), threading.Event()
    monkeypatch.setattr(_background, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(_background, "_loops", {})

    async def blocks_the_loop():
        entered.set()
        release.wait()

    def block():
        entered.clear()
        while not entered.is_set():
            with pytest.raises(TimeoutError):
                run(blocks_the_loop, timeout=0.05)

    yield block
    release.set()


def test_a_blocked_loop_is_passed_over_by_later_calls(blocked):
    blocked()

    assert run(lambda: value_of(1)) == 1


def test_when_too_many_loops_are_blocked_the_next_call_is_refused_and_told_where(blocked):
    for _ in range(_background.MOST_LOOPS):
        blocked()

    with pytest.raises(PluginError, match=r"8 calls .* block their event loops: 8 in .*blocks_the_loop"):
        run(lambda: value_of(1))


# ------------------------------------------------------------------------------------------------------------ iterate


def test_blocking_code_iterates_over_an_async_source():
    assert list(iterate(numbers(1000))) == list(range(1000))


def test_one_task_owns_the_source_from_its_first_step_to_its_closing():
    source = Watched()

    with closing(iterate(source, context=context_with("mine"))) as items:
        assert [next(items) for _ in range(200)] == list(range(200))

    assert source.closed.is_set()
    assert len(source.tasks) == 1
    assert source.contexts == {"mine"}


def test_the_source_runs_at_most_sixty_four_items_ahead():
    source, ahead = Watched(), 0

    with closing(iterate(source)) as items:
        for consumed in range(1000):
            next(items)
            ahead = max(ahead, source.produced - consumed - 1)

    assert ahead <= 64


def test_a_source_that_finds_its_items_consumed_meanwhile_does_not_wait():
    feed = _background._Feed(numbers(0), contextvars.copy_context())

    run(feed._room)


def test_a_source_that_is_far_enough_ahead_is_closed_where_it_stands():
    source = Watched()

    with closing(iterate(source)) as items:
        next(items)
        eventually(lambda: source.produced == 64)

    assert source.ended_by is GeneratorExit


def test_an_item_that_is_there_is_not_held_back():
    asked = asyncio.Event()

    async def source():
        yield 1
        await asked.wait()
        yield 2

    items = iterate(source())
    assert next(items) == 1
    home().loop.call_soon_threadsafe(asked.set)
    assert list(items) == [2]


def test_items_that_came_before_an_error_are_delivered_first():
    async def source():
        yield 1
        yield 2
        raise ZeroDivisionError

    items = iterate(source())

    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_an_item_that_comes_just_before_the_end_is_not_lost():
    class JustDone:
        @property
        def done(self):
            feed.items.append("last")
            return True

        def answer(self):
            pytest.fail("there is an item")

    feed = _background._Feed(numbers(0), contextvars.copy_context())
    feed.call = JustDone()

    assert not feed.ended()


def test_a_step_that_takes_too_long_is_cancelled_and_the_source_closed():
    source = Watched(hang_at=1)
    items = iterate(source, gap=1)  # in which the first item is there even on a busy machine

    assert next(items) == 0
    with pytest.raises(TimeoutError, match=r"^$"):
        next(items)

    assert source.closed.wait(SECONDS)
    assert source.ended_by is asyncio.CancelledError


def test_closing_in_the_middle_of_a_step_cancels_the_step():
    source = Watched(hang_at=1)

    with closing(iterate(source)) as items:
        next(items)
        assert source.hangs.wait(SECONDS)

    assert source.closed.is_set()
    assert source.ended_by is asyncio.CancelledError


def test_a_dropped_iteration_closes_the_source():
    source = Watched()
    items = iterate(source)
    next(items)

    del items

    assert source.closed.wait(SECONDS)


def test_an_iteration_that_is_dropped_on_its_own_loop_does_not_wait_for_it(monkeypatch):
    monkeypatch.setattr(_background, "CLOSING_SECONDS", 2 * SECONDS)
    source = Watched()
    held = [iterate(source)]
    next(held[0])

    async def drop():
        held.clear()

    run(drop, timeout=SECONDS)

    assert source.closed.wait(SECONDS)


def test_an_error_at_closing_is_raised_to_the_one_who_closes():
    async def untidy():
        try:
            while True:
                yield 1
        finally:
            raise ZeroDivisionError

    items = iterate(untidy())
    next(items)

    with pytest.raises(ZeroDivisionError):
        items.close()


def test_closing_waits_no_longer_than_a_second_for_a_source_that_does_not_end(monkeypatch):
    monkeypatch.setattr(_background, "CLOSING_SECONDS", 0.01)
    release = asyncio.Event()

    async def stubborn():
        try:
            while True:
                yield 1
        finally:
            await release.wait()

    items = iterate(stubborn())
    next(items)
    items.close()

    home().loop.call_soon_threadsafe(release.set)
    eventually(lambda: not home().calls)


def test_closing_after_the_source_has_ended_is_nothing():
    items = iterate(numbers(2))
    assert next(items) == 0
    eventually(lambda: not home().calls)

    items.close()


@pytest.mark.parametrize("consumed", [1, 3])
def test_a_consumed_or_closed_source_is_freed_without_the_collector(consumed):
    class Source(Watched):
        pass

    source, gone = Source(), threading.Event()
    weakref.finalize(source, gone.set)
    gc.disable()
    try:
        with closing(iterate(source)) as items:
            del source
            for _ in range(consumed):
                next(items)
        del items
        assert gone.wait(SECONDS)
    finally:
        gc.enable()


def test_a_source_needs_no_aclose():
    class Source:
        left = 3

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return self.left

    assert list(iterate(Source())) == [2, 1, 0]


# --------------------------------------------------------------------------------------------------------------- trio


def test_a_trio_task_awaits_asyncio_code():
    async def main():
        return await _background.arun(lambda: value_of(1), timeout=SECONDS, context=contextvars.copy_context())

    assert trio.run(main) == 1


def test_a_trio_task_gets_the_error():
    async def fail():
        raise ZeroDivisionError

    async def main():
        with pytest.raises(ZeroDivisionError):
            await _background.arun(fail, timeout=None, context=contextvars.copy_context())

    trio.run(main)


@pytest.mark.parametrize("timeout", [None, 0.05])
def test_a_trio_task_that_stops_waiting_cancels_the_asyncio_task(timeout):
    started, cancelled = threading.Event(), threading.Event()

    async def hang():
        try:
            started.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def call():
        await _background.arun(hang, timeout=timeout, context=contextvars.copy_context())

    async def call_for_a_while():
        while not started.is_set():  # a task that is given up before its first step never begins
            with pytest.raises(TimeoutError):
                await call()

    async def main():
        with trio.fail_after(SECONDS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call_for_a_while if timeout else call)
                while not started.is_set():
                    await trio.lowlevel.checkpoint()
                if not timeout:
                    nursery.cancel_scope.cancel()

    trio.run(main)

    assert cancelled.wait(SECONDS)


def test_a_trio_task_iterates_over_an_asyncio_source():
    async def main():
        return [item async for item in aiterate(numbers(1000))]

    assert trio.run(main) == list(range(1000))


def test_a_trio_task_gets_the_error_of_a_source_after_its_items():
    async def source():
        yield 1
        raise ZeroDivisionError

    async def main():
        items = aiterate(source())
        assert await anext(items) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(items)

    trio.run(main)


def test_a_trio_task_that_leaves_early_closes_the_source():
    source = Watched()

    async def main():
        async with aclosing(aiterate(source, context_with("mine"))) as items:
            assert [await anext(items) for _ in range(100)] == list(range(100))
        assert source.closed.is_set()

    trio.run(main)

    assert source.contexts == {"mine"}
    assert len(source.tasks) == 1


def test_leaving_after_the_source_has_ended_is_nothing_to_a_trio_task():
    async def main():
        async with aclosing(aiterate(numbers(2))) as items:
            await anext(items)
            eventually(lambda: not home().calls)

    trio.run(main)


def test_a_cancelled_trio_task_cancels_the_step():
    source = Watched(hang_at=1)

    async def consume():
        async for _ in aiterate(source):
            pass

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(consume)
            while not source.hangs.is_set():
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()

    trio.run(main)

    assert source.closed.wait(SECONDS)
    assert source.ended_by is asyncio.CancelledError


# ---------------------------------------------------------------------------------------------------- whole processes


def python(script, **options):
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, **options)


def output_of(script):
    process = python(script)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    return printed.split()


def test_a_hanging_coroutine_does_not_hold_up_the_end_of_the_process():
    assert output_of("""
import contextvars, threading
from jackfield import _background
async def blocks():
    threading.Event().wait()
try:
    _background.run(blocks, timeout=0.05, context=contextvars.copy_context())
except TimeoutError:
    print("timeout")
""") == ["timeout"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_starts_a_loop_of_its_own_and_leaves_the_parents_alone():
    assert output_of("""
import asyncio, contextvars, os, warnings
from jackfield import _background
warnings.simplefilter("ignore")
async def answer(number):
    await asyncio.sleep(0.01)
    return number
def run(number):
    return _background.run(lambda: answer(number), timeout=9, context=contextvars.copy_context())
run(1)
if (child := os.fork()) == 0:
    os._exit(run(42))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), run(2))
""") == ["42", "2"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize(
    "wait",
    [
        "_background.run(hang, timeout=60, context=contextvars.copy_context())",
        "list(_background.iterate(stream(), gap=60, context=contextvars.copy_context()))",
    ],
)
def test_ctrl_c_cancels_the_task_and_lets_it_clean_up(wait):
    process = python(f"""
import asyncio, contextvars, signal, sys, threading
from jackfield import _background
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored
_background.CLOSING_SECONDS = {SECONDS}  # however slow this machine is, the task has the time to clean up
async def hang():
    try:
        while sys._current_frames()[threading.main_thread().ident].f_code.co_name != "wait":
            await asyncio.sleep(0.001)  # the caller is still on the way to where it waits
        print("hanging", flush=True)
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.01)
        print("cleaned up", flush=True)
async def stream():
    await hang()
    yield 1
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted", flush=True)
""")
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=SECONDS)

    assert printed == "cleaned up\ninterrupted\n"
    assert process.returncode == 0
