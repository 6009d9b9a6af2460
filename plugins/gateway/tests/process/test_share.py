"""What one of several workers may do, and how it is told."""

from __future__ import annotations

import pytest
from jackfield import ConfigurationError
from jackfield_gateway._channel import ConfigReader, frame
from jackfield_gateway._share import ALONE, Place
from jackfield_gateway.config import Config
from jackfield_router import Deployment


def config(**limits: int) -> Config:
    return Config(deployments=(Deployment("fast", "house/fast", **limits),))


@pytest.mark.parametrize(
    ("limit", "count", "parts"), [(7, 3, [3, 2, 2]), (4, 2, [2, 2]), (1, 3, [1, 1, 1]), (2, 3, [1, 1, 1])]
)
@pytest.mark.parametrize("name", ["rpm", "tpm", "max_parallel_requests"])
def test_each_worker_has_its_part_of_a_limit(name: str, limit: int, count: int, parts: list[int]) -> None:
    whole = config(**{name: limit})
    shared = [Place(index, count).share(whole).deployments[0] for index in range(count)]
    assert [getattr(deployment, name) for deployment in shared] == parts


def test_what_has_no_limit_gets_none() -> None:
    deployment = Place(1, 2).share(config()).deployments[0]
    assert (deployment.rpm, deployment.tpm, deployment.max_parallel_requests) == (None, None, None)


def test_a_worker_alone_has_all() -> None:
    whole = config(rpm=7)
    assert ALONE.share(whole) is whole


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_configs_reach_a_worker_in_whatever_pieces(size: int) -> None:
    problem = ConfigurationError("set HOUSE_API_KEY", variables=("HOUSE_API_KEY",))
    first = Config(master_key="sk-1", deployments=(Deployment("fast", "house/fast", problem=problem),))
    sent = frame(7, first) + frame(8, config(rpm=3))
    reader = ConfigReader()
    read = [found for place in range(0, len(sent), size) for found in reader.feed(sent[place : place + size])]
    assert [(number, found.master_key) for number, found in read] == [(7, "sk-1"), (8, None)]
    assert read[1] == (8, config(rpm=3))
    kept = read[0][1].deployments[0].problem
    assert (str(kept), kept.variables) == ("set HOUSE_API_KEY", ("HOUSE_API_KEY",))
