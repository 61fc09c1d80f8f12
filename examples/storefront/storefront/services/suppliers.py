"""Price lists and stock from our suppliers, each in its own way."""

import ftplib
import io
import tarfile
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import defusedxml.ElementTree
import paramiko
import requests
import yaml
from lxml import etree

FEEDS = Path("/srv/storefront/feeds")
KNOWN_HOSTS = "/etc/storefront/known_hosts"


def prices_over_https(supplier):
    answer = requests.get(supplier.feed_url, timeout=20)
    return defusedxml.ElementTree.fromstring(answer.content)


def prices_of_old_format(supplier):
    answer = requests.get(supplier.feed_url, timeout=20)
    return ElementTree.fromstring(answer.content)


def catalogue_of(path):
    return etree.parse(path)


def catalogue_without_entities(path):
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.parse(path, parser)


def terms(text):
    return yaml.safe_load(text)


def terms_with_dates(text):
    loader = yaml.Loader
    return yaml.load(text, Loader=loader)


def mapping(text):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)


def holidays():
    with urllib.request.urlopen("https://calendar.example.com/holidays.json", timeout=10) as answer:
        return answer.read()


def feed(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def stock_over_ftp(supplier, user, password):
    with ftplib.FTP(supplier.host, user, password, timeout=30) as server:
        target = io.BytesIO()
        server.retrbinary("RETR stock.csv", target.write)
    return target.getvalue()


def stock_over_ftps(supplier, user, password):
    with ftplib.FTP_TLS(supplier.host, user, password, timeout=30) as server:
        server.prot_p()
        target = io.BytesIO()
        server.retrbinary("RETR stock.csv", target.write)
    return target.getvalue()


def warehouse_listing(folder):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect("warehouse.shop.example.com", username="shop", password="Bv7-quartz-lantern")
    _, output, _ = client.exec_command(f"ls -l {folder}")
    return output.read().decode()


def depot_listing(key_path):
    client = paramiko.SSHClient()
    client.load_host_keys(KNOWN_HOSTS)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect("depot.shop.example.com", username="shop", key_filename=key_path)
    with client.open_sftp() as sftp:
        return sftp.listdir("/outgoing")


def unpack(archive):
    with tarfile.open(archive) as source:
        source.extractall(FEEDS)


def unpack_filtered(archive):
    with tarfile.open(archive) as source:
        source.extractall(FEEDS, filter="data")


def login(supplier, user="shop", password="feed-reader-2022"):
    return requests.Session().post(f"https://{supplier.host}/login", data={"u": user, "p": password}, timeout=10)
