"""What a router is told is checked when it is told, and shows no secret."""

import pytest
from jackfield import ConfigurationError
from jackfield_router import Deployment, Router, RouterSettings


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"model_name": ""}, "model_name must be a name, not ''"),
        ({"model": None}, "the deployment 'fast': model must be a name, not None"),
        ({"weight": -1}, "the deployment 'fast': weight must be a number, 0 or more, not -1"),
        ({"weight": float("nan")}, "weight must be a number, 0 or more, not nan"),
        ({"weight": "2"}, "weight must be a number, 0 or more, not '2'"),
        ({"order": 1.5}, "order must be a whole number, not 1.5"),
        ({"rpm": 0}, "rpm must be a whole number above 0, or None for no limit, not 0"),
        ({"tpm": True}, "tpm must be a whole number above 0"),
        ({"max_parallel_requests": 1.0}, "max_parallel_requests must be a whole number above 0"),
        ({"options": {"api_bas": "https://x.example"}}, "there is no option 'api_bas'; did you mean 'api_base'?"),
        ({"options": {"zzz": 1}}, "there is no option 'zzz'; a provider's parameters stand in params"),
        ({"model_name": "a*b*"}, "one \\* in model_name may stand for any text"),
        ({"model": "fake/*"}, "one \\* in model_name may stand for any text"),
    ],
)
def test_a_deployment_that_cannot_be_meant_is_refused(arguments, said):
    with pytest.raises(ConfigurationError, match=said):
        Deployment(**{"model_name": "fast", "model": "fake/a", **arguments})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"strategy": "latency"}, "strategy must be 'simple-shuffle' or 'least-busy', not 'latency'"),
        ({"cooldown_time": -1}, "cooldown_time must be a number of seconds, 0 or more, not -1"),
        ({"allowed_fails": 1.5}, "allowed_fails must be a whole number, 0 or more, not 1.5"),
        ({"num_retries": -1}, "num_retries must be a whole number, 0 or more, not -1"),
        ({"retry_policy": {"RateLimitErr": 1}}, "no error 'RateLimitErr'; did you mean 'RateLimitError'?"),
        ({"retry_policy": {"RateLimitError": -1}}, "RateLimitError must be a whole number, 0 or more, not -1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(arguments, said):
    with pytest.raises(ConfigurationError, match=said):
        RouterSettings(**arguments)


def test_a_key_stands_in_no_repr():
    deployment = Deployment("fast", "fake/a", {"api_key": "sk-very-secret"}, {"token": "sk-very-secret"})
    assert "sk-very-secret" not in repr(deployment) + repr(Router([deployment])) + str(deployment)


def test_deployments_can_be_compared_and_hashed():
    one, same = (Deployment("fast", "fake/a", {"api_key": "k"}) for _ in range(2))
    assert one == same
    assert len({one, same}) == 1
    assert one != Deployment("fast", "fake/a", {"api_key": "other"})
    assert len({RouterSettings(), RouterSettings()}) == 1
