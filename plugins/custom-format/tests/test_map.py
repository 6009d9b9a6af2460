"""What stands in ``jackfield.custom_provider_map``, and which handler a name reaches."""

from __future__ import annotations

import types

import jackfield
import pytest
from jackfield import ConfigurationError, ProviderNotFoundError, completion
from jackfield_custom_format import BaseLLM, CustomLLM, CustomLLMError, find_provider, provider_of


class Says(CustomLLM):
    def __init__(self, text):
        self.text = text

    def completion(self, *args, **kwargs):
        return self.text


def said(model, **arguments):
    return completion(model, messages=[{"role": "user", "content": "Hello"}], **arguments).choices[0].message.content


def test_the_map_may_be_assigned_and_appended_to_at_any_time(register):
    with pytest.raises(ProviderNotFoundError):
        said("mine/small")
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": Says("assigned")}]
    assert said("mine/small") == "assigned"
    jackfield.custom_provider_map.append({"provider": "yours", "custom_handler": Says("appended")})
    assert (said("mine/small"), said("yours/small")) == ("assigned", "appended")
    jackfield.custom_provider_map = []
    with pytest.raises(ProviderNotFoundError):
        said("mine/small")


def test_the_last_entry_of_a_name_wins(register):
    register(Says("first"))
    register(Says("last"))
    assert said("mine/small") == "last"


def test_a_handler_that_is_replaced_in_place_is_gone(register):
    register(Says("old"))
    assert said("mine/small") == "old"
    jackfield.custom_provider_map[0]["custom_handler"] = Says("new")
    assert said("mine/small") == "new"


def test_the_same_handler_is_the_same_plugin(register):
    handler = register(Says("one"))
    assert find_provider("mine") is find_provider("mine")
    first = find_provider("mine")
    jackfield.custom_provider_map[0]["custom_handler"] = Says("other")
    assert find_provider("mine") is not first
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": handler}]
    assert said("mine/small") == "one"


def test_one_handler_may_serve_several_names(register):
    handler = register(Says("both"), "one")
    register(handler, "other")
    assert said("one/small") == said("other/small") == "both"


@pytest.mark.parametrize("name", ["my-llm", "my_llm", "my.llm", "my llm", "MY-LLM", "openai", "replicate"])
def test_any_name_without_a_slash_works_even_one_that_others_have(register, name):
    register(Says("mine"), name)
    assert said(f"{name}/small") == "mine"


def test_names_are_case_sensitive(register):
    register(Says("mine"), "mine")
    with pytest.raises(ProviderNotFoundError):
        said("Mine/small")


@pytest.mark.parametrize(
    "model",
    ["replicate-foo", "my-clarifai-model", "petals-team/StableBeluga2", "gpt-4o", "claude-3", "o1", "responses/foo"],
)
def test_the_text_of_the_model_hijacks_no_call(handler, model):
    handler(completion=lambda model, messages: model)
    assert said(f"mine/{model}") == model


def test_the_provider_may_be_named_outright(handler):
    handler(completion=lambda model, messages: model)
    assert said("small", custom_llm_provider="mine") == "small"
    assert said("mine/small", custom_llm_provider="mine") == "small"


def test_get_llm_provider_knows_the_names_of_the_map(register):
    register(Says("mine"))
    assert jackfield.get_llm_provider("mine/a/b") == ("a/b", "mine", None, None)


def test_any_object_with_one_of_the_ten_methods_is_a_handler(register):
    module = types.ModuleType("handlers")
    module.completion = lambda **arguments: "a module"  # type: ignore[attr-defined]
    register(module)
    assert said("mine/small") == "a module"


def test_a_handler_without_equality_hash_or_weak_references_is_a_handler(register):
    class Odd:
        __slots__ = ()
        __hash__ = None

        def __eq__(self, other):
            raise AssertionError("a handler is known by its identity")

        def completion(self, **kwargs):
            return "odd"

    register(Odd())
    assert said("mine/small") == said("mine/small") == "odd"


REFUSED = {
    "a class": (
        {"provider": "mine", "custom_handler": Says},
        r"'mine'.*holds the class Says; give an instance: Says\(\)",
    ),
    "no handler at all": ({"provider": "mine"}, r"'mine'.*has no 'custom_handler' \(it has 'provider'\)"),
    "a misspelt key": (
        {"provider": "mine", "handler": 1},
        r"'mine'.*no 'custom_handler' \(it has 'provider', 'handler'\)",
    ),
    "None": ({"provider": "mine", "custom_handler": None}, r"'mine'.*None, which is no handler"),
    "a text": ({"provider": "mine", "custom_handler": "house.handler"}, r"'mine'.*a str, which is no handler"),
    "only stubs": ({"provider": "mine", "custom_handler": CustomLLM()}, r"'mine'.*a CustomLLM.*none of completion, "),
}


@pytest.mark.parametrize(("entry", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_handler_is_refused_by_name(register, entry, message):
    jackfield.custom_provider_map.append(entry)
    with pytest.raises(ConfigurationError, match=message) as caught:
        said("mine/small")
    assert caught.value.provider == "mine"


def test_only_the_entry_that_is_asked_for_is_checked(register):
    register(Says, "broken")
    register(Says("fine"))
    assert said("mine/small") == "fine"


def test_a_bug_in_a_handler_is_not_taken_for_a_malformed_entry(register):
    class Buggy:
        @property
        def completion(self):
            raise TypeError("a bug")

    register(Buggy())
    with pytest.raises(TypeError, match="a bug"):
        said("mine/small")


@pytest.mark.parametrize("entry", [None, "mine", {}, {"custom_handler": Says("nobody's")}, ["mine"]], ids=repr)
def test_an_entry_without_a_provider_is_passed_over_with_a_warning(register, entry):
    register(Says("fine"))
    jackfield.custom_provider_map.append(entry)
    with pytest.warns(UserWarning, match="passed over: an entry is a mapping with 'provider' and 'custom_handler'"):
        assert said("mine/small") == "fine"


def test_the_error_has_its_status_and_message_and_survives_pickling():
    import pickle

    for error in (CustomLLMError(429, "slow down"), CustomLLMError(status_code=429, message="slow down")):
        copy = pickle.loads(pickle.dumps(error))
        assert (copy.status_code, copy.message, str(copy)) == (429, "slow down", "slow down")


def test_the_base_has_ten_methods_that_say_they_are_not_implemented():
    import asyncio

    from jackfield_custom_format._handler import METHODS

    assert len(METHODS) == 10
    assert issubclass(CustomLLM, BaseLLM)
    for name in METHODS:
        with pytest.raises(CustomLLMError, match="Not implemented yet!") as caught:
            asyncio.run(getattr(CustomLLM(), name)(model="small"))
        assert caught.value.status_code == 500


def test_a_handler_can_be_registered_with_a_client_of_its_own():
    client = jackfield.Client()
    client.register_provider("house", provider_of("house", Says("registered")))
    answer = client.run(jackfield.CompletionRequest("house/any", [{"role": "user", "content": "Hello"}]))
    assert answer.choices[0].message.content == "registered"


def test_a_class_cannot_be_registered():
    with pytest.raises(jackfield.ConfigurationError, match=r"'house'.*the class Says"):
        provider_of("house", Says)
