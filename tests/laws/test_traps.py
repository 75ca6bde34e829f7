"""Forty mistakes this field invites, each with the test that fails if it is made. Taking a proof away fails here."""

import re

import pytest

from tests.laws.code import ROOT

MONEY, ATTEMPTS = "projections/claims/test_claim_money.py", "projections/claims/test_claim_attempts.py"
STORY, LINES = "projections/claims/test_lifecycle.py", "projections/claims/test_claim_lines.py"
ACKS, REMITS = "services/intake/test_intake_acks.py", "services/intake/test_intake_835.py"
PROOFS = {
    "CLP02 4, or a payment of zero, taken for a denial": (
        "projections/rules/test_adjustment_codes.py::test_denied_means_zero_by_a_code_that_is_neither_contract_nor_patient",
        "projections/deadlines/test_filing.py::test_a_patient_not_known_or_a_forwarded_claim_without_a_number_decides_nothing",
    ),
    "rejections sought in the 277CA only": (
        f"{ATTEMPTS}::test_an_answer_with_ma130_that_allowed_nothing_is_no_denial",
    ),
    "999, A0 or A1 stop the filing clock": ("projections/deadlines/test_filing.py::test_what_does_not_stop_the_clock",),
    "277CA A3 taken for accepted": (f"{ACKS}::test_a_rejecting_category_rejects_whatever_the_action_says",),
    "24 hours counted from a date, or on the wall clock": (
        "projections/deadlines/test_rejections.py::test_24_hours_from_the_instant_we_received_it",
        "projections/deadlines/test_rejections.py::test_24_hours_are_elapsed_hours_over_the_change_of_daylight_saving",
    ),
    "any acceptance closes a rejection": (
        "projections/deadlines/test_rejections.py::test_the_acceptance_of_an_older_attempt_never_closes_a_newer_rejection",
    ),
    "threshold by charge, payment, code or year of remittance": (
        "services/projector/test_thresholds_end_to_end.py::test_allowed_amounts_count_by_modifier_and_year_of_service",
    ),
    "own history added to an observed balance": (
        "projections/thresholds/test_thresholds.py::test_a_balance_holds_what_was_finalized_up_to_its_date",
    ),
    "KX on everything, or at the limit itself": (
        "projections/thresholds/test_thresholds.py::test_kx_before_it_is_needed_is_named",
        "projections/thresholds/test_thresholds.py::test_exactly_the_limit_does_not_exceed_it",
    ),
    "threshold used up in order of service, reversals forgotten": (
        "projections/thresholds/test_thresholds.py::test_finalized_by_payment_date_then_pending_by_the_time_sent_then_line_number",
        "projections/thresholds/test_thresholds.py::test_a_reversal_can_bring_the_patient_back_under",
    ),
    "the 8-minute rule by code, or minutes over 15": (
        "projections/session_rules/test_units.py::test_a_popular_blog_is_off_by_one",
        "projections/session_rules/test_units.py::test_largest_remainder_not_most_minutes",
    ),
    "units rounded half to even": ("projections/session_rules/test_units.py::test_the_table_of_the_manual",),
    "the reduction by code or claim, the full unit to the highest fee": (
        "projections/pricing/test_medicare.py::test_e_two_disciplines_of_one_group_share_one_full_unit",
        "projections/pricing/test_medicare.py::test_f_speech_and_physical_therapy",
    ),
    "evaluations left out of the reduction": (
        "projections/pricing/test_medicare.py::test_d_evaluation_day_the_full_unit_is_the_evaluations",
    ),
    "lawful reductions and the patient's share shown as underpaid": (
        "projections/pricing/test_compare_lines.py::test_example_a_paid_as_it_should_be",
        "projections/pricing/test_compare_lines.py::test_example_c_with_the_assistants_cut_shown_in_any_way",
        "projections/pricing/test_compare_lines.py::test_patient_share_is_never_an_underpayment",
    ),
    "PLB read with its sign reversed, or only its first pair": (
        f"{REMITS}::test_provider_adjustments_keep_their_sign_and_all_six_pairs",
        f"{REMITS}::test_several_plb_segments_add_up_and_a_bad_pair_is_refused_alone",
    ),
    "a payment edited on reversal, a correction before it refused": (
        f"{MONEY}::test_reversal_and_correction_leave_the_correction_whichever_is_dated_first",
        f"{MONEY}::test_a_correction_before_its_reversal_counts_as_the_newest_says",
    ),
    "CAS of a reversal without its sign, or in group CR": (
        f"{STORY}::test_a_reversal_takes_back_whatever_its_signs_and_groups",
    ),
    "a remittance known by file name, control number or trace alone": (
        "services/intake/test_intake_835_identity.py::test_the_same_remittance_in_another_envelope_has_the_same_identities",
        "services/intake/test_intake_835_identity.py::test_payer_trace_date_and_payee_make_another_remittance",
    ),
    "floats, and cents of a cap that do not add up": (
        "laws/test_purity.py::test_pure_rooms_have_no_floats",
        "projections/pricing/test_methods.py::test_the_worked_example_day_cap_and_copay",
    ),
    "365 days for a year, no 29 February, no holidays, the through date": (
        "projections/deadlines/test_filing.py::test_medicare_gives_one_calendar_year_by_receipt",
        "projections/deadlines/test_filing.py::test_the_earliest_line_speaks_for_the_claim",
    ),
    "an appeal counted from posting, or not again from a new notice": (
        "projections/deadlines/test_appeals.py::test_level_one_has_a_cautious_and_a_legal_date",
        "projections/deadlines/test_appeals.py::test_a_corrected_notice_voids_the_old_window_and_starts_a_new_one",
    ),
    "unprocessable or late claims appealed, frequency 7 for a rejected claim or to Part B": (
        "projections/deadlines/test_appeals.py::test_unprocessable_lines_have_no_appeal",
        "projections/deadlines/test_appeals.py::test_a_late_filing_denial_of_medicare_has_no_appeal",
        "projections/deadlines/test_rejections.py::test_a_rejected_claim_is_sent_again_as_a_new_claim",
        "projections/deadlines/test_rejections.py::test_an_older_decision_does_not_close_a_newer_rejection",
    ),
    "unknown codes written off, or codes read without group and remarks": (
        "projections/rules/test_adjustment_codes.py::test_an_unknown_code_is_reviewed_and_never_written_off",
        "projections/rules/test_adjustment_codes.py::test_what_a_code_means",
        f"{MONEY}::test_a_denial_stays_owed_until_a_person_decides",
        f"{STORY}::test_what_a_denying_code_takes_off_a_paid_line_is_worked_and_can_be_appealed",
        f"{STORY}::test_what_the_second_payer_refuses_stays_open",
    ),
    "an outdated pair list, pairs across disciplines, the cheaper code denied": (
        "projections/session_rules/test_ncci.py::test_an_evaluation_and_treatment_on_one_day_are_fine",
        "projections/session_rules/test_ncci.py::test_speech_codes_bind_within_speech_only",
        "projections/session_rules/test_ncci.py::test_column_two_is_denied_though_it_is_worth_more",
    ),
    "one value a year, or the nearest year's": (
        "projections/rules/test_rulebook.py::test_half_open_periods_and_no_nearest_year",
        "projections/pricing/test_medicare.py::test_the_conversion_factor_changed_within_2024",
    ),
    "status kept as a column, counters that arrival or repetition moves": (
        "services/projector/test_any_order.py::test_shuffled_and_repeated_histories_fold_to_the_same_rows",
    ),
    "one status for lines that differ, one answer for a split claim": (
        f"{MONEY}::test_a_line_may_be_denied_beside_a_paid_one",
        f"{MONEY}::test_a_split_claim_adds_up",
    ),
    "lines matched by code and modifier only": (
        f"{STORY}::test_lines_are_found_without_modifiers_and_under_other_codes",
    ),
    "a claim number that holds a name, or serves two visits": (
        "services/api/test_phi.py::test_canaries",
        f"{STORY}::test_a_number_used_for_another_visit_is_suspect_but_not_a_rejected_claim_with_its_date_put_right",
    ),
    "contractual amounts taken off twice, the second payer billed after a crossover": (
        f"{ATTEMPTS}::test_the_secondary_answers_for_the_patients_share_only",
        f"{LINES}::test_a_claim_the_payer_forwarded_is_not_billed_on_by_hand",
    ),
    "money without a claim hidden": (
        "projections/work/test_claim_items.py::test_a_payment_for_an_unknown_claim",
        "services/web/test_reads.py::test_what_does_not_add_up_is_found",
    ),
    "names in logs, addresses and errors": (
        "services/api/test_phi.py::test_canaries",
        "services/web/test_pages.py::test_no_address_names_a_claim_or_a_patient",
    ),
    "only writes audited": ("services/api/test_audit.py::test_reads_of_patient_data_are_written_down",),
    "demo data of real people": ("services/demo/test_month.py::test_no_number_in_it_can_be_a_real_one",),
    "averages taken for contract rates": ("projections/pricing/test_compare_lines.py::test_no_contract_and_unknown",),
    "a date of service moved by a time zone": (
        "services/projector/test_thresholds_end_to_end.py::test_allowed_amounts_count_by_modifier_and_year_of_service",
    ),
    "aging that restarts unseen when the patient comes to owe": (
        f"{STORY}::test_the_day_the_patient_came_to_owe_is_kept_beside_the_days_of_the_claim",
    ),
    "KX without a person's attestation": (
        "projections/session_rules/test_comparison.py::test_kx_wants_its_statements_in_the_record",
    ),
    "rules published late that overwrite, or change nothing": (
        "services/projector/test_thresholds_end_to_end.py::test_a_rule_published_late_judges_again_and_says_so",
        "services/reads/test_time_travel.py::test_the_lists_as_they_were_known_then_are_those_that_were_shown",
        "services/projector/test_what_if.py::test_what_is_predicted_is_what_publishing_does",
    ),
}


def test_forty_are_told():
    assert len(PROOFS) == 40


@pytest.mark.parametrize("proof", sorted({proof for proofs in PROOFS.values() for proof in proofs}))
def test_the_proof_is_there(proof):
    path, name = proof.split("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / path).read_text("utf-8"), re.MULTILINE)
