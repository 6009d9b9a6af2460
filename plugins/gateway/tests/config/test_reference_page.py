"""The operators' page says what the tables say."""

from pathlib import Path

import pytest
from jackfield_gateway.config._docs import EXAMPLE, reference

DOCS = Path(__file__).resolve().parents[4] / "docs"


@pytest.mark.skipif(not DOCS.is_dir(), reason="a package that is tested alone has no docs beside it")
def test_the_page_is_made_of_the_tables():
    page = (DOCS / "operators" / "configuration.md").read_text(encoding="utf-8")
    assert page == reference(), "python -m jackfield_gateway.config._docs docs/operators/configuration.md writes it"


def test_its_example_loads(read):
    config = read(EXAMPLE, OPENAI_API_KEY="sk-1", GATEWAY_MASTER_KEY="sk-9f")
    assert [deployment.model_name for deployment in config.deployments] == ["fast", "fast", "house/*"]
    assert config.warnings == ()
