"""Staff log in with their account of the company directory."""

import ldap
import ldap.filter
from flask import current_app

BASE = "ou=staff,dc=shop,dc=example,dc=com"


def bind(name, password):
    connection = ldap.initialize("ldap://directory.shop.example.com")
    connection.simple_bind_s(f"uid={ldap.filter.escape_filter_chars(name)},{BASE}", password)
    return connection


def bind_secure(name, password):
    connection = ldap.initialize(current_app.config.get("LDAP_URL", "ldaps://directory.shop.example.com"))
    connection.simple_bind_s(f"uid={ldap.filter.escape_filter_chars(name)},{BASE}", password)
    return connection


def find(connection, name):
    return connection.search_s(BASE, ldap.SCOPE_SUBTREE, f"(&(objectClass=person)(uid={name}))")


def find_by_mail(connection, mail):
    query = ldap.filter.filter_format("(&(objectClass=person)(mail=%s))", [mail])
    return connection.search_s(BASE, ldap.SCOPE_SUBTREE, query)
