"""Importing what is heavy while the garbage collector rests."""

import gc
import sys

import pytest
from jackfield._loading import loading


@pytest.fixture(autouse=True)
def collecting():
    """Leave the collector as it was."""
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


@pytest.fixture
def importing(monkeypatch):
    """What an import does to the collector's books: a module more, and many objects that refer to each other."""

    def load():
        monkeypatch.setitem(sys.modules, "there_is_no_such_module", None)
        loaded = [[] for _ in range(5_000)]
        loaded.append(loaded)
        return loaded

    return load


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_rests_and_is_then_as_it_was(enabled):
    (gc.enable if enabled else gc.disable)()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled() is enabled


def test_it_is_as_it_was_after_an_import_that_fails_too():
    gc.enable()
    with pytest.raises(ModuleNotFoundError), loading():
        import there_is_no_such_module  # noqa: F401
    assert gc.isenabled()


def test_what_was_loaded_is_old_and_still_collected(importing):
    gc.enable()
    gc.collect()
    with loading():
        loaded = importing()
        assert gc.get_count()[0] >= len(loaded)
    assert gc.get_count()[0] < 1_000
    assert gc.get_freeze_count() == 0
    del loaded
    assert gc.collect() >= 5_000


def test_what_the_program_has_frozen_stays_frozen(importing):
    gc.enable()
    gc.freeze()
    frozen = gc.get_freeze_count()
    try:
        with loading():
            importing()
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()


def test_where_nothing_is_left_to_import_the_young_stay_young():
    gc.enable()
    gc.collect()
    with loading():
        young = [[] for _ in range(5_000)]
        import json  # noqa: F401
    assert not any(each is young for each in gc.get_objects(generation=2))
