"""The providers keep the contract: the core's kit, over the wire files beside this."""

from jackfield.testing import Gap, ProviderSuite


class TestOpenAI(ProviderSuite):
    provider = "openai"
    model = "gpt-4o-mini"
    wire = "tests/wire"


class TestPreset(ProviderSuite):
    provider = "groq"
    model = "gpt-4o-mini"
    wire = "tests/wire"


class TestTextCompletions(ProviderSuite):
    provider = "text-completion-openai"
    model = "gpt-3.5-turbo-instruct"
    wire = "tests/wire_text"
    gaps = {
        "test_the_canonical_cases_are_there": Gap(
            reason="the routes beside the chat are the same object's as TestOpenAI's"
        )
    }
