"""Commands: `flask --app wsgi <command>`."""

import os
from pathlib import Path

import click
from flask.cli import AppGroup

from storefront.extensions import db
from storefront.models import User
from storefront.services import search, shell, suppliers, tokens

shop = AppGroup("shop", help="Care for the shop.")

BACKUPS = Path("/var/backups/storefront")


def register(app):
    app.cli.add_command(shop)


@shop.command("create-staff")
@click.argument("email")
@click.password_option()
def create_staff(email, password):
    user = User(email=email, is_staff=True)
    user.set_password(password)
    db.session.add(user)
    db.session.commit()


@shop.command("backup")
@click.argument("database")
def backup(database):
    target = BACKUPS / f"{database}.sql"
    shell.run(f"pg_dump {database} > {target}", shell=True)


@shop.command("backup-media")
def backup_media():
    shell.run(["/usr/bin/rsync", "-a", "/srv/storefront/media/", str(BACKUPS / "media")])


@shop.command("prune")
@click.argument("days", type=int)
def prune(days):
    os.system(f"find {BACKUPS} -mtime +{days} -delete")


@shop.command("dbshell")
def dbshell():
    os.execv("/usr/bin/psql", ["psql", os.environ["DATABASE_URL"]])


@shop.command("snippet")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def snippet(path):
    """Runs a maintenance snippet with `db` and the models at hand."""
    from storefront import models

    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {"db": db, "models": models})


@shop.command("serve")
def serve():
    """The development server with the reloader."""
    os.environ["FLASK_DEBUG"] = "1"
    os.execvp("flask", ["flask", "--app", "wsgi", "run"])


@shop.command("import-feed")
@click.argument("archive", type=click.Path(exists=True))
@click.option("--strict/--no-strict", default=True)
def import_feed(archive, strict):
    if strict:
        suppliers.unpack_filtered(archive)
    else:
        suppliers.unpack(archive)


@shop.command("low-stock")
@click.argument("level", type=int)
def low_stock(level):
    for slug, stock in search.stock_below(level):
        click.echo(f"{slug}\t{stock}")


@shop.command("session-key")
def session_key():
    click.echo(tokens.session_key())
