"""CVX codes that CDC's decision support does not cover: vaccines outside its schedule, immune globulins, skin tests.

Source: CDC, CVX code set (public domain), as listed in HL7's SMART Health Cards: Vaccination & Testing IG 1.0.0 (its
snapshot of 2025-09-03). Kept by hand. They have no vaccine group: each stands for itself.
"""

VACCINES: dict[str, str] = {
    "19": "BCG",
    "23": "plague",
    "24": "Anthrax, pre-exposure prophylaxis, post-exposure prophylaxis",
    "54": "adenovirus, type 4",
    "55": "adenovirus, type 7",
    "57": "hantavirus",
    "58": "Hep C",
    "59": "Hep E",
    "60": "herpes simplex 2",
    "61": "HIV",
    "63": "Junin virus",
    "64": "leishmaniasis",
    "65": "leprosy",
    "66": "Lyme disease",
    "67": "malaria",
    "69": "parainfluenza-3",
    "70": "Q fever",
    "72": "rheumatic fever",
    "73": "Rift Valley fever",
    "78": "tularemia vaccine",
    "80": "VEE, live",
    "81": "VEE, inactivated",
    "82": "adenovirus, unspecified formulation",
    "92": "VEE, unspecified formulation",
    "123": "influenza, H5N1-1203",
    "125": "Novel Influenza-H1N1-09, nasal",
    "126": "Novel influenza-H1N1-09, preservative-free",
    "127": "Novel influenza-H1N1-09",
    "128": "Novel Influenza-H1N1-09, all formulations",
    "131": "typhus, historical",
    "143": "Adenovirus types 4 and 7",
    "160": "Influenza A monovalent (H5N1), ADJUVANTED-2013",
    "225": "COVID-19, D614, recomb, preS dTM, AS03 adjuvant add, PF, 5mcg/0.5mL",
    "226": "COVID-19, D614, recomb, preS dTM, AS03 adjuvant add, PF, 10mcg/0.5mL",
    "318": "Anthrax, post-exposure prophylaxis",
    "319": "Anthrax vaccine, unspecified",
    "321": "Influenza-avian, H5N8, monovalent, PF",
    "322": "Influenza-avian, H5N8, monovalent, preservative",
    "323": "Influenza-avian, H5, unspecified formulation",
}

IMMUNE_GLOBULINS: dict[str, str] = {
    "12": "diphtheria antitoxin",
    "13": "TIG",
    "14": "IG, unspecified formulation",
    "27": "botulinum antitoxin",
    "29": "CMVIG",
    "30": "HBIG",
    "34": "RIG",
    "36": "VZIG",
    "71": "RSV-IGIV",
    "79": "vaccinia immune globulin",
    "86": "IG",
    "87": "IGIV",
    "93": "RSV-MAb",
    "117": "VZIG (IND)",
    "145": "RSV-MAb (new)",
    "154": "Hep A, IG",
    "180": "tetanus immune globulin",
    "181": "anthrax immune globulin",
}

NOT_GIVEN: dict[str, str] = {
    "95": "TST-OT tine test",
    "96": "TST-PPD intradermal",
    "97": "TST-PPD tine test",
    "98": "TST, unspecified formulation",
    "99": "RESERVED - do not use",
    "998": "no vaccine administered",
    "999": "unknown",
}
"""Codes that stand for no vaccine: a card that calls one of them a completed vaccination would say a falsehood."""
