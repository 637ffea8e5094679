"""National Drug Codes: three segments (labeler, product, package), written in four ways.

FDA's own code has ten digits in 4-4-2, 5-3-2 or 5-4-1; billing and CDC write eleven, 5-4-2, with a zero put in front of
the short segment. Ten digits without hyphens may be any of three: they are read only beside a table of known products.
Source: FDA, 21 CFR 207.33; CDC, "NDC tables, technical guidance".
"""

import re

_SEGMENTS = re.compile(r"(\d{4,5})-(\d{3,4})(?:-(\d{1,2}))?")


def product_keys(text: str) -> tuple[str, ...]:
    """What labeler and product a written NDC may mean, each as nine digits (5 and 4); none where it is no NDC."""
    if found := _SEGMENTS.fullmatch(text):
        return (found[1].zfill(5) + found[2].zfill(4),)
    if not (text.isascii() and text.isdigit()):
        return ()
    if len(text) == 11:
        return (text[:9],)
    if len(text) == 10:
        return ("0" + text[:8], text[:5] + "0" + text[5:8], text[:9])
    return ()


def eleven_digits(ten: str, key: str) -> str:
    """Ten digits in the form 5-4-2, where the product behind them is known. ValueError: it is not of that product."""
    forms = {"0" + ten[:8]: ten[8:], ten[:5] + "0" + ten[5:8]: ten[8:], ten[:9]: "0" + ten[9:]}
    if key not in forms:
        raise ValueError("the code is not of this product")
    return f"{key[:5]}-{key[5:]}-{forms[key]}"
