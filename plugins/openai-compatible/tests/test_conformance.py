"""The provider keeps the contract: the core's kit, over the wire files beside this."""

from jackfield.testing import ProviderSuite


class TestOpenAI(ProviderSuite):
    provider = "openai"
    model = "gpt-4o-mini"
    wire = "tests/wire"
