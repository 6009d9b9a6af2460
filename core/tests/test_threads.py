"""Blocking code in worker threads: for sync callers with a time limit, for asyncio and for trio."""

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
from functools import partial

import anyio
import anyio.lowlevel
import pytest
from jackfield import _pool, _threads
from jackfield._handover import Blocking
from jackfield._waiters import here
from jackfield.errors import PluginError

SECONDS = 30  # nothing here takes that long unless it is broken

greeting = contextvars.ContextVar("greeting", default="none")


@pytest.fixture(params=["asyncio", "trio"])
def run_async(request):
    """Run an async function on either event loop."""
    return partial(anyio.run, backend=request.param)


@pytest.fixture
def release():
    """What hangs in a test waits for this event, which is set when the test is over."""
    event = threading.Event()
    yield event
    event.set()
    eventually(lambda: not any(pool.abandoned for pool in _pool._pools.values()))


def eventually(condition):
    """Wait for what another thread does without telling anybody."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.001)


def context_with(text):
    context = contextvars.copy_context()
    context.run(greeting.set, text)
    return context


def run(fn, timeout=SECONDS, context=None):
    return _threads.run(fn, timeout=timeout, context=context)


def stop():
    raise StopIteration("not an answer")


class Counted:
    """An iterator over numbers that says what was done to it, and by which thread."""

    def __init__(self, count=1_000_000, before=None):
        self.numbers = iter(range(count))
        self.taken = 0
        self.before = before or {}
        self.threads = set()
        self.contexts = set()
        self.closed = threading.Event()
        self.closed_in = None

    def __iter__(self):
        return self

    def __next__(self):
        self.threads.add(threading.current_thread().name)
        self.contexts.add(greeting.get())
        if act := self.before.get(self.taken):
            act()
        self.taken += 1
        return next(self.numbers)

    def close(self):
        self.closed_in = threading.current_thread().name, greeting.get()
        self.closed.set()


# ---------------------------------------------------------------------------------------------------------------- run


def test_a_function_runs_in_a_daemon_thread_and_its_result_comes_back():
    thread = run(threading.current_thread)

    assert thread is not threading.current_thread()
    assert thread.daemon


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(3), KeyboardInterrupt()])
def test_what_the_function_raises_is_raised_to_the_caller(error):
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        run(fail)

    assert caught.value is error
    assert "fail" in [entry.name for entry in caught.traceback]


def test_a_stop_iteration_does_not_pass_for_an_answer():
    def consumer():
        yield 1
        yield run(stop)

    with pytest.raises(RuntimeError, match="StopIteration") as caught:
        run(stop)
    with pytest.raises(RuntimeError):
        list(consumer())

    assert isinstance(caught.value.__cause__, StopIteration)


def test_an_error_leaves_no_cycle_that_only_the_collector_can_free():
    class Mine(Exception):
        pass

    def fail():
        raise Mine

    gc.disable()
    try:
        with pytest.raises(Mine) as caught:
            run(fail)
        freed = threading.Event()
        weakref.finalize(caught.value, freed.set)
        del caught
        assert freed.wait(SECONDS)
    finally:
        gc.enable()


def test_an_idle_worker_keeps_neither_the_function_nor_its_result():
    class Thing:
        pass

    thing = run(Thing)
    gone = threading.Event()
    weakref.finalize(thing, gone.set)

    del thing

    assert gone.wait(SECONDS)


def test_a_call_that_takes_too_long_is_left_behind_and_counted(release):
    started = []

    def hang():
        started.append(1)
        release.wait()

    while not started:  # a call that is given up before its turn never begins
        with pytest.raises(TimeoutError, match=r"^$"):
            run(hang, timeout=0.05)

    eventually(lambda: len(_pool.pool().abandoned) == len(started))
    assert run(lambda: "another thread serves the next") == "another thread serves the next"
    release.set()
    eventually(lambda: not _pool.pool().abandoned)


@pytest.mark.parametrize("timeout", [0, -1.5])
def test_no_time_at_all_is_too_little(timeout, release):
    with pytest.raises(TimeoutError):
        run(release.wait, timeout=timeout)


def test_any_length_of_time_will_do():
    assert run(lambda: 1, timeout=float("inf")) == 1


def test_a_time_out_of_the_function_itself_is_passed_on():
    mine = TimeoutError("mine")

    def fail():
        raise mine

    with pytest.raises(TimeoutError) as caught:
        run(fail)

    assert caught.value is mine


# ------------------------------------------------------------------------------------------------------------ context


def test_without_a_context_the_function_sees_a_copy_of_the_callers():
    token = greeting.set("caller's")
    try:
        assert run(lambda: (greeting.get(), greeting.set("changed"))[0]) == "caller's"
        assert greeting.get() == "caller's"
    finally:
        greeting.reset(token)


def test_what_is_set_in_the_context_of_the_call_is_there_at_the_next_step():
    context = context_with("first")

    run(lambda: greeting.set("second"), context=context)

    assert run(greeting.get, context=context) == "second"
    assert context[greeting] == "second"


def test_a_context_in_which_a_call_still_hangs_serves_the_next_attempt(release):
    context = context_with("mine")
    entered = threading.Event()

    def hang():
        entered.set()
        release.wait()

    while not entered.is_set():  # a call that is given up before its turn never begins
        with pytest.raises(TimeoutError):
            run(hang, timeout=0.05, context=context)

    assert run(greeting.get, context=context) == "mine"


# --------------------------------------------------------------------------------------------------------------- pool


def test_calls_one_after_the_other_need_few_threads():
    before = set(_pool.pool().threads)

    for _ in range(500):
        run(int)

    assert len(_pool.pool().threads - before) <= 2


def test_a_thread_that_finds_nothing_to_do_for_long_ends():
    pool = _pool.Pool(1, idle_seconds=0)
    waiter = Blocking()

    pool.submit(_pool.Job(int, contextvars.Context(), waiter.wake))
    waiter.wait(SECONDS)

    eventually(lambda: not pool.threads)
    waiter = Blocking()
    pool.submit(_pool.Job(int, contextvars.Context(), waiter.wake))
    waiter.wait(SECONDS)


def test_a_job_is_never_forgotten_however_threads_come_and_go():
    pool = _pool.Pool(1, idle_seconds=0)
    done = threading.Semaphore(0)

    def submit_many():
        for _ in range(300):
            pool.submit(_pool.Job(int, contextvars.Context(), done.release))

    submitters = [threading.Thread(target=submit_many) for _ in range(4)]
    for thread in submitters:
        thread.start()
    for thread in submitters:
        thread.join()

    assert all(done.acquire(timeout=SECONDS) for _ in range(1200))


def test_sixty_four_calls_run_at_once(run_async):
    together = threading.Barrier(64)

    async def main():
        async with anyio.create_task_group() as group:
            for _ in range(64):
                group.start_soon(partial(_threads.arun, partial(together.wait, SECONDS), timeout=SECONDS))

    run_async(main)


def test_the_sixty_fifth_waits_for_a_thread(release):
    reached = threading.Semaphore(0)

    def occupy():
        reached.release()
        release.wait()

    callers = [threading.Thread(target=run, args=(occupy,)) for _ in range(64)]
    for caller in callers:
        caller.start()
    assert all(reached.acquire(timeout=SECONDS) for _ in range(64))
    called = threading.Event()

    with pytest.raises(TimeoutError):
        run(called.set, timeout=0.05)
    release.set()
    for caller in callers:
        caller.join()

    assert run(lambda: "free again") == "free again"
    assert not called.is_set()


def test_a_call_given_up_makes_room_for_one_that_waits(run_async, release):
    reached = threading.Semaphore(0)

    def occupy():
        reached.release()
        release.wait()

    async def occupy_until_cancelled(scope):
        with scope:
            await _threads.arun(occupy, timeout=None)

    async def wait_then_release():
        await _threads.arun(int, timeout=SECONDS)
        release.set()

    async def main():
        async with anyio.create_task_group() as group:
            scope = anyio.CancelScope()
            group.start_soon(occupy_until_cancelled, scope)
            for _ in range(63):
                group.start_soon(partial(_threads.arun, occupy, timeout=None))
            for _ in range(64):
                while not reached.acquire(blocking=False):
                    await anyio.lowlevel.checkpoint()
            group.start_soon(wait_then_release)
            await anyio.lowlevel.checkpoint()
            scope.cancel()

    run_async(main)


def test_a_worker_that_becomes_idle_sees_a_job_that_was_added_just_before():
    pool = _pool.Pool(1, idle_seconds=-1)  # waiting that long is an error
    pool._jobs.append(_pool.Job(int, contextvars.Context(), pytest.fail))

    assert pool.rest(_pool._Worker(pool))


def test_a_worker_that_leaves_sees_to_a_job_that_was_added_just_before():
    pool = _pool.Pool(1)
    waiter = Blocking()
    pool._jobs.append(_pool.Job(int, contextvars.Context(), waiter.wake))

    pool.leave(_pool._Worker(pool))

    waiter.wait(SECONDS)


def test_when_too_many_calls_hang_the_next_is_refused_and_told_where(release):
    def hangs_for_ever():
        release.wait()

    while len(_pool.pool().abandoned) < 64:
        with pytest.raises(TimeoutError):
            run(hangs_for_ever, timeout=0.02)

    with pytest.raises(PluginError, match=r"64 calls .* still hold their threads: \d+ in .*hangs_for_ever"):
        run(int)
    release.set()
    eventually(lambda: not _pool.pool().abandoned)
    assert run(int) == 0


def test_sixty_four_calls_inside_sixty_four_calls_do_not_wait_for_each_other():
    together = threading.Barrier(64)

    def outer():
        together.wait(SECONDS)
        return run(lambda: "inner")

    answers = []
    callers = [threading.Thread(target=lambda: answers.append(run(outer))) for _ in range(64)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert answers == ["inner"] * 64


def test_a_handler_that_calls_itself_for_ever_is_stopped():
    def endless():
        return run(endless)

    with pytest.raises(PluginError, match="32 deep"):
        run(endless)


@pytest.fixture
def no_more_threads():
    """Ask for so large a stack that the system refuses to start another thread."""
    if sys.platform != "linux":
        pytest.skip("elsewhere the size itself may be refused")
    before = threading.stack_size(2**46)
    yield
    threading.stack_size(before)


def test_without_a_first_thread_the_caller_is_told_and_the_job_never_runs(no_more_threads):
    pool = _pool.Pool(1)

    with pytest.raises(RuntimeError, match="start new thread"):
        pool.submit(_pool.Job(lambda: pytest.fail("nobody waits"), contextvars.Context(), pytest.fail))
    threading.stack_size(0)
    waiter = Blocking()
    pool.submit(_pool.Job(int, contextvars.Context(), waiter.wake))
    waiter.wait(SECONDS)


def test_without_another_thread_a_job_waits_for_those_there_are(release, request):
    pool = _pool.Pool(1)
    first, second, occupied = Blocking(), Blocking(), threading.Event()

    pool.submit(_pool.Job(lambda: occupied.set() or release.wait(), contextvars.Context(), first.wake))
    assert occupied.wait(SECONDS)
    request.getfixturevalue("no_more_threads")
    pool.submit(_pool.Job(int, contextvars.Context(), second.wake))
    release.set()

    first.wait(SECONDS)
    second.wait(SECONDS)
    assert len(pool.threads) == 1


def test_a_caller_that_gives_up_before_its_turn_leaves_nothing_behind(release):
    reached = threading.Semaphore(0)

    def occupy():
        reached.release()
        release.wait()

    class Function:
        def __call__(self):
            pytest.fail("nobody waits for it")

    callers = [threading.Thread(target=run, args=(occupy,)) for _ in range(64)]
    for caller in callers:
        caller.start()
    assert all(reached.acquire(timeout=SECONDS) for _ in range(64))
    gone = threading.Event()
    fn = Function()
    weakref.finalize(fn, gone.set)

    with pytest.raises(TimeoutError):
        run(fn, timeout=0)
    del fn

    assert gone.wait(SECONDS)
    release.set()
    for caller in callers:
        caller.join()


# --------------------------------------------------------------------------------------------------------------- arun


def test_a_task_gets_the_result_of_a_thread(run_async):
    async def main():
        return await _threads.arun(threading.get_ident, timeout=SECONDS, context=None)

    assert run_async(main) != threading.get_ident()


def test_a_task_gets_the_error_of_a_thread(run_async):
    async def main():
        with pytest.raises(RuntimeError) as caught:
            await _threads.arun(stop, timeout=None)
        assert isinstance(caught.value.__cause__, StopIteration)
        with pytest.raises(ZeroDivisionError):
            await _threads.arun(lambda: 1 / 0, timeout=SECONDS)

    run_async(main)


def test_a_task_runs_out_of_time(run_async, release):
    async def main():
        with pytest.raises(TimeoutError, match=r"^$"):
            await _threads.arun(release.wait, timeout=0.01)

    run_async(main)


def test_each_task_has_its_own_time(run_async, release):
    async def has_little(then):
        with pytest.raises(TimeoutError):
            await _threads.arun(release.wait, timeout=0.01)
        then()

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(has_little, partial(group.start_soon, has_little, release.set))
            assert await _threads.arun(release.wait, timeout=SECONDS)

    run_async(main)


def test_a_cancelled_task_stops_waiting_at_once_and_the_late_result_is_dropped(run_async, release):
    started, dropped = threading.Event(), threading.Event()

    class Result:
        pass

    def late():
        started.set()
        release.wait()
        result = Result()
        weakref.finalize(result, dropped.set)
        return result

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(partial(_threads.arun, late, timeout=None))
            while not started.is_set():
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert len(_pool.pool().abandoned) == 1
        release.set()
        assert dropped.wait(SECONDS)

    run_async(main)


def test_a_result_that_comes_after_the_loop_is_closed_disturbs_nobody(run_async, release):
    returned = threading.Event()

    def late():
        release.wait()
        returned.set()

    async def main():
        with anyio.move_on_after(0):
            await _threads.arun(late, timeout=None)

    run_async(main)
    release.set()

    assert run(lambda: "served") == "served"


def test_a_wake_up_after_the_loop_is_closed_disturbs_nobody(run_async):
    async def main():
        return here()

    waiter = run_async(main)
    waiter.wake()


def test_a_wake_up_that_meets_a_cancellation_disturbs_nobody():
    async def main():
        reports = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, report: reports.append(report))
        waiter = here()
        waiting = asyncio.ensure_future(waiter.wait(SECONDS))
        await asyncio.sleep(0)
        waiter.wake()
        waiting.cancel()
        await asyncio.wait([waiting])
        await asyncio.sleep(0)
        return waiting.cancelled(), reports

    assert asyncio.run(main()) == (True, [])


def test_results_that_come_together_all_arrive(run_async):
    async def main():
        answers = []

        async def ask(number):
            answers.append(await _threads.arun(lambda: number, timeout=SECONDS))

        async with anyio.create_task_group() as group:
            for number in range(1000):
                group.start_soon(ask, number)
        return sorted(answers)

    assert run_async(main) == list(range(1000))


def test_a_closed_loop_is_not_kept():
    def one():
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_threads.arun(int, timeout=SECONDS))
        loop.close()
        return weakref.ref(loop)

    loop = one()
    gc.collect()

    assert loop() is None


# ------------------------------------------------------------------------------------------------------------ iterate


def test_every_step_of_an_iterator_runs_in_a_worker_and_in_the_context_of_the_call():
    source = Counted(5)

    items = list(_threads.iterate(source, gap=SECONDS, context=context_with("mine")))

    assert items == [0, 1, 2, 3, 4]
    assert source.contexts == {"mine"}
    assert source.threads == {"jackfield-worker"}
    assert not source.closed.is_set()


def test_an_iterator_is_asked_for_no_more_than_is_consumed():
    source = Counted()

    with closing(_threads.iterate(source, gap=SECONDS, context=context_with("mine"))) as items:
        next(items)
        next(items)

    assert source.taken == 2
    assert source.closed_in == ("jackfield-worker", "mine")


def test_a_step_that_takes_too_long_ends_the_iteration_and_the_iterator_is_closed_when_it_returns(release):
    source = Counted(before={1: release.wait})
    gap = 1  # in which the first item is there even on a busy machine
    items = _threads.iterate(source, gap=gap, context=context_with("mine"))

    assert next(items) == 0
    with pytest.raises(TimeoutError):
        next(items)
    assert list(items) == []
    assert not source.closed.is_set()
    release.set()

    assert source.closed.wait(SECONDS)
    assert source.closed_in == ("jackfield-worker", "mine")


def test_an_iterators_error_is_raised_after_its_items():
    def broken():
        yield 1
        raise ZeroDivisionError

    items = _threads.iterate(broken(), gap=SECONDS, context=contextvars.copy_context())

    assert next(items) == 1
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_an_error_at_closing_is_raised_to_the_one_who_closes():
    def untidy():
        try:
            yield 1
        finally:
            raise ZeroDivisionError

    items = _threads.iterate(untidy(), gap=SECONDS, context=contextvars.copy_context())
    next(items)

    with pytest.raises(ZeroDivisionError):
        items.close()


def test_an_iterator_without_close_can_be_left():
    items = _threads.iterate(iter([1, 2]), gap=SECONDS, context=contextvars.copy_context())

    assert next(items) == 1
    items.close()


# ----------------------------------------------------------------------------------------------------------- aiterate


def test_a_task_iterates_over_a_blocking_iterator(run_async):
    source = Counted(1000)

    async def main():
        return [item async for item in _threads.aiterate(source, context=context_with("mine"))]

    assert run_async(main) == list(range(1000))
    assert source.contexts == {"mine"}
    assert source.threads == {"jackfield-worker"}


@pytest.fixture
def no_hurry(monkeypatch):
    """However slow this machine is, who leaves waits for the step that is running and for the closing."""
    monkeypatch.setattr(_threads, "CLOSING_SECONDS", SECONDS)


@pytest.fixture
def one_pull(monkeypatch):
    """However slow this machine is, a thread goes on pulling until it has sixty-four items."""
    monkeypatch.setattr(_threads, "BATCH_SECONDS", SECONDS)


def test_an_item_that_is_there_is_not_held_back_for_a_slow_next_one(run_async, one_pull):
    first_came = threading.Event()
    source = Counted(3, before={1: lambda: first_came.wait(SECONDS) or pytest.fail("held back")})

    async def main():
        items = []
        async for item in _threads.aiterate(source, context=contextvars.copy_context()):
            items.append(item)
            first_came.set()
        return items

    assert run_async(main) == [0, 1, 2]


def test_a_thread_pulls_at_most_sixty_four_items_ahead(run_async):
    source = Counted(5000)

    async def main():
        ahead = consumed = 0
        async for _ in _threads.aiterate(source, context=contextvars.copy_context()):
            consumed += 1
            ahead = max(ahead, source.taken - consumed)
        return ahead

    assert run_async(main) <= 64


def test_a_thread_pulls_no_further_once_its_time_is_over(run_async, monkeypatch):
    monkeypatch.setattr(_threads, "BATCH_SECONDS", 0)
    source = Counted()

    async def main():
        async with aclosing(_threads.aiterate(source, context=contextvars.copy_context())) as items:
            assert [await anext(items) for _ in range(5)] == list(range(5))

    run_async(main)

    assert source.taken == 5


def test_a_stream_that_nobody_reads_holds_no_thread(run_async):
    """A hundred open streams, with sixty-four threads."""

    async def main():
        streams = [_threads.aiterate(Counted(), context=contextvars.copy_context()) for _ in range(100)]
        assert [await anext(stream) for stream in streams] == [0] * 100
        for stream in streams:
            await stream.aclose()

    run_async(main)


def test_items_that_came_before_an_error_are_delivered_first(run_async):
    def broken():
        yield from range(3)
        raise ZeroDivisionError

    async def main():
        items = _threads.aiterate(broken(), context=contextvars.copy_context())
        assert [await anext(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ZeroDivisionError):
            await anext(items)

    run_async(main)


def test_an_item_that_comes_just_before_the_end_is_not_lost():
    class JustDone:
        @property
        def done(self):
            if not pulled.items:
                pulled.items.append("last")
            return True

        def answer(self):
            pytest.fail("there is an item")

    pulled = _threads._Pulled(iter(()), contextvars.copy_context())
    pulled._job = JustDone()

    assert asyncio.run(pulled.more())


def test_leaving_early_closes_the_iterator_in_a_worker(run_async, no_hurry):
    source = Counted()

    async def main():
        async with aclosing(_threads.aiterate(source, context=context_with("mine"))) as items:
            async for item in items:
                if item == 2:
                    break
        assert source.closed.is_set()

    run_async(main)

    assert source.closed_in == ("jackfield-worker", "mine")


def test_leaving_between_two_batches_closes_the_iterator_too(run_async, no_hurry):
    source = Counted()

    async def main():
        items = _threads.aiterate(source, context=contextvars.copy_context())
        while (await anext(items)) != source.taken - 1 or source.taken < 64:
            pass
        await items.aclose()
        assert source.closed.is_set()

    run_async(main)


def test_leaving_while_a_step_hangs_does_not_wait_for_it(run_async, release, one_pull):
    stepping = threading.Event()

    def hang():
        stepping.set()
        release.wait()

    source = Counted(before={1: hang})

    async def main():
        async with aclosing(_threads.aiterate(source, context=contextvars.copy_context())) as items:
            assert await anext(items) == 0
            assert stepping.wait(SECONDS)
        assert not source.closed.is_set()

    run_async(main)
    release.set()

    assert source.closed.wait(SECONDS)
    assert source.taken == 2


def test_a_task_cancelled_in_the_middle_of_a_step_leaves_at_once(run_async, release):
    stepping = threading.Event()

    def hang():
        stepping.set()
        release.wait()

    source = Counted(before={1: hang})

    async def consume():
        async for _ in _threads.aiterate(source, context=contextvars.copy_context()):
            pass

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            while not stepping.is_set():
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert not source.closed.is_set()
        assert len(_pool.pool().abandoned) == 1

    run_async(main)
    release.set()

    assert source.closed.wait(SECONDS)


@pytest.mark.parametrize("consumed", [1, 3, 99])
def test_a_consumed_or_closed_iterator_is_freed_without_the_collector(run_async, consumed):
    class Source(Counted):
        pass

    async def main():
        source = Source(3)
        weakref.finalize(source, gone.set)
        async with aclosing(_threads.aiterate(source, context=contextvars.copy_context())) as items:
            del source
            for _ in range(consumed):
                await anext(items, None)

    gone = threading.Event()
    gc.disable()
    try:
        run_async(main)
        assert gone.wait(SECONDS)
    finally:
        gc.enable()


def test_an_iterator_without_close_can_be_left_by_a_task(run_async):
    async def main():
        async with aclosing(_threads.aiterate(iter(range(9)), context=contextvars.copy_context())) as items:
            assert await anext(items) == 0

    run_async(main)


def test_a_thousand_streams_and_calls_leave_no_thread_behind(run_async):
    async def main():
        for _ in range(300):
            await _threads.arun(int, timeout=SECONDS)
            async with aclosing(_threads.aiterate(Counted(), context=contextvars.copy_context())) as items:
                await anext(items)

    before = set(_pool.pool().threads)
    run_async(main)

    assert len(_pool.pool().threads - before) <= 3
    assert not _pool.pool().abandoned


# ---------------------------------------------------------------------------------------------------- whole processes


def python(script, **options):
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, **options)


def output_of(script):
    process = python(script)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    return printed.split()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the size of a stack may be refused")
def test_when_the_system_gives_no_thread_the_caller_is_told_and_a_later_call_succeeds():
    assert output_of("""
import asyncio, contextvars, threading
from jackfield import _threads
threading.stack_size(2**46)
called = []
for call in (
    lambda: _threads.run(lambda: called.append(1), timeout=9),
    lambda: asyncio.run(_threads.arun(lambda: called.append(1), timeout=9)),
    lambda: asyncio.run(anext(_threads.aiterate(map(called.append, [1]), context=contextvars.copy_context()))),
):
    try:
        call()
    except RuntimeError:
        print("told")
threading.stack_size(0)
print(_threads.run(lambda: 1, timeout=9), called)
""") == ["told", "told", "told", "1", "[]"]


def test_a_hanging_call_does_not_hold_up_the_end_of_the_process():
    assert output_of("""
import threading
from jackfield import _threads
try:
    _threads.run(threading.Event().wait, timeout=0.05)
except TimeoutError:
    print("timeout")
""") == ["timeout"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_starts_with_threads_of_its_own():
    assert output_of("""
import os, threading, warnings
from jackfield import _threads
warnings.simplefilter("ignore")
assert _threads.run(lambda: 1, timeout=9) == 1
if (child := os.fork()) == 0:
    os._exit(_threads.run(lambda: 42, timeout=9))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), _threads.run(lambda: 2, timeout=9))
""") == ["42", "2"]


def test_the_sync_path_imports_no_asyncio():
    assert output_of("""
import contextvars, sys
from jackfield import _threads
_threads.run(int, timeout=9)
list(_threads.iterate(iter([1]), gap=9, context=contextvars.copy_context()))
print("asyncio" in sys.modules)
""") == ["False"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_wait_for_a_hanging_call():
    process = python("""
import signal, threading
from jackfield import _pool, _threads
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored
def hang():
    print("hanging", flush=True)
    threading.Event().wait()
try:
    _threads.run(hang, timeout=60)
except KeyboardInterrupt:
    print("interrupted", len(_pool.pool().abandoned), flush=True)
""")
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=SECONDS)

    assert printed == "interrupted 1\n"
    assert process.returncode == 0
