"""The configs of the documents that Jackfield was asked to implement, taken out of them as they stand."""

import re

import pytest
from jackfield_gateway.config import load

documents = pytest.importorskip("seeds.documents", reason="only the whole repository has the reader of the documents")

RESTORATIONS = (
    (r"^-model_name:", "  - model_name: "),
    (r"^litellm_params:", "    litellm_params:"),
    (r"^model:", "      model: "),
    (r"^custom_provider_map:", "  custom_provider_map:"),
    (r'^-\{"provider":', '  - {"provider": '),
)
"""The spaces that the first document lost."""


def restored(text):
    for pattern, found in RESTORATIONS:
        text = re.sub(pattern, found, text, flags=re.MULTILINE)
    return text


def configs(name):
    return [block.text for block in documents.blocks(name, documents.text_of(name)) if block.kind == "yaml"]


@pytest.mark.parametrize(("name", "count"), [("000", 4), ("001", 2)])
def test_the_documents_configs_load(write, name, count):
    texts = configs(name)
    assert len(texts) == count
    for text in texts:
        config = load(write(restored(text) if name == "000" else text), {})
        assert [deployment.model for deployment in config.deployments][-1] == "my-custom-llm/my-model"
        assert [(each.provider, each.reference) for each in config.handlers] == [
            ("my-custom-llm", "custom_handler.my_custom_llm")
        ]
        assert (config.warnings, config.master_key) == ((), None)


@pytest.mark.parametrize(("pattern", "found"), RESTORATIONS)
def test_every_restoration_is_needed(pattern, found):
    assert any(re.search(pattern, text, re.MULTILINE) for text in configs("000"))
