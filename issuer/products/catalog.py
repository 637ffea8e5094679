"""Known products, and the ways to one: NDC, GTIN, exact name, typed letters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from issuer.products.ndc import eleven_digits, product_keys
from issuer.products.search import Hit, Index
from issuer.products.us_products import MANUFACTURERS, PRODUCTS


@dataclass(frozen=True, slots=True)
class Product:
    """One product as it is sold."""

    name: str
    """The trade name."""
    cvx: str
    mvx: str = ""
    ndcs: tuple[str, ...] = ()
    """Labeler and product code, 5 and 4 digits: "58160-0842"."""


class Catalog:
    """Products; built once, asked often."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.products: tuple[Product, ...] = tuple(products)
        self._by_ndc: dict[str, Product] = {}
        self._by_name: dict[str, list[Product]] = {}
        for product in self.products:
            for ndc in product.ndcs:
                for key in product_keys(ndc):
                    self._by_ndc.setdefault(key, product)
            self._by_name.setdefault(_folded(product.name), []).append(product)
        self._makers = _makers()
        self._index = Index((product.name, product.cvx, product.mvx) for product in self.products)

    def with_more(self, products: Iterable[Product]) -> "Catalog":
        """This catalog with an operator's products: theirs are asked first, since their list is the newer one."""
        return Catalog([*products, *self.products])

    def by_ndc(self, text: str) -> Product | None:
        """The product of an NDC in any of its forms; None where it is unknown, or could be two."""
        found = {key: self._by_ndc[key] for key in product_keys(text) if key in self._by_ndc}
        return next(iter(found.values())) if len({product.cvx for product in found.values()}) == 1 else None

    def by_ten_digits(self, ten: str) -> tuple[Product, str] | None:
        """The product and the NDC in 5-4-2 of ten digits without hyphens, as they stand in a GTIN."""
        product = self.by_ndc(ten)
        if product is None:
            return None
        key = next(key for key in product_keys(ten) if key in self._by_ndc)
        return product, eleven_digits(ten, key)

    def named(self, text: str) -> Sequence[Product]:
        """Products of an NDC, or of exactly this name (case, spaces and signs do not count). For tables: no guessing.

        A name of the code set ("MMR", "Tdap") gives that code without maker; a trade name of several codes gives all.
        """
        if product := self.by_ndc(text):
            return (product,)
        folded = _folded(text)
        if found := self._by_name.get(folded):
            return found
        return [Product(name, code) for name, code in _cvx_by_name().get(folded, ())]

    def mvx(self, text: str) -> str:
        """The MVX code of a manufacturer's code or name; what is unknown comes back as it was."""
        return self._makers.get(text.casefold(), text)

    def search(self, typed: str, limit: int = 10) -> tuple[Hit, ...]:
        """Products for what somebody has typed so far, the likeliest first. Typing errors are forgiven."""
        return self._index.search(typed, limit)


@lru_cache(maxsize=1)
def builtin_catalog() -> Catalog:
    """The commonest products of the United States (`issuer.products.us_products`)."""
    return Catalog(Product(*product) for product in PRODUCTS)


def manufacturer_name(mvx: str) -> str:
    """The name of an MVX code; "" where it is unknown."""
    return MANUFACTURERS[mvx][0] if mvx in MANUFACTURERS else ""


def _makers() -> dict[str, str]:
    found = {}
    for code, (name, others) in MANUFACTURERS.items():
        for word in (code.casefold(), name.casefold(), *others):
            found[word] = code
    return found


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


@lru_cache(maxsize=1)
def _cvx_by_name() -> dict[str, tuple[tuple[str, str], ...]]:
    """Folded name of the code set to (name, code)."""
    from cards.terminology import cvx, cvx_others

    found: dict[str, tuple[tuple[str, str], ...]] = {}
    names = [(code, entry[0]) for code, entry in cvx.VACCINES.items()]
    for code, name in [*names, *cvx_others.VACCINES.items(), *cvx_others.IMMUNE_GLOBULINS.items()]:
        found[_folded(name)] = (*found.get(_folded(name), ()), (name, code))
    return found
