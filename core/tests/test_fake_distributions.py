"""The distributions that the tests make are real to those who look for them."""

from __future__ import annotations

import importlib_metadata

GROUP = "jackfield.tests"


def test_it_is_found_with_its_name_version_and_entry_points(make_distribution, tmp_path, monkeypatch):
    points = {GROUP: {"one": "fake_one", "two": "fake_pack.inner:plugin"}}
    modules = {"fake_one.py": "", "fake_pack/__init__.py": "", "fake_pack/inner.py": "plugin = 2"}
    monkeypatch.syspath_prepend(make_distribution(tmp_path, "fake-one", "2.5", points, modules))
    found = importlib_metadata.entry_points(group=GROUP)
    assert [(point.dist.name, point.dist.version, point.name) for point in found] == [
        ("fake-one", "2.5", "one"),
        ("fake-one", "2.5", "two"),
    ]
    assert found["two"].load() == 2


def test_two_live_in_one_folder(make_distribution, tmp_path, monkeypatch):
    make_distribution(tmp_path, "fake-one", "1.0", {GROUP: {"same": "fake_one"}})
    monkeypatch.syspath_prepend(make_distribution(tmp_path, "fake-two", "1.0", {GROUP: {"same": "fake_two"}}))
    owners = {point.dist.name for point in importlib_metadata.entry_points(group=GROUP, name="same")}
    assert owners == {"fake-one", "fake-two"}
