"""Finding a product by typing: codes, trade names, names of the code set, diseases, makers; errors are forgiven.

Ranked by how well each typed word fits (a word begun beats a word within, that beats a similar one), then trade names
before bare codes, products before "unspecified" ones, short names before long ones.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from cards.terminology import CVX, group_title, vaccine
from issuer.products.us_products import MANUFACTURERS, SYNONYMS

MAX_TYPED = 80
"""Characters that are looked at."""
_SIMILAR = 76.0
"""Of 100 (rapidfuzz ratio): two letters wrong in a word of nine; "gardisil" is Gardasil, "shringix" Shingrix."""
_SHORTEST_SIMILAR = 4
"""Letters a word needs before an error in it can be told from another word."""
_OF_GROUP = 0.4
"""What a word is worth that stands in the name of the vaccine's group only: "tdap" is no name of an infant's DTaP."""
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Hit:
    """One product to choose."""

    title: str
    """The trade name, else the name of the code set."""
    code: str
    """CVX."""
    name: str
    """The name of the code set."""
    manufacturer: str = ""
    mvx: str = ""
    """"" where the product's maker is open."""
    unspecified: bool = False
    """The code leaves the product open."""


class Index:
    """Everything that can be typed, divided into words."""

    def __init__(self, products: Iterable[tuple[str, str, str]]) -> None:
        """`products`: (trade name, CVX, MVX)."""
        hits = [_product(*product) for product in products]
        traded = {hit.code for hit in hits}
        hits += [_bare(code) for code in _all_codes()]
        self._entries = [(hit, _own_words(hit), _group_words(hit), _rank(hit, hit.code in traded)) for hit in hits]
        self._vocabulary = sorted({word for _, own, of_group, _ in self._entries for word in own | of_group})

    def search(self, typed: str, limit: int) -> tuple[Hit, ...]:
        """The likeliest first; nothing for nothing."""
        words = _typed_words(typed)
        if not words:
            return ()
        found = self._matching(words, {})
        if not found:
            found = self._matching(words, {word: self._similar(word) for word in words})
        found.sort(key=lambda match: (-match[0], match[1], match[2].title.casefold(), match[2].code))
        return tuple(hit for _, _, hit in found[:limit])

    def _matching(
        self, words: list[frozenset[str]], similar: dict[frozenset[str], dict[str, float]]
    ) -> list[tuple[float, int, Hit]]:
        found = []
        for hit, own, of_group, rank in self._entries:
            score = 0.0
            for word in words:
                best = max(_fit(one, hit, own) or _fit(one, hit, of_group) * _OF_GROUP for one in word)
                best = best or max((similar.get(word, {}).get(one, 0.0) for one in own | of_group), default=0.0)
                if not best:
                    break
                score += best
            else:
                found.append((round(score, 2), rank, hit))
        return found

    def _similar(self, word: frozenset[str]) -> dict[str, float]:
        """Words like a typed one, 0 to 1."""
        found: dict[str, float] = {}
        for one in word:
            if len(one) >= _SHORTEST_SIMILAR:
                for other, ratio, _ in process.extract(one, self._vocabulary, scorer=fuzz.ratio, score_cutoff=_SIMILAR):
                    found[other] = max(found.get(other, 0.0), ratio / 100)
        return found


def _fit(word: str, hit: Hit, own: frozenset[str]) -> float:
    """How a typed word fits an entry: its code, a whole word, a word begun, a piece of one."""
    if word.isdigit() and hit.code == word.zfill(2):
        return 5.0
    if word in own:
        return 3.0
    if any(one.startswith(word) for one in own):
        return 2.0
    return 1.0 if len(word) >= _SHORTEST_SIMILAR and any(word in one for one in own) else 0.0


def _typed_words(typed: str) -> list[frozenset[str]]:
    """Each typed word with what it means in the code set."""
    words = _WORD.findall(typed[:MAX_TYPED].casefold())
    return [frozenset({word, SYNONYMS.get(word, word)}) for word in words]


def _product(title: str, code: str, mvx: str) -> Hit:
    known = vaccine(CVX, code)
    maker = MANUFACTURERS[mvx][0] if mvx in MANUFACTURERS else ""
    return Hit(title, code, known.name if known else "", maker, mvx)


def _bare(code: str) -> Hit:
    known = vaccine(CVX, code)
    name = known.name if known else code
    return Hit(name, code, name, unspecified=bool(known and known.unspecified))


def _all_codes() -> list[str]:
    from cards.terminology import cvx, cvx_others

    return [*cvx.VACCINES, *cvx_others.VACCINES, *cvx_others.IMMUNE_GLOBULINS]


def _own_words(hit: Hit) -> frozenset[str]:
    return _words(f"{hit.title} {hit.name} {hit.manufacturer} {hit.mvx}")


def _group_words(hit: Hit) -> frozenset[str]:
    known = vaccine(CVX, hit.code)
    return _words(" ".join(f"{group} {group_title(group)}" for group in known.groups)) if known else frozenset()


def _words(text: str) -> frozenset[str]:
    words = set(_WORD.findall(text.casefold()))
    words |= {part for word in words for part in word.split("-")}
    return frozenset(words | {word.replace("-", "") for word in words})


def _rank(hit: Hit, traded: bool) -> int:
    """Less is earlier: a trade name, a code that has none, a code that has one, a code that leaves the product open."""
    if hit.mvx:
        return 0
    return 3 if hit.unspecified else 2 if traded else 1
