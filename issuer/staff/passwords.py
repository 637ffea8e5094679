"""Passwords: what may be chosen, and how one is kept.

Sources: NIST SP 800-63B-4 section 3.1.1 (length counts, the commonest are refused, nothing is asked about composition,
nothing expires by itself); RFC 9106 section 4 (Argon2id, 64 MiB, three passes, four lanes).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from issuer.staff.tokens import Random

MIN_CHARACTERS = 12
"""Long enough that the limit of attempts decides, not the password; a second factor stands behind it always."""
MAX_CHARACTERS = 256
"""Longer ones are no safer, and Argon2 would have to read them."""
SALT_OCTETS = 16
HASH_OCTETS = 32


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: KiB of memory, passes over it, lanes."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4


STANDARD = Cost()
"""RFC 9106 section 4, second recommended option: some 0.2 s a guess."""

_COMMON = frozenset(
    """
    password1234 passwordpassword password12345 password123456 qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwerty123456
    123456789012 1234567890123 12345678901234 123456781234 123412341234 111111111111 000000000000 1q2w3e4r5t6y
    1qaz2wsx3edc zaq12wsxcde3 qazwsxedcrfv abcdefghijkl abcdefghijklm abcd12345678 abc123abc123 iloveyou1234
    iloveyouiloveyou letmeinletmein letmein12345 welcome12345 welcome123456 administrator administrator1 admin1234567
    adminadminadmin changemechangeme changeme1234 changemenow1 trustno1trustno1 sunshine1234 princess1234 football1234
    baseball1234 dragon123456 monkey123456 superman1234 michael12345 master123456 shadow123456 computer1234
    qwertyqwerty asdfghjkl123 asdfasdfasdf asdfghjklzxcv zxcvbnm12345 zxcvbnmasdfg 987654321098 123123123123
    112233445566 121212121212 aaaaaaaaaaaa correcthorsebatterystaple vaccine12345 vaccination1 vaccinations
    hospital1234 nursenursenurse healthdepartment clinicclinic countersign1 countersigncountersign summer202020
    winter202020 spring2026!! summer2026!! autumn2026!! winter2026!! password2026 password2026! welcome2026!
    """.split()
)
"""Of published lists those of twelve characters or more, and words of this house. Shorter ones cannot be chosen at
all; a service that wants the whole list of a breach checks it before it comes here."""


class PasswordRefused(ValueError):
    """It may not be chosen. `code` is too-short, too-long, common or like-login; the words say what to do."""

    WORDS: ClassVar[Mapping[str, str]] = {
        "too-short": f"Choose a password of at least {MIN_CHARACTERS} characters. Four words in a row do well.",
        "too-long": f"Choose a password of at most {MAX_CHARACTERS} characters.",
        "common": "This password is on the lists that attackers try first. Choose another.",
        "like-login": "The password must not be your login or the name of this service. Choose another.",
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = self.WORDS[code]


class WrongPassword(Exception):
    """This is not the password."""


def check_choice(password: str, login: str) -> None:
    """Raises PasswordRefused where it is too short, too long, among the commonest, or the login itself."""
    plain = _plain(password)
    if len(plain) < MIN_CHARACTERS:
        raise PasswordRefused("too-short")
    if len(plain) > MAX_CHARACTERS:
        raise PasswordRefused("too-long")
    folded = plain.casefold()
    if folded in _COMMON or len(set(folded)) < 4:
        raise PasswordRefused("common")
    if folded in (login.casefold(), login.casefold() * 2, login.partition("@")[0].casefold() * 2):
        raise PasswordRefused("like-login")


def hash_password(password: str, cost: Cost, random: Random) -> str:
    """The PHC text of Argon2id: parameters and salt stand in it, so that the cost may change later."""
    kdf = Argon2id(
        salt=random(SALT_OCTETS),
        length=HASH_OCTETS,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return kdf.derive_phc_encoded(_plain(password).encode("utf-8", "surrogatepass"))


def verify(password: str, phc: str) -> None:
    """Raises WrongPassword. Takes as long as the parameters in the PHC text say."""
    try:
        Argon2id.verify_phc_encoded(_plain(password[: 2 * MAX_CHARACTERS]).encode("utf-8", "surrogatepass"), phc)
    except InvalidKey:
        raise WrongPassword from None


def _plain(password: str) -> str:
    """One form of what two keyboards write differently (NIST SP 800-63B-4: NFKC or NFKD before hashing)."""
    return unicodedata.normalize("NFKC", password)
