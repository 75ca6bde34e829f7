"""Every element of every segment that is read, given a value that events do not take: the claim arrives all the same.

Only what a claim cannot do without stops it: its number, an amount of money, its dates of service, a verdict. What is
cut or left out is said.
"""

import pytest
from intake_helpers import CLAIM_HEAD, events_of, interchange, items_of, notes_of, refused_of

from services.intake.elements import number

LONG, HUGE = "X" * 300, "9" * 30
DATES = ("00000000", "10010101", "99991231", "20261345")
NUMBERS = (HUGE, "-1", "123456789.5", "0.00000000000001", "1E5")
ODD = (LONG, HUGE, *DATES, *NUMBERS[1:], "é\u2028'\"&", " ")

CLAIMS = (
    CLAIM_HEAD + "CLM*PT-1*215***11:B:1*Y*A*Y*Y~DTP*431*D8*20260201~REF*F8*OLD1~HI*ABK:M545*ABF:M25561~"
    "NM1*82*1*SMITH*ANN****XX*1093817465~NM1*77*2*OFFICE~N4*DALLAS*TX*75201~"
    "SBR*S*18*GRP2******CI~CAS*CO*45*15*2~AMT*D*100~NM1*IL*1*DOE*JANE****MI*HIC~NM1*PR*2*SECOND PLAN*****PI*S2~"
    "LX*1~SV1*HC:97110:GP*120*UN*2*11**1~DTP*472*D8*20260226~REF*6R*L1~SVD*S2*50*HC:97110**2~CAS*PR*2*10*1~"
    "LX*2~SV1*HC:97530:GP:59*95*UN*1***1:2~DTP*472*RD8*20260226-20260227~"
)
REMITTANCE = (
    "BPR*I*75*C*ACH*CCP*01*111*DA*222*1512345678**01*333*DA*444*20260302~TRN*1*TRACE1*1512345678~DTM*405*20260301~"
    "N1*PR*EXAMPLE HEALTH*XV*87726~REF*2U*2UNUMBER~N1*PE*CLINIC*XX*1234567893~REF*TJ*990000001~LX*1~"
    "CLP*A1*1*100*80*20*MB*ICN1*11*1~NM1*QC*1*DOE*JANE****MI*MEMBER1~NM1*74*1*DOE*JANE****C*MEMBER2~"
    "NM1*TT*2*OTHER*****PI*NEXT1~MOA***MA01~DTM*232*20260115~DTM*050*20260301~AMT*AU*100~"
    "SVC*HC:97110:GP*100*80**2*HC:97112*3~DTM*472*20260115~CAS*PR*2*20*1~REF*6R*1~AMT*B6*100~LQ*HE*N115~"
    "PLB*1234567893*20261231*WO:REF1*5~"
)
ACKNOWLEDGED = (
    "BHT*0085*08*REF1*20260302*1015*TH~HL*1**20*1~NM1*PR*2*EXAMPLE*****PI*87726~TRN*1*T0~DTP*050*D8*20260302~"
    "HL*2*1*21*1~NM1*41*2*CLINIC*****46*SUB1~TRN*2*BATCH7~HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1234567893~"
    "HL*4*3*PT~NM1*QC*1*DOE*JANE****MI*MEMBER1~TRN*2*PT-1~STC*A2:20:PR*20260302*WQ*215*******A1:19*NOTE~"
    "REF*1K*ICN9~DTP*472*D8*20260226~SVC*HC:97110:GP*120~STC*A2:20*20260302**120~REF*FJ*L1~"
)
REPORTED = (
    "BHT*0010*08*REF1*20260302*1015*DG~HL*1**20*1~NM1*PR*2*EXAMPLE*****PI*87726~HL*2*1*21*1~NM1*41*2*CLINIC*****46*SUB1~"
    "HL*3*2*19*1~NM1*1P*2*CLINIC*****XX*1234567893~HL*4*3*22*0~NM1*IL*1*DOE*JANE****MI*MEMBER1~TRN*2*PT-1~"
    "STC*F1:65*20260302**215*100~REF*1K*ICN9~REF*EJ*PT-1~DTP*472*RD8*20260226-20260227~"
)
CHECKED = "AK1*HC*1*005010X222A1~AK2*837*0001*005010X222A1~IK3*CLM*22*2300*8~CTX*CLM01:PT-1~IK4*2*782*6*BAD~IK5*R*5~AK9*R*1*1*0*5~"
COVERED = (
    "BHT*0022*11*ASK7*20260303*0915~HL*1**20*1~NM1*PR*2*EXAMPLE HEALTH*****PI*60054~HL*2*1*21*1~"
    "NM1*1P*2*CLINIC*****XX*1234567893~HL*3*2*22*0~TRN*2*T1*9CLINIC~NM1*IL*1*DOE*JANE****MI*MEMBER1~"
    "DMG*D8*19600101*F~DTP*472*D8*20260310~EB*1**30^PT**GOLD PLAN~EB*B**PT***27*25~EB*A**PT*****.2~"
    "EB*C*IND*30***29*150.5~EB*F**PT***29***VS*12~EB*R**30~LS*2120~NM1*SEP*2*OTHER PLAN*****PI*11~LE*2120~"
)
FILES = {
    "837": ("837", "005010X222A1", CLAIMS),
    "835": ("835", "005010X221A1", REMITTANCE),
    "277": ("277", "005010X214", ACKNOWLEDGED),
    "277 status": ("277", "005010X212", REPORTED),
    "999": ("999", "005010X231A1", CHECKED),
    "271": ("271", "005010X279A1", COVERED),
}
# What may stop a claim, or a whole answer: (file, segment, element).
NEEDED = {
    "837": {"CLM01", "CLM02", "SV102", "AMT02", "SVD02", "CAS03", "DTP03", "DTP01", "LX01"},
    "835": {"CLP01", "CLP03", "CLP04", "CLP05", "SVC02", "SVC03", "CAS03", "PLB04"},
    "277": {"BHT01", "HL03", "TRN02", "STC01"},
    "277 status": {"BHT01", "HL03", "TRN02", "STC01", "REF02"},
    "999": {"AK101", "AK102", "AK201", "AK202", "IK501", "AK901"},
    "271": {"HL03", "EB01", "NM109", "NM103", "NM101"},
}
for needed in NEEDED.values():
    needed |= {"GS08", "ST01"}  # which kind of file it is
# Qualifiers: with another one the segment says something else, which is not read.
QUALIFIERS = {"NM101", "NM108", "REF01", "DTM01", "DTP01", "AMT01", "N101", "LQ01", "HL03", "TRN01", "PLB01", "CTX01"}
QUALIFIERS |= {"EB01", "EB03", "EB06", "EB09", "BHT05", "GS05"}  # a date reads as a time, too
QUALIFIERS |= {"STC05"}  # 00000000: that nothing was paid yet is not carried on


def segments_of(name):
    return interchange(*FILES[name]).strip("~").split("~")


def elements():
    for name in FILES:
        for at, segment in enumerate(segments_of(name)):
            if segment.startswith(("ISA", "SE", "GE", "IEA")):
                continue  # of fixed widths, and trailers, which have tests of their own
            for index in range(1, segment.count("*") + 1):
                yield name, at, index, f"{segment.split('*')[0]}{index:02d}"


def written(name, at, index, value):
    segments = [segment.split("*") for segment in segments_of(name)]
    segments[at][index] = value
    return "~".join(map("*".join, segments)) + "~"


def told(items):
    """What the events say, without where they come from."""
    filled_in = ("rawref", "contenthash", "id", "correlationid")
    return [{k: v for k, v in event.items() if k not in filled_in} for event in events_of(items)]


def texts(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [str(value)]


def is_carried(value, events):
    """As it stands, in capitals, or as the number that it is."""
    plain = value.strip().upper()
    figure = number(plain)
    return any(plain in text.upper() or (figure is not None and number(text) == figure) for text in texts(events))


@pytest.fixture(scope="module")
def untouched():
    found = {name: items_of(interchange(*parts)) for name, parts in FILES.items()}
    for items in found.values():
        assert told(items)
        assert not refused_of(items)
    return found


@pytest.mark.parametrize(("name", "at", "index", "element"), list(elements()))
def test_an_odd_element_stops_nothing_and_is_named(untouched, name, at, index, element):
    before = told(untouched[name])
    notes = set(notes_of(untouched[name]))
    for value in ODD:
        items = items_of(written(name, at, index, value))
        after = told(items)  # valid, each of them
        if element in NEEDED[name]:
            assert len(after) >= len(before) or refused_of(items) or notes_of(items), value
            continue
        assert len(after) == len(before), (value, refused_of(items))
        if after != before and not is_carried(value, after) and value.strip() and element not in QUALIFIERS:
            assert set(notes_of(items)) - notes, value
