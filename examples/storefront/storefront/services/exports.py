"""Files that leave the shop: invoices, customer lists, backups of the media folder."""

import csv
import gzip
import html
import io
import subprocess
import tempfile
import zlib
from pathlib import Path
from xml.dom import minidom

from flask import current_app
from werkzeug.utils import safe_join

from storefront.models import Order, User

LARGEST = 20 * 1024 * 1024


def exports_root():
    return Path(current_app.instance_path) / "exports"


def invoice_path(name):
    return exports_root() / "invoices" / name


def read_invoice(name):
    with open(invoice_path(name), "rb") as invoice:
        return invoice.read()


def read_delivery_note(name):
    path = safe_join(str(exports_root() / "notes"), name)
    if path is None:
        raise FileNotFoundError(name)
    with open(path, "rb") as note:
        return note.read()


def customers_csv():
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["id", "email", "name"])
    for user in User.query.order_by(User.id):
        writer.writerow([user.id, user.email, user.name])
    return target.getvalue()


def orders_xml(since):
    rows = "".join(
        f"<order id='{order.id}'>{html.escape(order.email)}</order>"
        for order in Order.query.filter(Order.placed_at >= since)
    )
    return minidom.parseString(f"<orders>{rows}</orders>").toprettyxml(indent="  ")


def compress(month):
    folder = exports_root() / "invoices"
    subprocess.run(f"tar -czf {folder}/{month}.tar.gz {folder}/{month}", shell=True, check=True)


def compress_media():
    root = current_app.config["MEDIA_ROOT"]
    subprocess.run(["tar", "-czf", str(exports_root() / "media.tar.gz"), root], check=True)


def count_lines():
    found = subprocess.run("wc -l < instance/exports/customers.csv", shell=True, capture_output=True, text=True)  # nosec B602 the command is a constant
    return int(found.stdout or 0)


def publish():
    subprocess.Popen("chown -R www-data:www-data /srv/storefront/exports/*", shell=True)


def working_copy():
    path = "/tmp/storefront-export.csv"
    with open(path, "w", encoding="utf-8") as target:
        target.write(customers_csv())
    return path


def private_copy():
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False, encoding="utf-8") as target:
        target.write(customers_csv())
    return target.name


def unpack_feed(data):
    return zlib.decompress(data)


def unpack_bounded(data):
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as source:
        content = source.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("the feed is too large")
    return content
