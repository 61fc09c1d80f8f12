import subprocess
import sys

from storefront.services import search


def test_search(client, product):
    assert b"Lamp" in client.get("/search?q=lamp").data


def test_suggestions(app, product):
    assert search.suggestions("La") == ["Lamp"]


def test_entry_point_compiles():
    done = subprocess.run([sys.executable, "-m", "compileall", "-q", "wsgi.py"])
    assert done.returncode == 0


def test_scratch_folder(app):
    app.config["MEDIA_ROOT"] = "/tmp/storefront-tests"
    assert app.config["MEDIA_ROOT"].startswith("/tmp")
