"""Phone numbers as they are typed, in E.164 where they can be one. Pure."""

import phonenumbers

HOME_REGION = "US"
"""Where a number without a country code is from."""


def plain_phone(typed: str, region: str = HOME_REGION) -> str:
    """E.164 ("+12025550123") where it could be a number, else as it was typed."""
    text = " ".join(typed.split())
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written
