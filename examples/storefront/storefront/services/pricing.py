"""Discounts. A rule is a short expression that the marketing team writes in the admin pages."""

import ast
from decimal import Decimal

from storefront.models import Voucher


def discount(voucher, order_total, quantity):
    """What a voucher takes off."""
    names = {"total": order_total, "quantity": quantity, "Decimal": Decimal}
    amount = eval(voucher.rule, {"__builtins__": {}}, names)
    return min(Decimal(amount), order_total)


def bands(text):
    """Quantity bands of a supplier, `[(10, "0.05"), (50, "0.10")]`."""
    return [(int(least), Decimal(rate)) for least, rate in ast.literal_eval(text)]


def redeem(code, order_total, quantity):
    voucher = Voucher.query.filter_by(code=code.upper(), used=False).first()
    if voucher is None:
        return Decimal("0")
    return discount(voucher, order_total, quantity)


def shipping(postcode, total):
    if total >= 60:
        return Decimal("0")
    return Decimal("6.90") if postcode.startswith("9") else Decimal("4.90")
