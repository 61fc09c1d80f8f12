"""Runs the few programs that the command line needs."""

import logging
import subprocess

log = logging.getLogger(__name__)


def run(command, **options):
    log.info("running %s", command)
    return subprocess.run(command, check=True, timeout=600, **options)
