"""Tests of the scorer, the sample and the document's markers, on made-up data.

python3 -m unittest discover -s benches/peers
"""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "engines")]

import quality  # noqa: E402
import run  # noqa: E402
import score  # noqa: E402
import sets  # noqa: E402
from common import folded, given_first, several  # noqa: E402


def world(negatives=100):
    """Negatives n0, n1, … with falling best scores; three positives."""
    truth = {f"n{i}": ("not_listed", "") for i in range(negatives)}
    truth |= {"p0": ("typo", "E1"), "p1": ("typo", "E2"), "p2": ("aka_variant", "E3")}
    hits = [(f"n{i}", "E1", float(negatives - i)) for i in range(negatives)]
    return truth, hits


class Scores(unittest.TestCase):
    def test_threshold_lets_at_most_the_rate_through(self):
        truth, hits = world()
        top, _ = score.best_scores(hits, truth, {})
        self.assertEqual(score.thresholds(top, truth), [None, 99.0, 95.0])
        self.assertEqual(sum(value > 95.0 for value in top.values()), 5)

    def test_a_plateau_at_the_threshold_does_not_count(self):
        truth, hits = world()
        hits += [("p0", "E1", 99.0), ("p1", "E2", 99.5)]
        top, right = score.best_scores(hits, truth, {})
        table = score.recall_table(right, truth, score.thresholds(top, truth))
        self.assertEqual(table["typo"], (2, [None, 50.0, 100.0]))
        self.assertEqual(table["CORE"], (1, [None, 0.0, 0.0]))
        self.assertAlmostEqual(table["ALL"][1][2], 200 / 3)

    def test_the_wrong_person_is_not_found_and_another_entry_of_the_right_one_is(self):
        truth, hits = world()
        hits += [("p0", "E9", 500.0), ("p1", "E9", 500.0)]
        top, right = score.best_scores(hits, truth, {"E2": "somebody", "E9": "somebody"})
        self.assertEqual((right["p0"], right["p1"]), (score.NOTHING, 500.0))
        self.assertEqual(top["p0"], 500.0)

    def test_negatives_without_a_hit_leave_no_threshold_to_pass(self):
        truth, _ = world()
        top, right = score.best_scores([("p0", "E1", 0.5)], truth, {})
        table = score.recall_table(right, truth, score.thresholds(top, truth))
        self.assertEqual(table["typo"][1], [None, 50.0, 50.0])

    def test_plateau_is_of_right_pairs_alone(self):
        self.assertEqual(score.plateau({"a": 1.0000001, "b": 1.0, "c": 0.5, "d": score.NOTHING}), 200 / 3)
        self.assertIsNone(score.plateau({"d": score.NOTHING}))


class Names(unittest.TestCase):
    def test_every_string_matcher_gets_one_form(self):
        self.assertEqual(given_first("DOE, Jane Ann"), "Jane Ann DOE")
        self.assertEqual(given_first("DOE,"), "DOE,")
        self.assertEqual(folded("O'DÓE-ROE,  Jané"), "JANE O DOE ROE")
        self.assertEqual(folded("DOE, Jane", as_written=True), "DOE JANE")
        self.assertEqual(several("1970; 1971-02 ;"), ["1970", "1971-02"])


class Samples(unittest.TestCase):
    def data(self):
        truth, _ = world(5000)
        truth |= {f"q{i}": ("typo", "E1") for i in range(500)}
        return sets.Set("made up", Path(), dict.fromkeys(truth, {}), truth, 1000, ["name"], "")

    def test_a_slow_engine_gets_the_same_sample_every_time(self):
        data = self.data()
        first, sampled = run.ids_for({"max_pairs": 1_000_000}, data, None)
        self.assertTrue(sampled)
        self.assertEqual(sum(not data.truth[key][1] for key in first), 2000)
        self.assertEqual(sum(bool(data.truth[key][1]) for key in first), 200)
        self.assertEqual(first, run.ids_for({"max_pairs": 1_000_000}, data, None)[0])

    def test_a_fast_engine_gets_all(self):
        data = self.data()
        self.assertEqual((len(data.truth), False), (len(run.ids_for({}, data, None)[0]), run.ids_for({}, data, None)[1]))

    def test_a_higher_threshold_may_not_lose_hits(self):
        low = {("a", "E1"): 30.0, ("a", "E2"): 10.0, ("b", "E1"): 25.0, ("b", "E2"): 24.0003}
        run.same_as_base({("a", "E1"): 30.0, ("b", "E1"): 25.0}, low, 24.0)
        with self.assertRaises(run.Broken):
            run.same_as_base({("a", "E1"): 30.0}, low, 24.0)
        with self.assertRaises(run.Broken):
            run.same_as_base({("a", "E1"): 31.0, ("b", "E1"): 25.0}, low, 24.0)
        with self.assertRaises(run.Broken):
            run.same_as_base({("a", "E1"): 30.0, ("b", "E1"): 25.0, ("b", "E3"): 28.0}, low, 24.0)


class Document(unittest.TestCase):
    def test_only_what_stands_between_the_markers_is_replaced(self):
        text = "before\n<!-- begin x -->\nold\n<!-- end x -->\nafter \\1"
        again = quality.put(quality.put(text, "x", ["new \\g<0>"]), "x", ["new \\g<0>"])
        self.assertEqual(again, "before\n<!-- begin x -->\n\nnew \\g<0>\n\n<!-- end x -->\nafter \\1")

    def test_the_document_has_every_marker_once(self):
        text = quality.DOC.read_text(encoding="utf-8")
        names = ["when", "summary", "published", "side-by-side", "thresholds"]
        for name in names + [f"kinds-{one}" for one in ("aka", "mut", "xlist", "mrz")]:
            self.assertEqual(text.count(f"<!-- begin {name} -->"), 1, name)
            self.assertEqual(text.count(f"<!-- end {name} -->"), 1, name)

    def test_half_widths(self):
        self.assertAlmostEqual(quality.half_width(50.0, 100), 9.6, places=1)
        self.assertGreater(quality.half_width(100.0, 10), 10.0)


if __name__ == "__main__":
    unittest.main()
