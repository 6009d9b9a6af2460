"""From the name that a caller asks for to the model that is called: groups, aliases, wildcards."""

import pytest
from jackfield import Client, ConfigurationError, ListModelsRequest, NotFoundError
from jackfield_router import Deployment, Router


def models(router, name):
    return [each.model for each in router.find(name)]


def test_several_deployments_stand_under_one_name():
    router = Router([Deployment("fast", "fake/a"), Deployment("fast", "fake/b"), Deployment("slow", "fake/c")])
    assert models(router, "fast") == ["fake/a", "fake/b"]
    assert models(router, "slow") == ["fake/c"]
    assert router.find("other") == ()


def test_a_call_by_the_name_reaches_the_deployment(net):
    net.route(Deployment("fast", "fake/a"))
    assert net.model_of(model="groups/fast") == "a"


def test_a_name_may_hold_slashes(net):
    net.route(Deployment("acme/fast/v1", "fake/a/b"))
    assert net.model_of(model="groups/acme/fast/v1") == "a/b"


def test_the_provider_may_be_an_option(net):
    net.route(Deployment("fast", "fake/a"))
    assert net.model_of(model="fast", provider="groups") == "a"


def test_an_alias_is_another_name_of_a_group(net):
    router = net.route(Deployment("fast", "fake/a"), aliases={"gpt-4": "fast"})
    assert models(router, "gpt-4") == ["fake/a"]
    assert net.model_of(model="groups/gpt-4") == "a"


def test_an_alias_goes_before_a_group_of_its_name():
    router = Router([Deployment("old", "fake/old"), Deployment("new", "fake/new")], aliases={"old": "new"})
    assert models(router, "old") == ["fake/new"]


def test_an_alias_may_lead_into_a_wildcard():
    router = Router([Deployment("acme/*", "fake/*")], aliases={"best": "acme/big"})
    assert models(router, "best") == ["fake/big"]


def test_an_alias_may_lead_to_another_one():
    router = Router([Deployment("fast", "fake/a")], aliases={"best": "better", "better": "fast"})
    assert models(router, "best") == ["fake/a"]


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        ({"best": "nowhere"}, "the alias 'best' leads to 'nowhere', which is no model group"),
        ({"best": "better", "better": "best"}, "the alias 'best' leads to 'best', which is no model group"),
        ({"best": "best"}, "the alias 'best' leads to 'best', which is no model group"),
    ],
)
def test_an_alias_that_leads_to_no_group_is_refused(aliases, said):
    with pytest.raises(ConfigurationError, match=said):
        Router([Deployment("fast", "fake/a")], aliases=aliases)


@pytest.mark.parametrize(
    ("name", "model", "asked", "called"),
    [
        ("acme/*", "fake/*", "acme/big", "big"),
        ("acme/*", "fake/acme/*", "acme/big", "acme/big"),
        ("acme/*", "fake/vendor-*-v1", "acme/big", "vendor-big-v1"),
        ("acme/*", "fake/one", "acme/big", "one"),
        ("*", "fake/*", "acme/big", "acme/big"),
        ("*-latest", "fake/*", "big-latest", "big"),
        ("acme/*-latest", "fake/*", "acme/x-latest", "x"),
    ],
)
def test_what_a_star_matches_is_put_in_place_of_the_models_star(sync_net, name, model, asked, called):
    router = sync_net.route(Deployment(name, model))
    assert sync_net.model_of(model=f"groups/{asked}") == called
    assert models(router, asked) == [f"fake/{called}"]


def test_a_star_in_the_text_is_no_pattern(sync_net):
    sync_net.route(Deployment("acme/*", "fake/x-*"))
    assert sync_net.model_of(model="groups/acme/*") == "x-*"


@pytest.mark.parametrize("asked", ["acme/", "acme", "other/big", "x/acme/big"])
def test_what_a_wildcard_does_not_match(asked):
    assert Router([Deployment("acme/*", "fake/*")]).find(asked) == ()


def test_an_exact_name_wins_over_wildcards_and_the_longest_wildcard_over_shorter_ones():
    names = ["*", "acme/*", "acme/large-*", "acme/large-1"]
    router = Router([Deployment(name, f"fake/{place}") for place, name in enumerate(names)])
    asked = ["acme/large-1", "acme/large-2", "acme/small", "other"]
    assert [models(router, name) for name in asked] == [["fake/3"], ["fake/2"], ["fake/1"], ["fake/0"]]


def test_deployments_of_one_wildcard_are_one_group(sync_net):
    sync_net.route(Deployment("acme/*", "fake/one-*"), Deployment("acme/*", "fake/two-*"))
    sync_net.play("one-x", sync_net.failing(503))
    assert sync_net.model_of(model="groups/acme/x") == "two-x"


def test_names_are_groups_and_aliases_sorted_with_wildcards_as_written():
    router = Router(
        [Deployment("b", "fake/a"), Deployment("acme/*", "fake/*"), Deployment("b", "fake/c")], None, {"a": "b"}
    )
    assert router.names() == ("a", "acme/*", "b")


def test_the_list_of_models_is_the_list_of_names(net):
    net.route(Deployment("b", "fake/a"), Deployment("acme/*", "fake/*"), aliases={"a": "b"})
    assert [model.id for model in net(ListModelsRequest("groups/")).data] == ["a", "acme/*", "b"]


def test_an_unknown_name_is_a_404_that_names_it_and_no_other(net):
    net.route(Deployment("secret-group", "fake/a"))
    with pytest.raises(NotFoundError) as caught:
        net(model="groups/gone")
    error = caught.value
    assert (error.status_code, error.code, error.param) == (404, "model_not_found", "model")
    assert str(error) == "the model 'gone' does not exist"
    assert net.outgoing == []


def test_a_router_without_deployments_knows_no_name():
    client = Client()
    client.register_provider("groups", Router([]))
    assert client.run(ListModelsRequest("groups/")).data == []
