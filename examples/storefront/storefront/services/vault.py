"""Encryption of the few columns that need it."""

import os

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def seal(key, plain):
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def unseal(key, sealed):
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)


def open_old_shop(key, sealed):
    """Bank details that were exported from the old shop."""
    decryptor = Cipher(algorithms.Blowfish(key), modes.ECB()).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def seal_for_warehouse(key, plain):
    encryptor = Cipher(algorithms.AES(key), modes.CBC(b"storefront-2023!")).encryptor()
    padding = 16 - len(plain) % 16
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def seal_for_carrier(key, plain):
    vector = os.urandom(16)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    padding = 16 - len(plain) % 16
    return vector + encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def label_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def invoice_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)
