"""Entries kept in Redis."""

import json
import logging
import pickle

import redis
from flask import current_app

log = logging.getLogger(__name__)


def client():
    return redis.Redis.from_url(current_app.config["REDIS_URL"], socket_timeout=2)


def remember(key, value, seconds=300):
    client().setex(f"page:{key}", seconds, pickle.dumps(value))


def recall(key):
    raw = client().get(f"page:{key}")
    return pickle.loads(raw) if raw else None


def remember_facts(key, facts, seconds=300):
    client().setex(f"facts:{key}", seconds, json.dumps(facts))


def recall_facts(key):
    raw = client().get(f"facts:{key}")
    return json.loads(raw) if raw else None


def forget(key):
    try:
        client().delete(f"page:{key}", f"facts:{key}")
    except Exception:
        pass


def warm(keys, build):
    for key in keys:
        try:
            remember(key, build(key))
        except Exception:
            continue


def reachable():
    try:
        return client().ping()
    except redis.ConnectionError:
        log.warning("the cache does not answer")
        return False
