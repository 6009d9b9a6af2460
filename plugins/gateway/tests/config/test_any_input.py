"""Whatever a file holds, it is a Config or findings with their places."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jackfield_gateway.config import InvalidConfig, _tree, load
from jackfield_gateway.config._keys import GENERAL, HANDLER, ROUTER, SETTINGS, TOP
from jackfield_gateway.config._litellm_keys import FOREIGN
from jackfield_gateway.config._model_keys import INFO, MODEL, PARAMS

ENVIRONMENT = {"SET": "value-of-set", "EMPTY": "", "NUMBER": "7", "HALF": "\udcff"}
BOUNDED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SECTIONS = (TOP, MODEL, PARAMS, INFO, SETTINGS, HANDLER, GENERAL, ROUTER)
OWN = sorted({name for section in SECTIONS for name in section.names()})
names = st.one_of(
    st.sampled_from(OWN),
    st.sampled_from(sorted({name for row in FOREIGN for name in row.names.split()})),
    st.text(max_size=8),
)
texts = st.one_of(
    st.sampled_from(
        [
            *("a", "b", "acme/*", "acme/x", "echo/a", "http://x", "m.o", "./m.o", "s3://m.o", "*"),
            *("os.environ/SET", "os.environ/UNSET", "os.environ/EMPTY", "os.environ/", "os.environ/HALF"),
            *("${SET}", "${UNSET}", "${UNSET:-x}", "${EMPTY}", "${NUMBER}", "${", "$${", "${HALF} x", "least-busy"),
        ]
    ),
    st.text(max_size=12),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.integers(10**30, 10**40))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)


def of(section):
    return st.dictionaries(st.sampled_from(section.names()), values, max_size=6) | values


models = st.fixed_dictionaries({}, optional={"model_name": texts, "litellm_params": of(PARAMS), "model_info": of(INFO)})
configs = st.fixed_dictionaries(
    {},
    optional={
        "model_list": st.lists(models | values, max_size=4) | values,
        "litellm_settings": of(SETTINGS),
        "general_settings": of(GENERAL),
        "router_settings": of(ROUTER),
        "include": st.just("nowhere.yaml") | values,
    },
)


def loaded(path):
    """Return a file's findings, and everything that loading it says."""
    try:
        config = load(path, ENVIRONMENT)
    except InvalidConfig as error:
        return list(error.findings), str(error)
    return [], repr(config) + "".join(config.warnings)


def holds(write, content):
    """Load a file and hold the result to what is promised of every one."""
    path = write(content)
    findings, told = loaded(path)
    lines = len(content.splitlines()) + 1
    assert all(each.text and 1 <= each.where.line <= lines and each.where.column >= 1 for each in findings)
    assert findings == sorted(findings)
    assert "value-of-set" not in told
    told.encode()


@BOUNDED
@given(content=st.binary(max_size=60))
def test_any_bytes(write, content):
    holds(write, content)


@BOUNDED
@given(text=st.text(st.sampled_from("ab:- \n[]{}&*!|>'\"%#?,<~1.\t\\x"), max_size=60))
def test_any_text_that_looks_like_yaml(write, text):
    holds(write, text.encode())


@BOUNDED
@given(values)
def test_any_value(write, value):
    holds(write, yaml.safe_dump(value).encode())


@BOUNDED
@given(configs, st.booleans())
def test_any_config(write, config, flow):
    holds(write, yaml.safe_dump(config, default_flow_style=flow, allow_unicode=flow).encode("utf-8", "surrogatepass"))


# ------------------------------------------------------------------------------------------------------- and back again


class Dumper(yaml.SafeDumper):
    """Writes texts in quotes where the loader would read something else."""

    yaml_implicit_resolvers = _tree._Loader.yaml_implicit_resolvers


plain_names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="$", exclude_categories=("Cc", "Cs")), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_names, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
params = st.dictionaries(st.from_regex(r"x_[a-z]{1,8}", fullmatch=True), json_values, max_size=4)
deployments = st.lists(
    st.fixed_dictionaries(
        {"model_name": plain_names, "model": plain_names.map("echo/{}".format), "params": params},
        optional={"weight": st.floats(0, 1e6), "rpm": st.integers(1, 10**6), "order": st.integers(0, 9)},
    ),
    max_size=5,
)


@BOUNDED
@given(deployments, st.booleans())
def test_what_is_written_is_read(write, wanted, flow):
    entries = [
        {
            "model_name": each["model_name"],
            "litellm_params": each["params"] | {k: each[k] for k in each if k not in {"model_name", "params"}},
        }
        for each in wanted
    ]
    config = load(write(yaml.dump({"model_list": entries}, Dumper=Dumper, default_flow_style=flow).encode()), {})
    assert len(config.deployments) == len(wanted) == len(config.places)
    for deployment, each in zip(config.deployments, wanted, strict=True):
        assert (deployment.model_name, deployment.model) == (each["model_name"], each["model"])
        assert dict(deployment.params) == each["params"]
        assert (deployment.weight, deployment.rpm, deployment.order) == (
            each.get("weight", 1.0),
            each.get("rpm"),
            each.get("order", 0),
        )


@BOUNDED
@given(st.sampled_from([*SETTINGS.names(), *GENERAL.names(), *ROUTER.names()]), st.integers(0, 11), plain_names)
def test_a_misspelt_key_is_told_with_the_one_that_is_like_it(findings, key, place, letter):
    [section] = [each for each in (SETTINGS, GENERAL, ROUTER) if key in each.names()][:1]
    misspelt = key[:place] + letter[0] + key[place:]
    if misspelt in section.names():
        return
    [found] = findings(f"{section.name}:\n  {misspelt}: 1\n".encode())
    assert re.match(rf"2:3: {section.name} has no key '{misspelt}': did you mean '\w+'\?$", found)


@pytest.mark.parametrize(
    "text", ["a: &a\n  <<: *a", "{" * 400, "- " * 400, "? " * 400, "&a [*a, *a]", "!<!> a", "%TAG ! a\n---\n!x y"]
)
def test_texts_that_have_broken_parsers(write, text):
    holds(write, text.encode())
