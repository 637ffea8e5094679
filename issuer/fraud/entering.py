"""What a manager typed, or scanned, about a delivery. Pure."""

from collections.abc import Mapping
from datetime import date

from issuer.fraud.lots import Delivery, NotEntered, checked_code, checked_delivery
from issuer.products import builtin_catalog, scan

FIELDS = ("scan", "code", "lot", "expires", "doses", "note")


def delivery_of(typed: Mapping[str, str], today: date) -> Delivery:
    """The delivery; what was scanned stands where nothing was typed. Raises NotEntered."""
    filled = {name: typed.get(name, "") for name in FIELDS}
    if filled["scan"].strip():
        vial = scan(filled["scan"], today)
        wrong = next((one for one in vial.findings if one.severity == "error"), None)
        if wrong is not None:
            raise NotEntered("scan", f"{wrong.message} {wrong.remedy}")
        for name in ("code", "lot", "expires"):
            filled[name] = filled[name].strip() or getattr(vial, name)
    code = product_code(filled["code"])
    return checked_delivery(code, filled["lot"], filled["expires"], filled["doses"], filled["note"])


def product_code(typed: str) -> str:
    """The CVX code of a code, an NDC or a name. Raises NotEntered: it is none, or of several products."""
    text = typed.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 3:
        return checked_code(text)
    codes = {product.cvx for product in builtin_catalog().named(text)} if text else set()
    if len(codes) != 1:
        codes = {hit.code for hit in builtin_catalog().search(text)} if text and not codes else codes
    if len(codes) > 1:
        raise NotEntered("code", f"This may be several products: type one of the codes {', '.join(sorted(codes))}.")
    return checked_code(next(iter(codes), ""))
