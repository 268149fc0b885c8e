"""A group of commands that says which there are."""

from __future__ import annotations

import rich_click as click


class NamingGroup(click.RichGroup):
    """A group whose error about an unknown command names the known ones."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{error.format_message()} Known: {known}.", ctx) from None
