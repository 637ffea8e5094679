"""Laboratory tests whose results may be signed by default, each with its name and why. Data, kept by hand.

An allow-list, because a card is shown to strangers: infections of the airways and those a vaccine prevents, and
immunity to the latter. Never by default, and therefore not here: HIV; sexually transmitted infections (the surface
antigen of hepatitis B, HPV and mpox among them); pregnancy; genetics; drugs.

Sources: `cards.terminology.loinc`; HL7 RESP-NET content guide, value sets of influenza and RSV tests (CDC); HL7
Switzerland CH VACD, value set of serologies of immunity; CH ELM, reportable laboratory observations; LOINC's own names;
CDC PHIN VADS, value set of laboratory tests of pertussis; test catalogue of the Mayo Clinic Laboratories (mumps IgM).
Only codes whose meaning was looked up stand here. 21401-5 is none of them: it is mumps IgG in cerebrospinal fluid (CMS
eCQM value set 2.16.840.1.113883.3.464.1003.198.12.1061), easily taken for the IgM in blood that stands here.

This material contains content from LOINC (http://loinc.org),
© Regenstrief Institute and the LOINC Committee, available at no cost under the license at http://loinc.org/license.
"""

from collections.abc import Mapping
from typing import Final

from cards.terminology import loinc

AIRWAYS: Final = "an infection of the airways"
PREVENTABLE: Final = "an infection that a vaccine prevents"
IMMUNITY: Final = "immunity to a disease that a vaccine prevents"

LEFT_OUT: Final = frozenset({"5195-3", "5196-1"})
"""Named by the terminology and not signed: hepatitis B surface antigen tells a sexually transmitted infection."""

_FURTHER: Mapping[str, tuple[str, str]] = {
    # Influenza
    "34487-9": ("Influenza A nucleic acid test", AIRWAYS),
    "40982-1": ("Influenza B nucleic acid test", AIRWAYS),
    "76078-5": ("Influenza A nucleic acid test, nasopharyngeal specimen", AIRWAYS),
    "76080-1": ("Influenza B nucleic acid test, nasopharyngeal specimen", AIRWAYS),
    "82166-0": ("Influenza A nucleic acid test, nasopharyngeal specimen", AIRWAYS),
    "100973-7": ("Influenza A nucleic acid test, nasal specimen", AIRWAYS),
    "100974-5": ("Influenza B nucleic acid test, nasal specimen", AIRWAYS),
    "100344-1": ("Influenza A nucleic acid test, saliva", AIRWAYS),
    "100343-3": ("Influenza B nucleic acid test, saliva", AIRWAYS),
    "5862-8": ("Influenza A antigen test", AIRWAYS),
    "5866-9": ("Influenza B antigen test", AIRWAYS),
    "31859-2": ("Influenza A antigen test", AIRWAYS),
    "31864-2": ("Influenza B antigen test", AIRWAYS),
    "43874-7": ("Influenza A antigen test, nasopharyngeal specimen", AIRWAYS),
    "43895-2": ("Influenza B antigen test, nasopharyngeal specimen", AIRWAYS),
    "46082-4": ("Influenza A antigen test, nasopharyngeal specimen", AIRWAYS),
    "46083-2": ("Influenza B antigen test, nasopharyngeal specimen", AIRWAYS),
    "24015-0": ("Influenza A and B antigen test", AIRWAYS),
    # Respiratory syncytial virus
    "40988-8": ("RSV nucleic acid test", AIRWAYS),
    "76089-2": ("RSV nucleic acid test, nasopharyngeal specimen", AIRWAYS),
    "101298-8": ("RSV nucleic acid test, throat specimen", AIRWAYS),
    "105211-7": ("RSV nucleic acid test, bronchial specimen", AIRWAYS),
    "105231-5": ("RSV nucleic acid test, sputum", AIRWAYS),
    "5876-8": ("RSV antigen test", AIRWAYS),
    "31949-1": ("RSV antigen test", AIRWAYS),
    # Whooping cough, measles, mumps, hepatitis A
    "43913-3": ("Pertussis nucleic acid test, nasopharyngeal specimen", AIRWAYS),
    "23826-1": ("Pertussis nucleic acid test", AIRWAYS),
    "48508-6": ("Measles nucleic acid test", PREVENTABLE),
    "21503-8": ("Measles antibody test (IgM), blood", PREVENTABLE),
    "6478-2": ("Mumps antibody test (IgM), blood", PREVENTABLE),
    "22314-9": ("Hepatitis A antibody test (IgM), blood", PREVENTABLE),
    "13950-1": ("Hepatitis A antibody test (IgM), blood", PREVENTABLE),
    # Immunity
    "20458-6": ("Rubella antibody test (IgG), interpretation, blood", IMMUNITY),
    "14128-3": ("Rabies antibody titre, blood", IMMUNITY),
    "58770-9": ("Tetanus antibody level (IgG), blood", IMMUNITY),
    "26061-2": ("Tick-borne encephalitis antibody titre, blood", IMMUNITY),
    "6589-6": ("Yellow fever antibody titre, blood", IMMUNITY),
    "22755-3": ("Hib antibody level, blood", IMMUNITY),
    "25531-5": ("Pneumococcal antibody level, blood", IMMUNITY),
}


def _of_terminology(name: str) -> tuple[str, str]:
    tells_immunity = "antibody" in name or "T-cell" in name
    return name, IMMUNITY if tells_immunity else AIRWAYS


SIGNED_TESTS: Mapping[str, tuple[str, str]] = {
    **{
        code: _of_terminology(name)
        for code, name in {**loinc.COVID_TESTS, **loinc.OTHER_TESTS}.items()
        if code not in LEFT_OUT
    },
    **_FURTHER,
}
"""LOINC code: (what the test is called, what it tells)."""
