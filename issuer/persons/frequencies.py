"""How many people share a name: a namesake born the same day is likely for James Smith and not for Zebedee Quill.

Family names: holders in each 100,000 people, after "Frequently Occurring Surnames in the 2010 Census" (J. Comenetz, US
Census Bureau, 2016), rounded. Given names: holders in each 100,000 people of one sex, after the US Social Security
Administration's most popular names of the last hundred years, rounded, and doubled where they are used
(`given_share`), because names go by cohort: whoever is born on one day bears the names of that year.
"""

from issuer.persons.names import folded

_FAMILY = """
smith 828 johnson 655 williams 551 brown 487 jones 483 garcia 395 miller 394 davis 378 rodriguez 371 martinez 359
hernandez 354 lopez 296 gonzalez 285 wilson 272 anderson 266 thomas 256 taylor 255 moore 246 jackson 240 martin 238
lee 235 perez 231 thompson 225 white 224 harris 212 sanchez 208 clark 191 ramirez 189 lewis 180 robinson 180 walker 177
young 164 allen 164 king 158 wright 156 scott 149 torres 148 nguyen 148 hill 147 flores 147 green 146 adams 145
nelson 144 baker 142 hall 138 rivera 133 campbell 131 mitchell 130 carter 128 roberts 128 gomez 124 phillips 122
evans 121 turner 118 diaz 118 parker 114 cruz 113 edwards 113 collins 113 reyes 112 stewart 110 morris 108 morales 107
murphy 105 cook 103 rogers 103 gutierrez 101 ortiz 100 morgan 98 cooper 95 peterson 94 bailey 94 reed 94 kelly 92
howard 90 ramos 89 kim 89 cox 89 ward 88 richardson 88 watson 86 brooks 85 chavez 85 wood 85 james 85 bennett 84
gray 83 mendoza 82 ruiz 82 hughes 81 price 80 alvarez 80 castillo 80 sanders 80 patel 78 myers 78 long 77 ross 77
foster 76 jimenez 75
"""
_MALE = """
james 2500 michael 2450 robert 2400 john 2400 david 2000 william 1950 richard 1350 joseph 1400 thomas 1180
christopher 1140 charles 1080 daniel 1080 matthew 920 anthony 800 mark 750 donald 700 steven 700 andrew 680 paul 670
joshua 690 kenneth 640 kevin 650 brian 650 timothy 610 ronald 590 george 590 jason 580 edward 600 jeffrey 540 ryan 550
jacob 540 nicholas 510 gary 490 eric 500 jonathan 490 stephen 460 larry 440 justin 440 scott 430 brandon 430
benjamin 430 samuel 430 gregory 390 alexander 420 patrick 370 frank 380 raymond 370 jack 370 dennis 340 jerry 330
tyler 340 aaron 340 jose 340 adam 320 nathan 330 henry 380 zachary 320 douglas 310 peter 300 kyle 270 noah 300
ethan 280 jeremy 250 christian 250 walter 270 keith 250 austin 240 roger 240 terry 230 sean 230 gerald 230 carl 240
dylan 230 harold 240 jordan 220 jesse 210 bryan 220 lawrence 220 arthur 230 gabriel 230 bruce 210 logan 220 billy 200
juan 200 luis 160 carlos 170 mason 150 liam 190 elijah 180 lucas 160 oliver 130 aiden 130 jayden 120 miguel 110
"""
_FEMALE = """
mary 1700 patricia 870 jennifer 840 linda 810 elizabeth 810 barbara 770 susan 620 jessica 590 karen 560 sarah 570
lisa 550 nancy 550 sandra 490 betty 520 ashley 490 emily 490 kimberly 480 margaret 510 donna 460 michelle 460 carol 450
amanda 440 melissa 430 deborah 420 stephanie 420 rebecca 420 sharon 410 laura 410 cynthia 400 dorothy 440 amy 390
kathleen 390 angela 380 shirley 390 emma 390 brenda 350 pamela 340 nicole 340 anna 340 samantha 340 katherine 330
christine 320 debra 320 rachel 320 carolyn 310 janet 310 maria 310 olivia 310 heather 300 helen 330 catherine 290
diane 290 julie 290 victoria 290 joyce 270 lauren 270 kelly 270 christina 270 ruth 280 joan 260 virginia 280 judith 250
evelyn 270 hannah 250 andrea 240 megan 240 cheryl 240 jacqueline 230 madison 230 teresa 230 abigail 230 sophia 230
martha 220 sara 220 gloria 210 janice 210 kathryn 210 ann 210 isabella 210 judy 200 charlotte 220 julia 200 grace 210
amber 190 alice 200 jean 190 denise 190 frances 200 danielle 180 marilyn 180 natalie 180 beverly 180 diana 180
brittany 170 theresa 170 kayla 170 alexis 170 doris 170 lori 170 tiffany 160 ava 170 mia 150 guadalupe 90 sofia 90
"""


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return {folded(name): int(count) for name, count in zip(words[::2], words[1::2], strict=True)}


FAMILY = _table(_FAMILY)
MALE = _table(_MALE)
FEMALE = _table(_FEMALE)
_GIVEN = MALE | {name: max(count, MALE.get(name, 0)) for name, count in FEMALE.items()}
_PER = 100_000
OTHER_FAMILY = 30
"""Taken for every family name that is not in the table, in each 100,000: cautious, most are far rarer."""
OTHER_GIVEN = 150
_COHORT = 2


def family_share(folded_family: str) -> float:
    """The share of people with this family name."""
    return FAMILY.get(folded_family, OTHER_FAMILY) / _PER


def given_share(folded_given: str) -> float:
    """The share of people of one sex and about one age with this first name."""
    return _COHORT * _GIVEN.get(folded_given, OTHER_GIVEN) / _PER
