"""A segment-level reading of X12 that shares nothing with the product or the generator."""

from collections import defaultdict
from decimal import Decimal


def interchanges(text):
    """Each interchange of a file as lists of elements; raises AssertionError where the envelope is wrong."""
    while text:
        assert text[:3] == "ISA", text[:20]
        element, component, terminator = text[3], text[104], text[105]
        assert [len(part) for part in text[:105].split(element)[1:]] == [
            2,
            10,
            2,
            10,
            2,
            15,
            2,
            15,
            6,
            4,
            1,
            5,
            9,
            1,
            1,
            1,
        ]
        end = text.index(f"{terminator}", text.index(f"IEA{element}"))
        segments = [s.strip("\r\n").split(element) for s in text[:end].split(terminator)]
        yield [[part.split(component) if s[0] != "ISA" and component in part else part for part in s] for s in segments]
        text = text[end + 1 :].lstrip("\r\n")


def sets(segments):
    """The transaction sets of one interchange, ST to SE, with all counts and control numbers checked."""
    isa, gs, ge, iea = segments[0], segments[1], segments[-2], segments[-1]
    assert (isa[0], gs[0], ge[0], iea[0]) == ("ISA", "GS", "GE", "IEA")
    assert isa[13] == iea[2]
    assert gs[6] == ge[2]
    assert iea[1] == "1"
    found, current = [], None
    for segment in segments[2:-2]:
        if segment[0] == "ST":
            current = []
            found.append(current)
        current.append(segment)
    for one in found:
        assert one[-1] == ["SE", str(len(one)), one[0][2]]
    assert ge[1] == str(len(found))
    return found


def loops(segments, head):
    """Runs of segments that begin with `head`; what precedes the first is left out."""
    out = []
    for segment in segments:
        if segment[0] == head:
            out.append([])
        if out:
            out[-1].append(segment)
    return out


def cas_total(segments):
    return sum(Decimal(s[at]) for s in segments if s[0] == "CAS" for at in range(3, len(s), 3) if s[at])


def balance(one):
    """Differences of one 835: (where, claim id, amount)."""
    off = []
    claims = loops([s for s in one if s[0] not in ("PLB", "SE", "LX")], "CLP")
    paid = Decimal(0)
    for claim in claims:
        clp = claim[0]
        paid += Decimal(clp[4])
        if difference := Decimal(clp[3]) - cas_total(claim) - Decimal(clp[4]):
            off.append(("claim", clp[1], difference))
        patient = sum(Decimal(s[at]) for s in claim if s[0] == "CAS" and s[1] == "PR" for at in range(3, len(s), 3))
        if clp[2] != "22" and patient != Decimal(clp[5] or 0):
            off.append(("patient", clp[1], patient - Decimal(clp[5] or 0)))
        lines = loops(claim, "SVC")
        if lines and sum(Decimal(line[0][2]) for line in lines) != Decimal(clp[3]):
            off.append(("charge", clp[1], Decimal(clp[3])))
        for line in lines:
            left = Decimal(line[0][2]) - cas_total(line) - Decimal(line[0][3])
            off += [("line", clp[1], left)] if left else []
    taken = sum(Decimal(s[at]) for s in one if s[0] == "PLB" for at in range(4, len(s), 2))
    if difference := paid - taken - Decimal(next(s for s in one if s[0] == "BPR")[2]):
        off.append(("remittance", "", difference))
    return off


def claims_by_patient_level(one):
    """HL number -> (parent, level code, has children), checked to be consecutive and to point upwards."""
    levels = {}
    for place, hl in enumerate((s for s in one if s[0] == "HL"), 1):
        assert hl[1] == str(place)
        assert hl[2] == "" or int(hl[2]) < place
        levels[hl[1]] = (hl[2], hl[3], hl[4] if len(hl) > 4 else "")
    children = defaultdict(int)
    for parent, _, _ in levels.values():
        children[parent] += 1
    for number, (_, _, child) in levels.items():
        if child:
            assert (child == "1") == (children[number] > 0), number
    return levels
