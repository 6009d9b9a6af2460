"""Each of these wrong readers is caught by the checks that stand beside it, and by no other."""

import pytest
import wrong_readers as wrong
from test_wrong_providers import failures, line_at_fault, subject_with

WRONG = [
    (wrong.RetriesByItself, {"test_statuses_become_errors"}),
    (wrong.ConnectsAgain, {"test_network_faults_are_told"}),
    (wrong.AnswersNothing, {"test_answers_of_another_shape_are_told"}),
    (wrong.MissesNothing, {"test_answers_of_another_shape_are_told"}),
    (wrong.HoldsTheLastBack, {"test_two_streams_share_nothing"}),
]


@pytest.mark.parametrize(("plugin", "caught_by"), WRONG, ids=[each[0].__name__ for each in WRONG])
def test_exactly_these_checks_catch_it(plugin, caught_by, fine_wire):
    failed = failures(subject_with(plugin(), fine_wire))
    assert set(failed) == caught_by, failed
    line = f"wrong_readers.py:{line_at_fault(plugin)}, in "
    assert any(line in text for texts in failed.values() for text in texts), failed
