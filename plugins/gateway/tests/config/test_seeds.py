"""The configs of the documents that Jackfield was asked to implement, taken out of them as they stand."""

import pytest
from jackfield_gateway.config import load

documents = pytest.importorskip("seeds.pieces", reason="only the whole repository has the reader of the documents")


@pytest.mark.parametrize(("name", "count"), [("000", 4), ("001", 2)])
def test_the_documents_configs_load(write, name, count):
    texts = [block.text for block in documents.of_kind(name, "yaml")]
    assert len(texts) == count
    for text in texts:
        config = load(write(text), {})
        assert [deployment.model for deployment in config.deployments][-1] == "my-custom-llm/my-model"
        assert [(each.provider, each.reference) for each in config.handlers] == [
            ("my-custom-llm", "custom_handler.my_custom_llm")
        ]
        assert (config.warnings, config.master_key) == ((), None)
