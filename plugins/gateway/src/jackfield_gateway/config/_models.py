"""``model_list``: every entry as a deployment, with its place and its prices."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from jackfield.errors import ConfigurationError
from jackfield_router import Deployment

from ._config import Position, Prices
from ._kinds import WRONG, AnyValue, described, is_null
from ._litellm import tell
from ._model_keys import INFO, MODEL, OPTIONS, PARAMS, PRICES
from ._report import Report, quoted
from ._section import Found, Section
from ._texts import Unset
from ._tree import Field, Fields, Items, Node
from ._unknown import refuse_unknown

if TYPE_CHECKING:
    from jackfield import CallOptions

__all__ = ["Models", "read_models"]

ROUTER_KEYS = ("weight", "order", "max_parallel_requests", "rpm", "tpm")
NEAR = 0.9
"""How alike a parameter's name and one of ours must be to look like a slip; OpenAI's own stay clear of it."""


@dataclass
class Models:
    """What ``model_list`` says. ``names`` has those of entries that are wrong, too: they are no unknown names."""

    deployments: list[Deployment] = field(default_factory=list)
    places: list[Position] = field(default_factory=list)
    prices: dict[str, Prices] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def read_models(node: Node | None, report: Report) -> Models:
    """Return the models of a config's ``model_list``; what is wrong with one is reported, and the others still read."""
    models = Models()
    if node is None or is_null(node):
        return models
    if not isinstance(node, Items):
        report.problem(node.where, f"model_list must be a list of models, not {described(node)}")
        return models
    priced: list[tuple[str, Prices | None, Position]] = []
    ids: dict[str, Position] = {}
    for each in node.nodes:
        entry = _Entry(each, report)
        models.names |= {entry.name} if entry.name else set()
        if entry.id is not None and entry.id.value in ids:
            report.problem(
                entry.id.where, f"another model has this id already, at {ids[entry.id.value]}: ids are unique"
            )
        elif entry.id is not None:
            ids[entry.id.value] = entry.id.where
        if (deployment := entry.deployment()) is not None:
            models.deployments.append(deployment)
            models.places.append(entry.place)
            priced.append((deployment.model_name, entry.prices(), each.where))
            if (mode := entry.mode) is not None:
                models.modes[deployment.model_name] = mode
    models.prices = _by_group(priced, report)
    return models


class _Entry:
    """One entry of ``model_list``, read."""

    def __init__(self, node: Node, report: Report) -> None:
        self._report = report
        self.place = node.where
        self._found: dict[str, Found] = {}
        self._params: dict[str, Found] = {}
        self._info: dict[str, Found] = {}
        self._free: dict[str, Any] = {}
        if (fields := MODEL.fields_of(node, report)) is not None:
            self._read(fields)
        elif is_null(node):
            report.problem(node.where, "this entry of model_list is empty: write a model_name and its litellm_params")

    @property
    def name(self) -> str | None:
        """The group's name, None where it is missing or wrong."""
        return self._found["model_name"].value if "model_name" in self._found else None

    @property
    def id(self) -> Found | None:
        """What ``model_info`` gives as the deployment's id."""
        return self._info.get("id")

    @property
    def mode(self) -> str | None:
        """What the model is for, None where nothing says it."""
        return self._info["mode"].value if "mode" in self._info else None

    def prices(self) -> Prices | None:
        """Return what a token costs, None where nothing says it."""
        given = {
            name: found.value
            for found_in in (self._params, self._info)
            for name, found in found_in.items()
            if name in PRICES
        }
        return Prices(**given) if given else None

    def deployment(self) -> Deployment | None:
        """Return the entry as the router takes it, None where something is missing."""
        if self.name is None or "model" not in self._params:
            return None
        values = {name: found.value for name, found in self._params.items()}
        options = {name: value for name, value in values.items() if name in OPTIONS}
        problem = None
        if isinstance(unset := options.get("api_key"), Unset):
            del options["api_key"]
            problem = self._missing_key(unset.variable)
        try:
            return Deployment(
                self.name,
                values["model"],
                cast("CallOptions", options),
                self._free,
                **{name: values[name] for name in ROUTER_KEYS if name in values},
                problem=problem,
                id=self.id.value if self.id else None,
            )
        except ConfigurationError as error:
            self._report.problem(self._found["model_name"].where, str(error))
            return None

    def _missing_key(self, variable: str) -> ConfigurationError:
        text = f"the model {self.name!r} has no API key: the environment variable {variable} is not set, or empty"
        self._report.warn(
            self._params["api_key"].where, f"{text}; calls that need it fail until the gateway starts with it"
        )
        return ConfigurationError(f"{text}; set it and start the gateway anew", variables=(variable,))

    def _read(self, fields: Fields) -> None:
        known, others = MODEL.split(fields)
        self._found = MODEL.read(known, self._report)
        refuse_unknown(MODEL, others, self._report)
        for name in ("model_name", "litellm_params"):
            if not any(key.name == name and not is_null(each.node) for key, _, each in known):
                self._report.problem(fields.where, f"this model has no {name}: every entry of model_list needs one")
        if (params := self._section(PARAMS, "litellm_params")) is not None:
            self._read_params(params)
        if (info := self._section(INFO, "model_info")) is not None:
            known, others = INFO.split(info)
            self._info = INFO.read(known, self._report)
            refuse_unknown(INFO, others, self._report)
        for name in PRICES & self._params.keys() & self._info.keys():
            self._report.problem(self._info[name].where, f"{name} stands in litellm_params already: keep one of them")

    def _section(self, section: Section, name: str) -> Fields | None:
        return section.fields_of(self._found[name].value, self._report) if name in self._found else None

    def _read_params(self, fields: Fields) -> None:
        known, others = PARAMS.split(fields)
        self._params = PARAMS.read(known, self._report)
        if "model" not in fields.entries or is_null(fields.entries["model"].node):
            self._report.problem(fields.where, "this model has no model: write model: provider/name")
        for name, each in others:
            if tell(PARAMS.name, name, each, self._report, anywhere=False):
                continue
            self._warn_of_slip(name, each)
            if (value := AnyValue().read(name, each.node, self._report)) is not WRONG:
                self._free[name] = value

    def _warn_of_slip(self, name: str, each: Field) -> None:
        names = PARAMS.names()
        swapped = [each for each in names if sorted(each) == sorted(name)]
        if near := swapped or difflib.get_close_matches(name, names, n=1, cutoff=NEAR):
            self._report.warn(each.where, f"{name} is sent to the provider as a parameter; did you mean {near[0]!r}?")


def _by_group(priced: list[tuple[str, Prices | None, Position]], report: Report) -> dict[str, Prices]:
    """Return the price of each group whose deployments all cost the same."""
    groups: dict[str, list[tuple[Prices | None, Position]]] = {}
    for name, prices, where in priced:
        groups.setdefault(name, []).append((prices, where))
    agreed: dict[str, Prices] = {}
    for name, members in groups.items():
        [(first, _), *others] = members
        differing = [where for prices, where in others if prices != first]
        if differing:
            report.warn(
                differing[0], f"the deployments of {quoted([name])} have different prices: the log gives no cost for it"
            )
        elif first is not None:
            agreed[name] = first
    return agreed
