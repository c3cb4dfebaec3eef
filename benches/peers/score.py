#!/usr/bin/env python3
"""Recall at fixed alert rates.

    score.py --hits HITS.csv --truth TRUTH.csv… [--clusters CLUSTERS.csv] [--rates 0.001 0.01 0.05]

A negative is a query whose truth names no entity. Its best score is a false alert when it is above
the threshold. The threshold of a rate r over n negatives is the best score at place floor(n r), counted
from 0 and from the top: at most floor(n r) negatives are strictly above it. A positive is found when a
hit on the right entity, or on another entry of the same person, is strictly above the threshold. Scores
equal to the threshold do not count, so a plateau never helps.
"""

import argparse
import csv
import sys
from collections import defaultdict

RATES = (0.001, 0.01, 0.05)
NOTHING = float("-inf")
# Kinds of real aliases of which at least a part of the name is shared with the listed name.
CORE = frozenset(
    ("aka_variant", "aka_variant_subset", "aka_reorder", "aka_spacing", "aka_subset", "aka_partial2")
)


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def read_truth(paths, wanted=None):
    """id -> (kind, entity_id or "")."""
    truth = {}
    for path in paths:
        for row in read_rows(path):
            if wanted is None or row["id"] in wanted:
                truth[row["id"]] = (row["kind"], row["entity_id"])
    return truth


def read_clusters(path):
    return {row["entity_id"]: row["cluster"] for row in read_rows(path)} if path else {}


def best_scores(hits, truth, clusters):
    """Best score of any entity, and best score of the right one, for every id of the truth."""
    top = dict.fromkeys(truth, NOTHING)
    right = dict.fromkeys(truth, NOTHING)
    for query, entity, score in hits:
        if query not in truth:
            continue
        if score > top[query]:
            top[query] = score
        wanted = truth[query][1]
        if wanted and score > right[query] and clusters.get(entity, entity) == clusters.get(wanted, wanted):
            right[query] = score
    return top, right


def thresholds(top, truth, rates=RATES):
    """One threshold a rate; None where the negatives are too few for the rate to mean anything."""
    alerts = sorted((top[query] for query, (_, entity) in truth.items() if not entity), reverse=True)
    found = []
    for rate in rates:
        place = int(len(alerts) * rate)
        found.append(alerts[place] if 0 < place < len(alerts) else None)
    return found


def recall_table(right, truth, limits):
    """kind -> (count, recall in % for every threshold, or None)."""
    kinds = defaultdict(list)
    for query, (kind, entity) in truth.items():
        if entity:
            kinds[kind].append(right[query])
            kinds["ALL"].append(right[query])
            if kind in CORE:
                kinds["CORE"].append(right[query])

    def share(scores, limit):
        if limit is None:
            return None
        return 100.0 * sum(score > limit for score in scores) / len(scores)

    return {kind: (len(scores), [share(scores, limit) for limit in limits]) for kind, scores in kinds.items()}


def plateau(right):
    """Share, in %, of the right pairs found at all that have exactly the greatest score of them all."""
    found = [score for score in right.values() if score > NOTHING]
    if not found:
        return None
    # Sums in floating point differ in their last digits.
    nearly = max(found) - 1e-5 * max(1.0, abs(max(found)))
    return 100.0 * sum(score >= nearly for score in found) / len(found)


def read_hits(path, score="bits"):
    for row in read_rows(path):
        yield row["id"], row["entity_id"], float(row[score])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hits", required=True)
    parser.add_argument("--truth", nargs="+", required=True)
    parser.add_argument("--clusters")
    parser.add_argument("--rates", nargs="+", type=float, default=list(RATES))
    parser.add_argument("--score", default="bits", help="the column of the score [bits]")
    options = parser.parse_args()
    truth = read_truth(options.truth)
    top, right = best_scores(read_hits(options.hits, options.score), truth, read_clusters(options.clusters))
    negatives = sum(not entity for _, entity in truth.values())
    if negatives == 0 or negatives == len(truth):
        sys.exit("score.py: the truth needs positives and negatives")
    limits = thresholds(top, truth, options.rates)
    said = "  ".join(f"{rate:g}: {'-' if limit is None else format(limit, '.2f')}" for rate, limit in zip(options.rates, limits))
    print(f"{negatives} negatives; thresholds {said}")
    for kind, (count, recall) in sorted(recall_table(right, truth, limits).items()):
        print(f"{kind:22} n={count:6}  " + "  ".join("     -" if r is None else f"{r:6.2f}" for r in recall))
    share = plateau(right)
    print(f"plateau {'-' if share is None else format(share, '.1f')} % of the right pairs have the greatest score")


if __name__ == "__main__":
    main()
