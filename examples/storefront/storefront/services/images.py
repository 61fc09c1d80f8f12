"""Product and profile images."""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask import current_app
from PIL import Image
from werkzeug.utils import secure_filename

WIDTHS = (160, 480, 1200)
SOURCES = {"images.example.com", "cdn.example.com"}


def media_root():
    return Path(current_app.config["MEDIA_ROOT"])


def fetch(url):
    """The bytes of an image elsewhere."""
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.content


def fetch_from_source(url):
    """Like `fetch`, for the image hosts of our suppliers only."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in SOURCES:
        raise ValueError("not one of our image hosts")
    return requests.get(url, timeout=10, allow_redirects=False).content


def store_upload(upload):
    name = secure_filename(upload.filename)
    target = media_root() / name
    upload.save(target)
    os.chmod(target, 0o640)
    return name


def store_attachment(upload):
    target = os.path.join(current_app.config["UPLOAD_STAGING"], upload.filename)
    os.makedirs(current_app.config["UPLOAD_STAGING"], exist_ok=True)
    upload.save(target)
    os.chmod(target, 0o777)
    return target


def strip_metadata(name):
    command = f"exiftool -all= -overwrite_original {media_root()}/{name}"
    subprocess.run(command, shell=True, check=False)


def optimise(name):
    path = media_root() / secure_filename(name)
    subprocess.run(["/usr/bin/optipng", "-quiet", "-o2", str(path)], check=True, timeout=60)


def optimiser_version():
    found = subprocess.run(["optipng", "--version"], capture_output=True, text=True, check=True)
    return found.stdout.splitlines()[0]


def thumbnails(name):
    path = media_root() / secure_filename(name)
    with Image.open(path) as image:
        for width in WIDTHS:
            small = image.copy()
            small.thumbnail((width, width))
            small.save(path.with_suffix(f".{width}.webp"))


def contact_sheet(paths):
    target = tempfile.mktemp(suffix=".png")
    sheet = Image.new("RGB", (480, 160 * len(paths)))
    for row, path in enumerate(paths):
        with Image.open(path) as image:
            sheet.paste(image.resize((480, 160)), (0, 160 * row))
    sheet.save(target)
    return target


def preview(image):
    with tempfile.NamedTemporaryFile(suffix=".webp", delete=False) as target:
        image.save(target, format="WEBP")
    return target.name
