"""Recognizes a transaction set by ST01 and the implementation guide's number, and says which segments it may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

READABLE = "837P, 835, 277CA, 277, 999, 271"


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENVELOPE_TAGS = _tags("ISA GS ST SE GE IEA")

SEGMENTS = {
    "835": _tags(
        "BPR TRN CUR REF DTM N1 N3 N4 PER RDM LX TS3 TS2 CLP CAS NM1 MIA MOA AMT QTY SVC LQ PLB NTE PRV",
    ),
    "837P": _tags(
        "BHT REF NM1 N2 N3 N4 PER HL PRV CUR SBR PAT DMG CLM DTP PWK CN1 AMT K3 NTE CR1 CR2 CR3 CR5 CRC HI HCP OI MOA "
        "MIA CAS LX SV1 SV4 SV5 QTY MEA PS1 HSD LIN CTP SVD LQ FRM LS LE",
    ),
    "277CA": _tags("BHT HL NM1 TRN DTP STC QTY AMT REF SVC PER DTM N3 N4 DMG SBR LS LE"),
    "277": _tags("BHT HL NM1 PER TRN STC REF DTP SVC DMG AMT QTY LS LE"),
    "271": _tags("BHT HL NM1 TRN AAA REF N3 N4 PER PRV DMG INS HI DTP MPI EB HSD MSG III LS LE"),
    "999": _tags("AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX TED"),
}
KNOWN_TAGS = frozenset().union(*SEGMENTS.values(), ENVELOPE_TAGS, _tags("TA1 SV2 SV3 SV6 SV7 CL1 TOO"))

# The three digits after the X name the guide, whichever release (004010X098A1, 005010X222A1) it is.
_READ_BY_GUIDE = {
    ("837", "098"): "837P",
    ("837", "222"): "837P",
    ("835", "091"): "835",
    ("835", "221"): "835",
    ("277", "214"): "277CA",
    ("277", "167"): "277CA",
    ("277", "093"): "277",
    ("277", "212"): "277",
    ("271", "279"): "271",
    ("999", "231"): "999",
    ("997", "230"): "999",
}
_ALWAYS_READ = {"835": "835", "999": "999", "997": "999"}  # one guide only, so no version is needed

_OTHER_GUIDES = {
    ("837", "096"): "837 institutional claim",
    ("837", "223"): "837 institutional claim",
    ("837", "097"): "837 dental claim",
    ("837", "224"): "837 dental claim",
    ("837", "291"): "837 professional predetermination",
    ("837", "292"): "837 institutional predetermination",
    ("837", "293"): "837 dental predetermination",
    ("837", "298"): "837 post-adjudicated professional claims reporting",
    ("837", "299"): "837 post-adjudicated institutional claims reporting",
    ("837", "300"): "837 post-adjudicated dental claims reporting",
    ("837", "225"): "837 institutional service reporting",
    ("277", "213"): "277 request for additional information",
    ("277", "228"): "277 pending claims report",
    ("277", "364"): "277 data reporting acknowledgment",
}
_OTHER_SETS = {
    "269": "269 benefit coordination verification",
    "270": "270 eligibility inquiry",
    "271": "271 of an unknown guide",
    "275": "275 attachment",
    "276": "276 claim status request",
    "277": "277 of an unknown guide",
    "278": "278 services review",
    "820": "820 premium payment",
    "824": "824 application advice",
    "834": "834 enrollment",
    "837": "837 of an unknown guide",
}
_GUIDE = re.compile(r"X(\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A transaction set as recognized. `reason` says why it is not read; `doubtful` that its content must decide."""

    name: str
    version: str
    reason: str | None = None
    doubtful: bool = False


def recognise(set_code: str, set_version: str, group_version: str) -> Guide:
    """What a set is, by ST01, ST03 and GS08; ST03 speaks for the set and therefore first."""
    version = _printable(set_version if _GUIDE.search(set_version) else group_version or set_version)
    match = _GUIDE.search(version)
    number = match[1] if match else ""
    name = _READ_BY_GUIDE.get((set_code, number)) or _ALWAYS_READ.get(set_code)
    if name:
        return Guide(name=name, version=version)
    if not number and set_code in ("837", "277"):
        return Guide(name="837P" if set_code == "837" else "277CA", version=version, doubtful=True)
    title = _OTHER_GUIDES.get((set_code, number)) or _OTHER_SETS.get(set_code) or f"X12 set {_printable(set_code)}"
    return Guide(name=_printable(set_code), version=version, reason=not_read(title, version))


def not_read(title: str, version: str) -> str:
    """Why a set that is none of the supported ones is refused."""
    return f"{title} ({_printable(version) or 'no version given'}): not one of the sets Claimclock reads ({READABLE})"


def _printable(text: str) -> str:
    """A code short and plain enough for a message: damaged files may hold anything here."""
    return "".join(c for c in text if c.isascii() and c.isalnum())[:12]
