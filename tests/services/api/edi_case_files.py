"""The files of the EDI cases, made here: small, invented, one fault each. Named as the cases are."""

from __future__ import annotations

PAYERS = {"MEDICARE": ("12402", "MB"), "ACME PLAN": ("ACME1", "CI"), "MEDIGAP CO": ("30006", "CI")}


def interchange(body, group, version, *, numbers=(1, "0001"), at="20260310", test="P", route=("PAYER", "CLINIC")):
    code = {"HC": "837", "HP": "835", "HN": "277", "FA": "999"}[group]
    sender, receiver = route
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*{at[2:]}*1200*^*00501*{numbers[0]:09}*0*{test}*:~"
        f"GS*{group}*{sender}*{receiver}*{at}*1200*{numbers[0]}*X*{version}~ST*{code}*{numbers[1]}*{version}~{body}"
        f"SE*{body.count('~') + 2}*{numbers[1]}~GE*1*{numbers[0]}~IEA*1*{numbers[0]:09}~"
    )


def claim(number, *lines):
    """A CLM loop; a line is (procedure, charge, units)."""
    total = sum(charge for _, charge, _ in lines)
    body = f"CLM*{number}*{total}***11:B:1*Y*A*Y*Y~HI*ABK:M545~"
    for place, (procedure, charge, units) in enumerate(lines, 1):
        body += f"LX*{place}~SV1*HC:{procedure}:GP*{charge}*UN*{units}***1~DTP*472*D8*20260215~REF*6R*{place}~"
    return body


def c837(*claims, payer="MEDICARE", batch="B1", sent="20260301", group=1):
    number, indicator = PAYERS[payer]
    head = (
        f"BHT*0019*00*{batch}*{sent}*1200*CH~NM1*41*2*CLINIC*****46*S1~NM1*40*2*HOUSE*****46*R1~HL*1**20*1~"
        f"NM1*85*2*RIVER PT*****XX*1003000126~HL*2*1*22*0~SBR*P*18*******{indicator}~NM1*IL*1*ODE*FAY****MI*2BB0BB0BB02~"
        f"DMG*D8*19480707*F~NM1*PR*2*{payer}*****PI*{number}~"
    )
    return interchange(
        head + "".join(claims), "HC", "005010X222A1", numbers=(group, "0001"), at=sent, route=("CLINIC", "PAYER")
    )


def svc(procedure, charge, paid, *cas, units="1", more=""):
    """An SVC loop; each of `cas` is written as "CO*45*40"."""
    body = f"SVC*HC:{procedure}:GP*{charge}*{paid}**{units}~DTM*472*20260215~"
    return body + "".join(f"CAS*{each}~" for each in cas) + more


def clp(number, status, charge, paid, share, icn, *parts, member="2BB0BB0BB02", indicator="MB"):
    head = f"CLP*{number}*{status}*{charge}*{paid}*{share}*{indicator}*{icn}*11*1~"
    return f"{head}NM1*QC*1*ODE*FAY****MI*{member}~" + "".join(parts)


def era(trace, amount, *claims, payer="MEDICARE", at="20260310", tail="", **more):
    body = (
        f"BPR*I*{amount}*C*ACH************{at}~TRN*1*{trace}*1777777777~DTM*405*{at}~N1*PR*{payer}*XV*{PAYERS[payer][0]}~"
        f"N1*PE*RIVER PT*XX*1003000126~LX*1~{''.join(claims)}{tail}"
    )
    return interchange(body, "HP", "005010X221A1", at=at, **more)


def ack(verdict, *, group=1, control="0001", kind="HC", at="20260301", number=60):
    code = {"HC": "837", "HS": "270"}[kind]
    body = f"AK1*{kind}*{group}*005010X222A1~AK2*{code}*{control}*005010X222A1~IK5*{verdict}~AK9*{verdict[0]}*1*1*1~"
    return interchange(body, "FA", "005010X231A1", numbers=(number, "0001"), at=at)


def batch_verdict(reference, at="20260305"):
    body = (
        f"BHT*0085*08*X*{at}*1300*TH~HL*1**20*1~NM1*AY*2*HOUSE*****46*H1~TRN*1*9~HL*2*1*21*0~NM1*41*2*CLINIC*****46*S1~"
        f"TRN*2*{reference}~STC*A8:746*{at}*U*80~"
    )
    return interchange(body, "HN", "005010X214", at=at)


def claim_verdict(number, stc, reference="B1", at="20260302"):
    body = (
        f"BHT*0085*08*Y*{at}*1200*TH~HL*1**20*1~NM1*PR*2*MEDICARE*****PI*12402~TRN*1*9~HL*2*1*21*1~"
        f"NM1*41*2*CLINIC*****46*S1~TRN*2*{reference}~HL*3*2*19*1~NM1*85*2*RIVER PT*****XX*1003000126~HL*4*3*PT~"
        f"NM1*QC*1*ODE*FAY****MI*2BB0BB0BB02~TRN*2*{number}~STC*{stc}~REF*1K*ICN6~"
    )
    return interchange(body, "HN", "005010X214", at=at)


def cut(text, before):
    """The beginning of a file, up to where something stands for the last time."""
    return text[: text.rindex(before)]


ONE = ("97140", 80, 1)
_T1 = era(
    "T1",
    60,
    clp("C1", 1, 100, 60, 0, "ICN1", svc("97110", 100, 60, "CO*45*40")),
    clp("C2", 4, 80, 0, 0, "ICN2", svc("97140", 80, 0, "CO*16*80", more="LQ*HE*N290~LQ*HE*MA130~")),
)
_T2 = c837(claim("C10", ("97110", 100, 2), ONE))
_T24 = era(
    "362927198",
    0,
    clp("Q1", 4, 80, 0, 0, "ICNQ1", svc("97140", 80, 0, "CO*50*80")),
    clp("Q2", 4, 80, 0, 0, "ICNQ2", svc("97140", 80, 0, "CO*50*80")),
)
_T23 = era("", 0, *(clp(f"Z{n}", 4, 80, 0, 0, f"ICNZ{n}", svc("97140", 80, 0, "CO*50*80")) for n in range(3)))
_S1 = clp("S1", 1, 100, 60, 0, "ICNS1", svc("97110", 100, 60, "CO*45*40"))
_S2 = clp("S2", 1, 100, 70, 0, "ICNS2", svc("97110", 100, 70, "CO*45*30"))
_C22 = svc("97110", 100, 60, "CO*45*40")
_C40 = svc("97110", 100, 48, "CO*45*40", "PR*2*12", more="AMT*B6*60~")
_SECOND = clp("C40", 2, 100, 12, 0, "SEC40", svc("97110", 100, 12, "OA*23*88"), member="{}", indicator="CI")
_EMPTY_GROUP = interchange("", "HP", "005010X221A1", numbers=(7, "0001"))

FILES = {
    "t43-1.837": c837(claim("N1", ONE), batch="R1"),
    "t43-1.999": ack("A", number=61),
    "t43-2.837": c837(claim("N2", ONE), batch="R2", sent="20260305"),
    "t43-2.999": ack("R*5", at="20260305", number=62),
    "t43-pay.835": era(
        "T43P", 48, clp("N1", 1, 80, 48, 12, "ICNN1", svc("97140", 80, 48, "CO*45*20", "PR*2*12")), at="20260304"
    ),
    "t44-1.837": c837(claim("P1", ONE), batch="0123"),
    "t44-2.837": c837(claim("P2", ONE), batch="0123", sent="20260305", group=2),
    "t44.277": batch_verdict("0123"),
    "t41.837": c837(claim("M1", ONE)),
    "t41-270.999": ack("R*5", kind="HS", at="20260302", number=51),
    "t45a.835": era("T45", 130, _S1),
    "t45b.835": era("T45", 130, _S2, numbers=(2, "0001")),
    "t45-one.835": era("T45", 130, _S1, _S2),
    "t1-cut.835": cut(_T1, "LQ*HE*MA130"),
    "t1-whole.835": _T1,
    "t2-cut.837": cut(_T2, "REF*6R"),
    "t2-whole.837": _T2,
    "t24.837": c837(claim("Q1", ONE), claim("Q2", ONE)),
    "t24-cut.835": cut(_T24, "CLP*"),
    "t24-whole.835": _T24,
    "t23-cut.835": cut(_T23, "CLP*"),
    "t23-whole.835": _T23,
    "t35.277": batch_verdict("OTHERREF", at="20260302"),
    "t29.837": c837(claim("K1", ONE), group=29),
    "t29.999": ack("R*5", group=29, control="1", at="20260302", number=5),
    "t32.999": ack("R*5", group=32, at="20260302", number=5),
    "t33.999": ack("R*5", group=32, at="20260302", number=6),
    "t4.837": c837(claim("C4", ("97161", 150, 1), ("97110", 50, 1))),
    "t4.835": era(
        "T4",
        0,
        clp(
            "C4",
            4,
            200,
            0,
            0,
            "ICN4",
            "CAS*CO*197*200~",
            svc("97161", 150, 0, "CO*197*150"),
            svc("97110", 50, 0, "CO*197*50"),
        ),
    ),
    "t4b.837": c837(claim("C4B", ("97161", 150, 1), ("97110", 50, 1))),
    "t4b.835": era(
        "T4B",
        104,
        clp(
            "C4B",
            1,
            200,
            104,
            26,
            "ICN4",
            "CAS*CO*45*70~CAS*PR*2*26~",
            svc("97161", 150, 72, "CO*45*60", "PR*2*18"),
            svc("97110", 50, 32, "CO*45*10", "PR*2*8"),
        ),
    ),
    "t5.837": c837(claim("C5", ("97110", 200, 2)), payer="ACME PLAN"),
    "t5.835": era(
        "T5",
        150,
        clp("C5", 1, 200, 150, 50, "ICN5", svc("97110", 200, 150, "CO*45*50", units="2"), indicator="12"),
        payer="ACME PLAN",
    ),
    "t40.837": c837(claim("C40", ("97110", 100, 1))),
    "t40a.835": era("T40A", 48, clp("C40", 19, 100, 48, 12, "ICN40", "NM1*TT*2*MEDIGAP CO*****PI*30006~", _C40)),
    "t40b.835": era("T40B", 12, _SECOND.format("ZZ9"), payer="MEDIGAP CO", at="20260401"),
    "t40c.835": era("T40B", 12, _SECOND.format("2BB0BB0BB02"), payer="MEDIGAP CO", at="20260401"),
    "t6.835": era(
        "T6", 0, clp("C6", 1, 100, 0, 0, "ICN6", "MOA***MA130~", svc("97110", 100, 0, "CO*16*100", more="LQ*HE*N290~"))
    ),
    "t3-zero-units.835": era(
        "T3", 0, clp("C3", 4, 80, 0, 0, "ICN3", "SVC*HC:97140:GP*80*0**0**2~DTM*472*20260216~CAS*CO*50*80~")
    ),
    "t22a.835": era("T22", 60, clp("C22", 1, 100, 60, 0, "ICN22", _C22, "REF*6R*1~LQ*HE*N1~")),
    "t22b.835": era("T22", 60, clp("C22", 1, 100, 60, 0, "ICN22", _C22, "LQ*HE*N1~"), numbers=(9, "0001")),
    "t7-isa-only.835": _EMPTY_GROUP[: _EMPTY_GROUP.index("GS*")],
    "t7-envelope-cut.835": _EMPTY_GROUP[: _EMPTY_GROUP.index("ST*")],
    "t7-empty-group.835": _EMPTY_GROUP[: _EMPTY_GROUP.index("ST*")] + "GE*0*7~IEA*1*000000007~",
    "t8.277": claim_verdict("C6", "A2:20:PR*20260302*WQ*100*******Accepted for processing"),
    "t36.837": c837(claim("C36", ("97110", 100, 2), ("97140", 60, 1), ("97530", 40, 1))),
    "t36.835": era(
        "T36",
        110,
        clp(
            "C36",
            1,
            200,
            110,
            0,
            "ICN36",
            svc("97110", 100, 60, "CO*45*40", more="REF*6R*1~"),
            svc("97140", 60, 10, "CO*45*50", more="REF*6R*2~"),
        ),
    ),
    "t19-test-usage.835": era(
        "T19", 60, clp("C19", 1, 100, 60, 0, "ICN19", svc("97110", 100, 60, "CO*45*40")), test="T"
    ),
}
