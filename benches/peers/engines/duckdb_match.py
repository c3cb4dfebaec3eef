"""DuckDB: a cross join with `jaro_winkler_similarity`, one thread, the best names of every query."""

import duckdb
import pyarrow

from common import Runner, folded


def main():
    runner = Runner("duckdb")
    db = duckdb.connect(config={"threads": 1})
    with runner.loading():
        listed = pyarrow.table(
            {"name": [folded(name.text) for name in runner.names], "entity": [name.entity for name in runner.names]}
        )
        db.execute("CREATE TABLE listed AS SELECT * FROM listed")
    with runner.querying():
        asked = pyarrow.table(
            {"name": [folded(query.text) for query in runner.queries], "id": [query.id for query in runner.queries]}
        )
        db.execute("CREATE TABLE asked AS SELECT * FROM asked")
        # Below the cut-off the function stops early and gives 0.
        found = db.execute(
            """
            SELECT asked.id, max(struct_pack(score := jaro_winkler_similarity(asked.name, listed.name, 0.6),
                                             entity := listed.entity), ?)
            FROM asked, listed
            GROUP BY asked.id
            """,
            [runner.options["top_n"]],
        ).fetchall()
    runner.finish((query, hit["entity"], hit["score"]) for query, hits in found for hit in hits if hit["score"] > 0)


if __name__ == "__main__":
    main()
