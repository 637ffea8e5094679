"""ICD-11 MMS extension codes of COVID-19 vaccines, the subset of ICD-11 that cards were issued with.

Source: WHO, Digital Documentation of COVID-19 Certificates, vaccine list. Kept by hand; an unknown code is shown as
code and system. ICD-11 © World Health Organization, CC BY-ND 3.0 IGO; names as there.
"""

SYSTEM = "http://id.who.int/icd/release/11/mms"

VACCINES: dict[str, str] = {
    "XM68M6": "COVID-19 vaccine",
    "XM1NL1": "COVID-19 vaccine, inactivated virus",
    "XM5DF6": "COVID-19 vaccine, live attenuated virus",
    "XM9QW8": "COVID-19 vaccine, non-replicating viral vector",
    "XM0CX4": "COVID-19 vaccine, replicating viral vector",
    "XM5JC5": "COVID-19 vaccine, virus protein subunit",
    "XM1J92": "COVID-19 vaccine, virus like particle (VLP)",
    "XM6AT1": "COVID-19 vaccine, DNA based",
    "XM0GQ8": "COVID-19 vaccine, RNA based",
    "XM8NQ0": "Comirnaty",
    "XM3DT5": "COVID-19 Vaccine Moderna",
    "XM4YL8": "COVID-19 Vaccine AstraZeneca",
    "XM97T2": "Covishield",
    "XM6QV1": "COVID-19 Vaccine Janssen",
    "XM1AG7": "Convidecia",
    "XM5ZJ4": "Gam-Covid-Vac",
    "XM5QM6": "Sputnik-Light",
    "XM7HT3": "CoronaVac",
    "XM8866": "BBIBP-CorV",
    "XM1G90": "Covaxin",
    "XM9TQ1": "KCONVAC",
    "XM9T65": "Novavax COVID-19 vaccine",
    "XM4EC8": "MVC-COV1901",
    "XM52P3": "ZyCov-D",
}

GROUP = "COVID-19"
"""The vaccine group of all of them."""
