"""polars-sim: `join_sim`, cosine of letter 3-grams, the ten best names of every query, one thread.

It has no index to keep: every call turns both sides into vectors, so all of it is query time.
Names go in as small letters: it makes 3-grams of nothing else, and finds nothing among capitals.
"""

import polars
from polars_sim import join_sim

from common import Runner, folded


def main():
    runner = Runner("polars-sim")
    with runner.loading():
        listed = polars.DataFrame(
            {"listed": [folded(name.text).lower() for name in runner.names], "entity": [name.entity for name in runner.names]}
        )
    with runner.querying():
        asked = polars.DataFrame(
            {"asked": [folded(query.text).lower() for query in runner.queries], "id": [query.id for query in runner.queries]}
        )
        found = join_sim(
            asked, listed, left_on="asked", right_on="listed", top_n=runner.options["top_n"], normalization="l2", threads=1
        )
    runner.finish(found.select("id", "entity", "sim").iter_rows())


if __name__ == "__main__":
    main()
