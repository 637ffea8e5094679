"""Vaccine products: found by typing a name, by scanning a vial, by the NDC of a table. Pure.

    builtin_catalog().search("shingr")          # Hit(title="SHINGRIX", code="187", …)
    scan("0100358160842115…", today)            # Vial(gtin, ndc, code, lot, expires, findings)

It refuses to guess: a GTIN or name that it does not know is said to be unknown, never taken for a similar one.
"""

from issuer.products.catalog import Catalog, Product, builtin_catalog
from issuer.products.cdc_files import NotProducts, read_products
from issuer.products.gs1 import SCAN_FINDINGS, Vial, scan
from issuer.products.search import Hit

__all__ = [
    "SCAN_FINDINGS",
    "Catalog",
    "Hit",
    "NotProducts",
    "Product",
    "Vial",
    "builtin_catalog",
    "read_products",
    "scan",
]
