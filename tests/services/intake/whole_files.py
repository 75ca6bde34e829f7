"""Whole files of each kind, to be cut and repeated."""

from __future__ import annotations

from tests.services.intake.intake_helpers import CLAIM, DEDUCTIBLE, DENIED, PAID, claims, era, interchange

ACK_277 = interchange(
    "277",
    "005010X214",
    "BHT*0085*08*R1*20260303*0900*TH~HL*1**20*1~NM1*PR*2*PAYER*****PI*87726~TRN*1*9~HL*2*1*21*1~"
    "NM1*41*2*CLINIC*****46*S1~TRN*2*BATCH7~STC*A1:19:PR*20260303*WQ*200~HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1234567893~"
    "HL*4*3*PT~NM1*QC*1*DOE*JANE****MI*M1~TRN*2*A1~STC*A2:20*20260303*WQ*100~REF*1K*PCN1~DTP*472*D8*20260226~"
    "HL*5*3*PT~NM1*QC*1*ROE*JOHN****MI*M2~TRN*2*A2~STC*A7:562*20260303*U*100~REF*1K*PCN2~",
)
ACK_999 = interchange(
    "999",
    "005010X231A1",
    "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK2*837*0002~IK3*CLM*22*2300*8~IK5*R*5~AK9*P*2*2*1~",
)
WHOLE = {
    "835": era(PAID, DENIED, DEDUCTIBLE, amount="80", tail="PLB*1234567893*20261231*WO:X*10~"),
    "835 without payment": era(DENIED, DEDUCTIBLE, amount="0"),
    "835 without trace": era(PAID, DENIED, amount="80", trace=""),
    "835 in two sets": era(PAID, amount="80") + era(DENIED, amount="80", trace="T2"),
    "837P": claims(CLAIM, CLAIM.replace("PT-100/7 A", "PT-2")),
    "277CA": ACK_277,
    "999": ACK_999,
}
