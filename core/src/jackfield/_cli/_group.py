"""The group of all commands: jackfield's own, and those that plugins bring."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import click

from .. import __version__
from .._index import COMMANDS, Index
from .._known import COMMANDS as KNOWN_COMMANDS
from ..errors import JackfieldError
from ._chat import chat
from ._check import check
from ._doctor import doctor
from ._embed import embed
from ._foreign import PluginCommand
from ._image import image
from ._models import models
from ._new import new
from ._options import one_line
from ._providers import providers

__all__ = ["cli"]


class Commands(click.Group):
    """Help names the commands of plugins from metadata alone; none of them can have the name of one of these."""

    @cached_property
    def foreign(self) -> dict[str, PluginCommand]:
        """The commands of plugins that are not switched off, by name."""
        return {
            name: PluginCommand(name, enabled)
            for name, claims in Index().group(COMMANDS).items()
            if (enabled := [found for found in claims if found.switched_off_by is None])
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of help."""
        return sorted({*self.commands, *self.foreign})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or what stands for a plugin's."""
        return self.commands.get(cmd_name) or self.foreign.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; raises UsageError, with what to install where it is known."""
        # A shell that completes a line asks, too; what failed there would be written into that line.
        brings = None if ctx.resilient_parsing else KNOWN_COMMANDS.get(args[0])
        if brings is not None and args[0] not in Index().group(COMMANDS):
            ctx.fail(f"The command {args[0]!r} comes with another package: pip install {brings}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a user can meet becomes one line on stderr."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (JackfieldError, OSError) as error:
            raise click.ClickException(one_line(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="jackfield %(version)s")
def cli() -> None:
    """Call any model through plugins. A MODEL is "provider/model"."""


for _command in (chat, check, doctor, embed, image, models, new, providers):
    cli.add_command(_command)
