"""``jackfield serve`` and its options."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["serve"]


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The models and settings to serve: LiteLLM's config.yaml works. FILE may stand alone, too.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=4000, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes any free one."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(min=1), help="How many processes serve.")
@click.option("--check", is_flag=True, help="Read FILE and load its handlers, say what is wrong, and serve nothing.")
def serve(file: Path | None, config: Path | None, host: str, port: int, workers: int, *, check: bool) -> int:
    """Serve every model of FILE to OpenAI and Anthropic clients.

    SIGHUP reads FILE again, SIGTERM ends when the requests in flight are answered.
    """
    from jackfield import ConfigurationError

    path = _only(file, config)
    try:
        if check:
            return _check(path, host)
        from ._server import serve as serve_config

        return serve_config(path, host, port, workers)
    except ConfigurationError as error:
        # Findings are lines of their own, so this is no ClickException, which the group would make one line of.
        click.echo(f"Error: {error}", err=True)
        return 1
    except ImportError as error:
        raise click.ClickException(
            f"the gateway does not load: {error}. Try: pip install --upgrade --force-reinstall jackfield-gateway"
        ) from error


def _only(file: Path | None, config: Path | None) -> Path:
    """Return the config, however it was named."""
    if (path := config or file) is None:
        raise click.UsageError("Which config? Write --config FILE.")
    if config and file:
        raise click.UsageError(f"There is one config, and two were named: {config} and {file}.")
    return path


def _check(path: Path, host: str) -> int:
    import asyncio

    from jackfield import ConfigurationError

    from ._app import Gateway
    from ._binding import address_of, check_exposure
    from ._handlers import check_imports
    from .config import load

    async def build() -> None:
        await Gateway(config).aclose()

    config = load(path)
    check_exposure(address_of(host, 0), config)
    if findings := check_imports(config):
        raise ConfigurationError("\n".join(findings))
    asyncio.run(build())
    for warning in config.warnings:
        click.echo(f"warning: {warning}")
    seen = f", {len(config.warnings)} to look at above" if config.warnings else ""
    models = len({deployment.model_name for deployment in config.deployments})
    click.echo(f"{path}: all is well, {models} {'model' if models == 1 else 'models'}{seen}")
    return 0
