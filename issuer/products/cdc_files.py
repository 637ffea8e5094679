"""CDC's own files of products, as an operator downloads them: NDC unit of use, NDC unit of sale, product names.

All three are text with one entry a line, fields divided by "|", without a header; the same tables saved out of CDC's
spreadsheets have a header and any of the usual delimiters. Files may be put one behind the other. A product's maker
stands in the product names only, so load that file with the others.

Field order: CDC, IIS code sets, "NDC tables, technical guidance" and "Product names" (trade name, short description,
CVX, manufacturer, MVX, status of both, date).
"""

import csv
import re
from collections.abc import Iterable, Iterator

from issuer.products.catalog import Catalog, Product, builtin_catalog

_MAX_BYTES = 32 * 1024**2
"""CDC's files together have about half a megabyte."""
_CVX = re.compile(r"\d{1,3}")
_USE_FIELDS, _SALE_FIELDS, _NAME_FIELDS = 17, 15, 7
_HEADERS = {
    "labeler": ("useunitlabeler", "saleunitlabeler", "saleLabeler"),
    "product": ("useunitproduct", "saleunitproduct"),
    "ndc": ("ndc11", "usendc11", "salendc11"),
    "name": ("useunitpropname", "saleproprietaryname", "useproprietaryname", "cdcproductname", "propname"),
    "cvx": ("cvxcode", "cvx"),
    "maker": ("useunitlabelername", "salelabeler", "manufacturer", "labelername"),
    "mvx": ("mvxcode", "mvx"),
}


class NotProducts(ValueError):
    """The text is none of CDC's product files. Nothing was taken from it."""


def read_products(octets: bytes) -> tuple[Product, ...]:
    """The products of one or several of CDC's files.

    Raises:
        NotProducts: too large, or no line of it is a product.
    """
    if len(octets) > _MAX_BYTES:
        raise NotProducts("the file is larger than 32 MB")
    encoding = "utf-16" if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = octets.decode(encoding, "replace").replace("\0", "").splitlines()
    ndcs: dict[tuple[str, str], dict[str, None]] = {}
    makers: dict[tuple[str, str], str] = {}
    for name, cvx, ndc, maker in _entries(lines):
        known = ndcs.setdefault((name, cvx), {})
        if ndc:
            known[ndc] = None
        if maker:
            makers.setdefault((name, cvx), maker)
    if not ndcs:
        raise NotProducts("no line of the file is a product of CDC's tables")
    return tuple(_product(name, cvx, found, makers) for (name, cvx), found in ndcs.items())


def _product(name: str, cvx: str, ndcs: Iterable[str], makers: dict[tuple[str, str], str]) -> Product:
    own = tuple(ndcs)
    maker = makers.get((name, cvx), "")
    if not maker:
        known = next((found for ndc in own if (found := builtin_catalog().by_ndc(ndc))), None)
        maker = known.mvx if known else ""
    return Product(name, cvx, maker, own)


def _entries(lines: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """(name, CVX, NDC labeler-product or "", MVX or "")."""
    header: dict[str, int] = {}
    catalog = builtin_catalog()
    for line in lines:
        delimiter = next((one for one in "|\t,;" if one in line), "|")
        fields = [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
        named = _header(fields)
        if named:
            header = named
        elif header:
            yield from _by_header(fields, header, catalog)
        elif delimiter == "|":
            yield from _by_position(fields)


def _by_position(fields: list[str]) -> Iterator[tuple[str, str, str, str]]:
    if len(fields) >= _SALE_FIELDS:
        # The unit of use has its GTIN before the code, the unit of sale the route and a date.
        cvx = fields[11] if _CVX.fullmatch(fields[11]) and len(fields) >= _USE_FIELDS else fields[12]
        if _CVX.fullmatch(cvx) and fields[1].isdigit() and fields[2].isdigit() and fields[4]:
            yield fields[4], cvx.zfill(2), f"{fields[1].zfill(5)}-{fields[2].zfill(4)}", ""
    elif len(fields) >= _NAME_FIELDS and _CVX.fullmatch(fields[2]) and fields[0]:
        yield fields[0], fields[2].zfill(2), "", fields[4]


def _by_header(fields: list[str], header: dict[str, int], catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    def at(name: str) -> str:
        place = header.get(name, len(fields))
        return fields[place] if place < len(fields) else ""

    cvx, digits = at("cvx"), at("ndc").replace("-", "")
    ndc = f"{digits[:5]}-{digits[5:9]}" if len(digits) == 11 and digits.isdigit() else ""
    if not ndc and at("labeler").isdigit() and at("product").isdigit():
        ndc = f"{at('labeler').zfill(5)}-{at('product').zfill(4)}"
    if at("name") and _CVX.fullmatch(cvx):
        maker = at("mvx") or catalog.mvx(at("maker"))
        yield at("name"), cvx.zfill(2), ndc, maker if 2 <= len(maker) <= 3 else ""


def _header(fields: list[str]) -> dict[str, int]:
    """What each column of a header is; empty where this line is none."""
    folded = [re.sub(r"[\W_]+", "", field).casefold() for field in fields]
    found = {}
    for name, spellings in _HEADERS.items():
        place = next((folded.index(one.casefold()) for one in spellings if one.casefold() in folded), None)
        if place is not None:
            found[name] = place
    return found if "name" in found and "cvx" in found else {}
