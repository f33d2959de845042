"""`chorus`: run, check and feed one organisation from the command line. One module per command; this puts them together."""

from __future__ import annotations

import typer

from deploy.cli import clock, databases, dead_letters, demo, doctor, hub, imports, network, organisation, preparing, trace, up

app = typer.Typer(
    name="chorus",
    help="Chorus: opportunities to take part, prompt payment, and an answer to what people said.\n\n"
    "Exit codes: 0 done; 1 something was found wrong; 2 asked in a wrong way; 3 not running; 4 could not be started.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("down")(up.down)
app.command("doctor")(doctor.doctor)
app.command("import")(imports.import_file)
app.command("trace")(trace.trace)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(clock.app, name="clock")
app.add_typer(network.app, name="network")
app.add_typer(organisation.app, name="organisation")
app.add_typer(hub.app, name="hub")
app.command("provision")(databases.provision)
app.command("migrate")(databases.migrate)
app.command("secrets")(preparing.make_secrets)
app.command("prepare")(preparing.prepare)

if __name__ == "__main__":
    app()
