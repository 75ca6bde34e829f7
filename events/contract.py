"""Contracts: what a payer agreed to pay, for whom and when. One model for each of seven methods (docs/contracts.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ModelWrapValidatorHandler, ValidationInfo, field_validator, model_validator

from events.contract_terms import (
    CASE_RATE,
    DAILY_CAP,
    EVALUATION_PLUS_CAP,
    PER_UNIT,
    PER_VISIT,
    PERCENT_OF_CHARGE,
    PERCENT_OF_MEDICARE,
    CaseRateTerms,
    ContractCap,
    ContractCodes,
    ContractScope,
    ContractUnitCap,
    DailyCapTerms,
    EvaluationPlusCapTerms,
    MethodName,
    MethodTerms,
    Percent,
    PercentOfChargeTerms,
    PercentOfMedicareTerms,
    PerUnitTerms,
    PerVisitTerms,
    carve_out_list,
    lesser,
    listed,
    method_named,
    nested_terms,
    superseded,
    unit_cap_list,
)
from events.event_data import EventData, EventType
from events.values import Code, Day, Days, EndDay, Fact, Id, Integer, Name


class ContractCarveOut(Fact):
    """Codes with terms of their own. They stay outside a cap unless `capped`."""

    procedures: Annotated[ContractCodes, Field(min_length=1)]
    capped: bool = False


class PerUnitCarveOut(PerUnitTerms, ContractCarveOut):
    pass


class PercentOfMedicareCarveOut(PercentOfMedicareTerms, ContractCarveOut):
    pass


class PercentOfChargeCarveOut(PercentOfChargeTerms, ContractCarveOut):
    pass


class PerVisitCarveOut(PerVisitTerms, ContractCarveOut):
    pass


class CaseRateCarveOut(CaseRateTerms, ContractCarveOut):
    pass


AnyCarveOut = Annotated[
    Annotated[
        PerUnitCarveOut | PercentOfMedicareCarveOut | PercentOfChargeCarveOut | PerVisitCarveOut | CaseRateCarveOut,
        Field(discriminator="method"),
    ],
    BeforeValidator(nested_terms),
]


class ContractPublished(EventData):
    """`effective_to` is exclusive. Read as the model of its method; `variants` lists them.

    A version supersedes the earlier ones of its contract for dates of service from its own `effective_from` on.
    """

    event: ClassVar = EventType(
        "contract.published.v1",
        "contract id",
        "What a payer agreed to pay, for whom and when.",
        "Contract",
        is_term=True,
    )

    contract_id: Id
    version: Integer | Name
    supersedes: Annotated[Name | None, BeforeValidator(superseded)] = None
    scope: ContractScope
    effective_from: Day
    effective_to: EndDay = None
    method: MethodName
    cap: Annotated[tuple[ContractCap, ...], BeforeValidator(listed(lambda amount: {"amount": amount}))] = ()
    lesser_of: Annotated[Literal["line", "claim"] | None, BeforeValidator(lesser)] = None
    modifier_multipliers: dict[Code, Percent] = Field(default_factory=dict)
    unit_caps: Annotated[tuple[ContractUnitCap, ...], BeforeValidator(unit_cap_list)] = ()
    carve_outs: Annotated[tuple[AnyCarveOut, ...], BeforeValidator(carve_out_list)] = ()
    default: MethodTerms | None = None
    dispute_days: Days | None = None

    @field_validator("effective_to")
    @classmethod
    def _later(cls, value: Any, info: ValidationInfo) -> Any:
        begins = info.data.get("effective_from")
        if value is not None and begins is not None and value <= begins:
            raise ValueError("effective_to is not later than effective_from")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _by_method(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """The model of the method that is named."""
        if cls is not ContractPublished or not isinstance(value, Mapping):
            return handler(value)
        told = method_named(value)
        named = told.get("method")
        variant = variants().get(named) if isinstance(named, str) else None
        if variant is None:
            return handler(told)  # which says what is wrong with `method`
        return variant.model_validate(told)  # type: ignore[return-value]  # a subclass of this very class

    @classmethod
    def published_as(cls) -> Any:
        return Annotated[_ANY_CONTRACT, Field(discriminator="method")]


class PerUnitContract(PerUnitTerms, ContractPublished):
    pass


class PercentOfMedicareContract(PercentOfMedicareTerms, ContractPublished):
    pass


class PercentOfChargeContract(PercentOfChargeTerms, ContractPublished):
    pass


class PerVisitContract(PerVisitTerms, ContractPublished):
    pass


class CaseRateContract(CaseRateTerms, ContractPublished):
    pass


class _Capped(ContractPublished):
    cap: Annotated[
        tuple[ContractCap, ...],
        Field(min_length=1),
        BeforeValidator(listed(lambda amount: {"amount": amount})),
    ]


class DailyCapContract(DailyCapTerms, _Capped):
    pass


class EvaluationPlusCapContract(EvaluationPlusCapTerms, _Capped):
    pass


_ANY_CONTRACT = (
    PerUnitContract
    | PercentOfMedicareContract
    | PercentOfChargeContract
    | PerVisitContract
    | CaseRateContract
    | DailyCapContract
    | EvaluationPlusCapContract
)


def variants() -> Mapping[Any, type[ContractPublished]]:
    """The model of each method."""
    return _VARIANTS


_VARIANTS: Mapping[Any, type[ContractPublished]] = {
    PER_UNIT: PerUnitContract,
    PERCENT_OF_MEDICARE: PercentOfMedicareContract,
    PERCENT_OF_CHARGE: PercentOfChargeContract,
    PER_VISIT: PerVisitContract,
    CASE_RATE: CaseRateContract,
    DAILY_CAP: DailyCapContract,
    EVALUATION_PLUS_CAP: EvaluationPlusCapContract,
}
