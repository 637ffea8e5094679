"""The products of `issuer.products` as the form's catalogue, and a vial's code as the form's vial. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from issuer.clinic_desk.catalogue import MAX_CHOICES, Choice
from issuer.clinic_desk.vials import Unscannable, Vial
from issuer.products import Catalog, Hit, scan

_ALL = 10_000
"""More than there are: the words of a plain name ("IPV") stand in the names of many combinations, which come first."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products by typing."""

    catalog: Catalog = field(repr=False)

    def find(self, typed: str) -> Sequence[Choice]:
        """What a typed text may mean, likeliest first."""
        return [_choice(hit) for hit in self.catalog.search(typed, MAX_CHOICES)]

    def keyed(self, key: str) -> Choice | None:
        """The product of a radio button: looked up, never believed."""
        title = key.split("|", 2)[-1]
        return next((one for one in map(_choice, self.catalog.search(title, _ALL)) if one.key == key), None)

    def scan(self, text: str, today: date) -> Vial:
        """What a vial's code says. Raises Unscannable: nothing could be read."""
        read = scan(text, today, self.catalog)
        words = " ".join(f"{one.message} {one.remedy}" for one in read.findings)
        if any(one.severity == "error" for one in read.findings) and not (read.code or read.lot):
            raise Unscannable(words)
        return Vial(read.code, read.name, read.manufacturer, read.lot, read.expires, words)


def _choice(hit: Hit) -> Choice:
    parts = [hit.name if hit.name != hit.title else "", hit.manufacturer, f"CVX {hit.code}"]
    return Choice(hit.code, hit.title, " · ".join(part for part in parts if part), hit.mvx)
