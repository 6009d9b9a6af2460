"""Settings: what one call knows besides its request, and what a provider tells about itself."""

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .errors import ConfigurationError, ContractViolationError
from .flow import PRIVATE
from .types import CallOptions

__all__ = ["DEFAULT_TIMEOUT", "ProviderInfo", "Settings", "resolve"]

DEFAULT_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """What a provider tells about itself, as data; its hook ``provider_info()`` returns one.

    ``api_key_env`` and ``api_base_env`` name environment variables, the first that is set wins. ``num_retries`` is the
    provider's default. ``parameters`` maps an operation to the names it can send; None, or a missing operation, passes
    every parameter on. ``relays`` says that its calls are made of ``invoke`` alone, as a router's are: extensions and
    observers then see the calls that it makes, and not each of them twice.
    """

    __module__ = "jackfield"

    display_name: str | None = None
    api_key_env: tuple[str, ...] = ()
    api_base_env: tuple[str, ...] = ()
    api_base: str | None = None
    docs_url: str | None = None
    num_retries: int = 2
    relays: bool = False
    parameters: Mapping[str, Collection[str]] | None = field(default=None, hash=False)  # a mapping, so without a hash

    def __post_init__(self) -> None:
        for name in ("api_key_env", "api_base_env"):
            if isinstance(value := getattr(self, name), str):  # whose letters would pass for names
                raise ContractViolationError(f"{name} is a tuple of names, not a text: {name}=({value!r},)")
            object.__setattr__(self, name, tuple(value))
        _check_parameters(self.parameters)


def _check_parameters(given: Any) -> None:
    wanted = "parameters maps operations to the names that each can send"
    if not isinstance(given, Mapping | None):
        raise ContractViolationError(f'{wanted}, not a {type(given).__name__}: parameters={{"completion": {{…}}}}')
    for operation, names in (given or {}).items():
        if isinstance(names, str):
            raise ContractViolationError(f"{wanted}, as a set: parameters={{{operation!r}: {{{names!r}}}}}")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """Where a call goes and with what: the call's argument, else the provider's environment variable, else its default.

    ``timeout`` is in seconds or an ``httpx.Timeout``; ``headers`` are the caller's ``headers`` and ``extra_headers`` in
    one; ``client`` is whatever the caller gave as ``client=``.
    """

    __module__ = "jackfield"

    provider: str
    api_key: str | None = None
    api_base: str | None = None
    api_version: str | None = None
    timeout: Any = DEFAULT_TIMEOUT
    headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    drop_params: bool = False
    client: Any = None
    info: ProviderInfo = field(default_factory=ProviderInfo)

    def __repr__(self) -> str:
        # What may hold a secret stays out: key, headers, body, client, and an address's user and query.
        base = self.api_base and re.sub(PRIVATE, "", self.api_base)
        return f"Settings(provider={self.provider!r}, api_base={base!r}, timeout={self.timeout!r})"

    def require_api_key(self) -> str:
        """Return the key; raises ConfigurationError naming the variable to set."""
        if self.api_key:
            return self.api_key
        raise self._missing("API key", "api_key", self.info.api_key_env)

    def require_api_base(self) -> str:
        """Return the base URL; raises ConfigurationError naming the variable to set."""
        if self.api_base:
            return self.api_base
        raise self._missing("address", "api_base", self.info.api_base_env)

    def _missing(self, what: str, argument: str, variables: tuple[str, ...]) -> ConfigurationError:
        ways = [f"pass {argument}=", *(f"set {name}" for name in variables)]
        return ConfigurationError(
            f"the provider {self.provider!r} needs an {what}: {' or '.join(ways)}",
            provider=self.provider,
            variables=variables,
        )


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def resolve(provider: str, info: ProviderInfo, options: CallOptions) -> Settings:
    """Return the settings of one call: argument, then environment, then default."""
    get: Callable[[str], Any] = options.get
    headers = get("headers") or _NOTHING
    if extra := get("extra_headers"):
        headers = {**headers, **extra}
    base = get("api_base") or from_environment(info.api_base_env) or info.api_base
    return Settings(
        provider=provider,
        api_key=get("api_key") or from_environment(info.api_key_env),
        api_base=base.rstrip("/") if base else None,
        api_version=get("api_version"),
        timeout=DEFAULT_TIMEOUT if (timeout := get("timeout")) is None else timeout,
        headers=headers,
        extra_body=get("extra_body") or _NOTHING,
        drop_params=bool(get("drop_params")),
        client=get("client"),
        info=info,
    )


def from_environment(names: tuple[str, ...]) -> str | None:
    """Return the first of these variables that is set and not empty."""
    for name in names:
        if value := os.environ.get(name):
            return value
    return None
