"""What docs/reliability.md and docs/security.md promise, each with the test that fails if it is broken."""

import re

import pytest

from tests.laws.code import ROOT

TESTS = ROOT / "tests"
COLUMNS, WAITING = "services/store/test_columns.py", "services/api/test_waiting.py"
EVENTS, READER = "services/api/test_events_api.py", "services/projector/test_entry_reader.py"
CONSUMER = "services/messaging/test_consumer.py"
GUARD, SESSION, AUDIT = (
    "services/projector/test_stream_guard.py",
    "services/api/test_session_api.py",
    "services/api/test_audit.py",
)
VERIFIED, LIMITS = "services/projector/test_verification.py", "services/store/test_database_limits.py"
FAULTS, LOSSES, VERSIONS = "faults/test_faults.py", "faults/test_losses_outside.py", "faults/test_two_versions.py"
PROOFS = {
    "any PostgreSQL": (
        f"{COLUMNS}::test_every_column_of_text_orders_by_bytes",
        f"{COLUMNS}::test_a_database_that_orders_by_a_language_is_refused",
        f"{COLUMNS}::test_any_prefix_finds_what_begins_with_it",
        "services/api/test_any_postgresql.py::test_a_language_s_order_of_text_changes_nothing",
    ),
    "any accepted event folds": (
        "services/projector/test_any_event.py::test_whatever_is_accepted_folds",
        "services/projector/test_any_event.py::test_a_refusal_points_into_the_event",
        f"{EVENTS}::test_an_event_with_what_no_event_can_hold_is_refused_alone",
        f"{READER}::test_an_event_with_what_no_event_can_hold_says_so_and_is_kept_as_it_was_sent",
        f"{READER}::test_whatever_else_an_unknown_field_holds_is_kept",
        "services/intake/test_intake_json.py::test_a_bad_element_of_an_array_is_refused_alone",
        "services/api/test_hostile_events.py::test_hostile_events_take_no_good_one_with_them",
        "services/web/test_instants.py::test_no_parameter_makes_it_fail",
        "projections/terms/test_odd_packs.py",
        "projections/terms/test_unread_terms.py",
        "services/intake/test_odd_elements.py",
    ),
    "a stream entry of any form is read or kept whole": (
        f"{READER}::test_every_form_is_read",
        f"{READER}::test_any_entry_is_read_or_becomes_a_row_that_every_database_stores",
        f"{READER}::test_nothing_of_an_entry_that_is_no_event_is_thrown_away",
        f"{READER}::test_however_deeply_an_entry_is_nested_it_is_kept",
    ),
    "a refused event is kept, once, within a limit, and closed by a good one": (
        f"{EVENTS}::test_a_refused_event_is_parked_once_and_closed_by_a_good_one",
        f"{EVENTS}::test_too_many_refused_events_are_not_taken",
        f"{READER}::test_the_same_bad_event_parks_once_whatever_a_door_filled_in",
        "services/api/test_parked_rights.py::test_who_may_not_publish_terms_may_not_retry_them",
    ),
    "binary mode, data as base64": (
        f"{EVENTS}::test_an_event_in_binary_mode",
        f"{EVENTS}::test_data_as_base64",
        "services/api/test_hostile_events.py::test_odd_binary_mode_is_answered",
    ),
    "a conflict says what differs": (f"{EVENTS}::test_a_conflict_says_what_differs",),
    "limits on every wait": (
        f"{LIMITS}::test_a_connection_has_its_limits",
        f"{LIMITS}::test_a_lock_is_not_waited_for_without_end",
        f"{LIMITS}::test_who_stands_still_in_a_transaction_loses_its_locks",
        f"{WAITING}::test_readiness_is_told_when_every_thread_is_taken",
        f"{WAITING}::test_retries_without_a_projector_keep_nobody_from_reading",
        f"{WAITING}::test_readiness_says_how_far_behind_the_projector_is",
        f"{COLUMNS}::test_advisory_locks_have_distinct_numbers",
        "services/api/test_oidc.py::test_a_provider_that_answers_a_byte_at_a_time_is_given_up",
        "services/api/test_oidc.py::test_a_slow_provider_takes_no_thread_of_those_that_publish",
        "services/scheduler/test_posting.py::test_who_does_not_answer_in_time_did_not_take_it",
    ),
    "loss outside is noticed and healed": (
        f"{GUARD}::test_a_database_put_back_from_a_backup_gets_what_it_lost_from_the_stream",
        f"{GUARD}::test_entries_trimmed_unread_raise_an_alarm",
        f"{GUARD}::test_a_server_that_may_evict_is_not_trusted",
        f"{GUARD}::test_replicas_are_waited_for_where_configured",
        f"{CONSUMER}::test_entries_left_behind_again_and_again_are_handled_in_ever_smaller_groups",
    ),
    "`verify` proves it": (
        f"{VERIFIED}::test_an_untouched_database_is_proved",
        f"{VERIFIED}::test_what_was_altered_is_found_and_named",
        f"{VERIFIED}::test_a_loss_that_a_rebuild_would_hide_is_found_all_the_same",
        "services/store/test_amcheck.py::test_a_real_index_that_was_altered_on_disk_is_named_by_verify",
    ),
    "access and audit": (
        "services/api/test_across_practices.py::test_nothing_of_it_is_in_a_list",
        "services/api/test_across_practices.py::test_its_identifiers_are_as_unknown_as_any",
        f"{AUDIT}::test_every_list_search_and_export_says_whom_it_showed",
        f"{AUDIT}::test_what_cannot_be_written_down_is_not_shown",
        f"{SESSION}::test_the_audit_hears_of_failures_refusals_and_sign_out",
        f"{SESSION}::test_tries_at_once_are_counted_before_they_are_checked",
        f"{SESSION}::test_few_passwords_are_checked_at_once",
        f"{SESSION}::test_wrong_keys_of_one_address_are_throttled",
        f"{SESSION}::test_opening_a_link_spends_nothing",
        f"{SESSION}::test_a_second_factor_is_asked_for_and_each_code_is_good_once",
        f"{SESSION}::test_behind_a_tls_proxy_the_cookie_is_secure_and_browsers_stay_with_https",
        "services/api/test_actions.py::test_taking_money_back_needs_what_giving_it_needed",
        "services/api/test_oidc.py::test_what_the_token_says_is_checked",
        "services/api/test_oidc.py::test_an_odd_answer_of_the_provider_is_no_fault_of_ours",
        "services/api/test_oidc.py::test_another_claim_signs_in_whom_an_administrator_connected",
    ),
    "at rest": (
        "services/store/test_raw_files.py::test_sealed_files_tell_nothing_and_need_their_key",
        "services/store/test_raw_files.py::test_files_kept_before_a_key_was_set_stay_readable",
    ),
    "versions": (
        "services/cli/test_migrating.py::test_it_goes_step_by_step_and_only_forward",
        "services/cli/test_migrating.py::test_a_newer_database_is_left_alone",
        "services/cli/test_migrating.py::test_an_older_or_empty_database_says_what_it_is_and_what_to_do",
        f"{VERSIONS}::test_the_version_before_and_this_one_work_on_one_database",
        f"{VERSIONS}::test_the_version_before_says_that_the_database_is_newer",
    ),
    "faults as programs": (
        f"{FAULTS}::test_a_killed_projector",
        f"{FAULTS}::test_a_stopped_projector_delays_the_others_by_seconds",
        f"{FAULTS}::test_a_stream_whose_connections_stall_and_are_cut",
        f"{FAULTS}::test_a_database_whose_connections_stall_and_are_cut",
        f"{FAULTS}::test_a_disk_that_is_full",
        f"{FAULTS}::test_a_flushed_stream_a_destroyed_group_and_a_key_of_another_type",
        f"{FAULTS}::test_poison_beside_the_innocent",
        f"{LOSSES}::test_a_server_that_evicts",
        f"{LOSSES}::test_a_backup_put_back",
        f"{LOSSES}::test_a_key_of_the_wrong_type",
        "faults/test_schedulers.py::test_two_schedulers_raise_no_alert_twice",
        "faults/test_schedulers.py::test_a_scheduler_whose_clock_is_ahead_raises_nothing",
        "faults/test_deadly_key.py::test_a_claim_that_kills_whoever_folds_it",
    ),
}
# As the documents name them: `store/test_columns`, `faults::a_killed`, `tests/services/api/test_x.py`, `test_a_thing`.
NAMED = re.compile(r"`((?:[\w/.]*/)?test_\w+(?:\.py)?(?:::\w+…?)?|faults(?:/\w+)?::\w+…?|tests/[\w/.]+)`")


@pytest.mark.parametrize("proof", sorted({proof for proofs in PROOFS.values() for proof in proofs}))
def test_the_proof_is_there(proof):
    path, _, name = proof.partition("::")
    assert re.search(rf"^(async )?def {name or 'test_'}", (TESTS / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", ["reliability.md", "security.md"])
def test_every_test_that_a_document_names_is_there(document):
    named = NAMED.findall((ROOT / "docs" / document).read_text("utf-8"))
    assert len(named) > 10
    assert [one for one in named if not is_there(one)] == []


def is_there(named):
    path, _, name = named.removesuffix("…").partition("::")
    if not name and "/" not in path:
        path, name = "", path
    files = [one for one in TESTS.rglob("test_*.py") if path.removeprefix("tests/") in str(one.relative_to(TESTS))]
    return any(
        re.search(rf"def test_\w*{name.removeprefix('test_')}" if name else "def test_", one.read_text("utf-8"))
        for one in files
    )


def test_what_is_not_there_is_noticed():
    assert is_there("store/test_columns::advisory_locks")
    assert not is_there("store/test_columns::no_such_thing")
    assert not is_there("test_no_such_thing")
    assert not is_there("store/test_nothing")
