"""SNOMED CT codes on cards: vaccines, and results of tests in plain words.

Source of the results: HL7 SMART Health Cards: Vaccination & Testing IG 1.0.0, value sets "lab-qualitative-result" and
"specimen-collection-supervision-status" (requirement H6). Source of the vaccines: European Commission and WHO, value
sets of COVID-19 certificates. Kept by hand. SNOMED CT © SNOMED International; the codes are in its Global Patient Set
(CC BY 4.0).
"""

SYSTEM = "http://snomed.info/sct"

RESULTS: dict[str, str] = {
    "10828004": "Positive",
    "11214006": "Reactive",
    "125154007": "Specimen unsatisfactory",
    "131194007": "Non-reactive",
    "260373001": "Detected",
    "260385009": "Negative",
    "260415000": "Not detected",
    "407479009": "Influenza A virus",
    "407480007": "Influenza B virus",
    "415684004": "Suspected",
    "419984006": "Inconclusive",
    "42425007": "Equivocal",
    "455371000124106": "Invalid result",
    "720735008": "Presumptive positive",
    "82334004": "Indeterminate",
    "840533007": "SARS-CoV-2 (the virus of COVID-19)",
}

SUPERVISION = "1208522006"
"""Type of supervision for specimen collection: the one component a result may have."""
SUPERVISIONS: dict[str, str] = {
    "1208523001": "Specimen taken by a health professional",
    "1208524007": "Specimen taken by the person, supervised face to face",
    "1208525008": "Specimen taken by the person, supervised by video",
    "1208526009": "Specimen taken by the person, unsupervised",
}

VACCINES: dict[str, str] = {
    "28531000087107": "COVID-19 vaccine",
    "1119305005": "SARS-CoV-2 antigen vaccine",
    "1119349007": "SARS-CoV-2 mRNA vaccine",
    "1157024006": "Inactivated whole SARS-CoV-2 antigen vaccine",
    "1162643001": "SARS-CoV-2 recombinant spike protein antigen vaccine",
    "29061000087103": "COVID-19 non-replicating viral vector vaccine",
}

GROUP = "COVID-19"
"""The vaccine group of all these vaccines."""
