"""Invented people."""

from issuer.intake.proposal import Address, Demographics, Name


def somebody(number: int, postcode: str = "04101") -> Demographics:
    """Different people for different numbers."""
    born = f"{1930 + number % 80}-{1 + number // 80 % 12:02}-{1 + number // 960 % 28:02}"
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    where = Address("1 Quay Street", "Harbour", "ME", postcode)
    return Demographics(Name(f"Family{letters}", (f"Given{letters}",)), born, address=where)
