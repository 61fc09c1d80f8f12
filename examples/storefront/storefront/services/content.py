"""Texts that customers write, shown on our pages."""

import re

from markupsafe import Markup, escape

SCRIPT = re.compile(r"<script.*?>.*?</script>", re.IGNORECASE)
LINK = re.compile(r"https://[\w.-]+(?:/[\w./-]*)?")


def without_scripts(text):
    return SCRIPT.sub("", text)


def badge(user):
    return Markup(f"<span class='badge'>{user.name}</span>")


def stars(count):
    return Markup("<span class='stars'>{}</span>").format("★" * count)


def paragraph(text):
    return Markup("<p>{}</p>").format(escape(text))


def links(text):
    return LINK.findall(text)


def summary(text, words=30):
    return " ".join(text.split()[:words])
