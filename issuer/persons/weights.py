"""What each agreement and each difference weighs, in bits. Data.

A weight is log2(m/u) (I. P. Fellegi, A. B. Sunter, "A Theory for Record Linkage", JASA 64 (1969) 1183): m is the
probability of this finding where both are one person, u where they are two. Which facts are compared, and that twins,
placeholders and families on one telephone need rules beside the weights, follows "IIS Patient-Level De-duplication Best
Practices" (CDC NCIRD, 2013). The probabilities are ours: stated here, tried on the generated population
(docs/matching.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

POPULATION = 40_000_000
"""How many people the register may hold. The prior of one candidate being the person meant is one of so many."""
PRIOR_BITS = -log2(POPULATION)
BIRTH_DATES = 29_000
"""Days of 80 years: two people chosen at random share a birth date once in so many."""


@dataclass(frozen=True, slots=True)
class Odds:
    """m and u of one finding."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        """log2(m/u)."""
        return log2(self.m / self.u)


ODDS: Mapping[str, Odds] = {
    "birth-date-same": Odds(0.97, 1 / BIRTH_DATES),
    "birth-date-day-month-swapped": Odds(0.008, 1 / BIRTH_DATES),
    "birth-date-one-digit": Odds(0.012, 16 / BIRTH_DATES),
    "birth-date-first-of-january": Odds(0.004, 28 / BIRTH_DATES),
    "birth-date-partial": Odds(0.9, 1 / 80),
    "middle-same": Odds(0.60, 0.010),
    "middle-initial": Odds(0.30, 0.08),
    "sex-same": Odds(0.985, 0.50),
    "sex-differs": Odds(0.015, 0.50),
    "birth-order-same": Odds(0.95, 0.50),
    "multiple-birth-differs": Odds(0.05, 0.10),
    "mother-same": Odds(0.80, 0.001),
    "mother-similar": Odds(0.10, 0.004),
    "mother-differs": Odds(0.06, 0.99),
    "phone-same": Odds(0.60, 0.0005),
    "phone-differs": Odds(0.40, 0.99),
    "email-same": Odds(0.60, 0.0005),
    "address-same": Odds(0.50, 0.0005),
    "postcode-same": Odds(0.60, 0.02),
    "postcode-differs": Odds(0.35, 0.98),
    "suffix-differs": Odds(0.02, 0.50),
    "middle-differs": Odds(0.05, 0.90),
    "identifier-differs": Odds(0.05, 0.60),
}
"""A phone and an address are shared by households, wards and shelters: their u is that of such a neighbour, not 1 in
millions."""

NAME_M: Mapping[str, float] = {
    "family-same": 0.90,
    "family-part": 0.03,
    "family-similar": 0.04,
    "family-former": 0.02,
    "family-is-mothers": 0.005,
    "names-swapped": 0.005,
    "family-differs": 0.02,
    "given-same": 0.92,
    "given-similar": 0.04,
    "given-nickname": 0.02,
    "given-initial": 0.01,
    "given-is-middle": 0.01,
}
"""m of each finding about names; u is the share of people with that name (`frequencies`), times `NAME_U`."""
NAME_U: Mapping[str, float] = {
    "family-same": 1,
    "family-part": 2,
    "family-similar": 4,
    "family-former": 2,
    "family-is-mothers": 1,
    "names-swapped": 1,
    "given-same": 1,
    "given-similar": 4,
    "given-nickname": 3,
    "given-initial": 25,
    "given-is-middle": 2,
}

MATCH_BITS = 9.0
"""Linked by name and birth date alone where the odds are better than 500 to 1, in a register of `POPULATION`."""
FACT_BITS = 6.0
"""Linked with another fact that agrees where they are better than 64 to 1: a fact counts for little more than its
weight, because few registers are that large."""
REVIEW_BITS = -3.0
"""Shown to people where the odds are better than 1 to 8."""
CLEAR_BITS = 6.0
"""Of two candidates that both could be linked, the better one is taken where it is so far ahead."""
IDENTIFIER_BITS = 24.0
"""What a shared identifier adds to the score: it decides by rule, not by weight."""

SIMILAR = 0.90
"""Jaro-Winkler similarity from which two names are taken for spellings of one (W. E. Winkler, 1990)."""
SIMILAR_SOUND = 0.80
"""The same where both sound alike (Metaphone)."""


def score(bits: float) -> int:
    """0 to 100 for people: 50 is even odds, each step of 2.5 a factor of two."""
    return max(0, min(100, round(50 + 2.5 * bits)))


NICKNAMES = """
william bill billy will willie liam|robert bob bobby rob robbie|richard rick dick ricky rich|james jim jimmy jamie
john johnny jack jon|michael mike mikey mick|joseph joe joey jose|thomas tom tommy|charles charlie chuck chas
christopher chris topher|daniel dan danny|matthew matt|anthony tony|donald don donnie|steven steve stephen stevie
andrew andy drew|kenneth ken kenny|joshua josh|edward ed eddie ted ned|ronald ron ronnie|timothy tim timmy
jeffrey jeff geoffrey|nicholas nick nicky|jonathan jon johnny|benjamin ben benny|samuel sam sammy|gregory greg
alexander alex al xander|patrick pat paddy|raymond ray|lawrence larry|gerald jerry gerry|zachary zach zack
nathaniel nathan nate|peter pete|francisco frank paco pancho|francis frank|jose pepe|manuel manny|guadalupe lupe
elizabeth liz lizzie beth betty eliza lisa|katherine kate katie kathy kathryn catherine cathy|margaret maggie meg peggy
patricia pat patty trish tricia|jennifer jen jenny|barbara barb barbie|susan sue susie|jessica jess jessie
deborah deb debbie debra|rebecca becky becca|stephanie steph|kimberly kim|christine chris tina christina kristina
samantha sam|alexandra alex sandra lexi|victoria vicky tori|abigail abby|theresa terry teresa tess|dorothy dot dottie
pamela pam|cynthia cindy|judith judy|amanda mandy|sandra sandy|nancy nan|mary maria molly|isabella bella izzy
""".replace("\n", "|")
GROUPS: tuple[frozenset[str], ...] = tuple(frozenset(group.split()) for group in NICKNAMES.split("|") if group.strip())
"""Short forms that people give at one door and not at the other."""
GROUPS_OF: Mapping[str, frozenset[int]] = {
    name: frozenset(number for number, group in enumerate(GROUPS) if name in group)
    for name in frozenset().union(*GROUPS)
}
