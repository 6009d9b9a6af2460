"""The one table of the standard tests, in the order in which they run."""

from __future__ import annotations

from .._check import Check
from . import (
    _answer_laws,
    _answers,
    _drivers,
    _errors,
    _losses,
    _package,
    _parts,
    _purity,
    _requests,
    _secrecy,
    _settings,
    _streams,
    _wire_streams,
)

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    _package.test_the_name_leads_to_the_provider,
    _package.test_the_core_is_bounded_above,
    _package.test_the_package_is_typed,
    _package.test_the_public_core_is_enough,
    _package.test_importing_is_quick,
    _package.test_importing_opens_nothing,
    _purity.test_the_hooks_fit_their_protocols,
    _requests.test_the_canonical_cases_are_there,
    _requests.test_request_golden,
    _requests.test_the_key_is_in_a_header_only,
    _requests.test_the_request_is_left_alone,
    _losses.test_no_parameter_is_lost,
    _parts.test_no_part_of_the_question_is_lost,
    _purity.test_a_flow_does_nothing_itself,
    _purity.test_settings_are_not_read_by_hand,
    _settings.test_what_is_not_set_is_asked_for,
    _answers.test_response_golden,
    _answer_laws.test_the_answer_laws,
    _streams.test_stream_golden,
    _streams.test_a_stream_comes_byte_by_byte,
    _wire_streams.test_a_splitter_cuts_anywhere,
    _wire_streams.test_line_ends_and_comments_change_nothing,
    _streams.test_the_stream_laws,
    _wire_streams.test_a_cut_stream_is_an_error,
    _streams.test_a_stream_adds_up_to_the_whole_answer,
    _streams.test_two_streams_share_nothing,
    _streams.test_leaving_early_closes_the_connection,
    _errors.test_error_golden,
    _errors.test_statuses_become_errors,
    _errors.test_answers_of_another_shape_are_told,
    _errors.test_network_faults_are_told,
    _secrecy.test_the_key_is_shown_nowhere,
    _secrecy.test_the_key_goes_to_no_other_origin,
    _secrecy.test_wire_files_hold_no_key,
    _drivers.test_asyncio_agrees,
    _drivers.test_trio_agrees,
    _drivers.test_the_gateway_agrees,
)
