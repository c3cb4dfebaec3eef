"""nomenklatura: candidates from its blocking index, each compared by the algorithm asked for.

Queries go to the index in batches, because it drops tokens that are common on both sides of a batch: in
one batch of all queries it would lose more. Entities are FollowTheMoney persons with all their names.
"""

import tempfile
from pathlib import Path

from followthemoney import Dataset, StatementEntity
from nomenklatura.blocker.index import Index
from nomenklatura.matching import get_algorithm
from nomenklatura.resolver import Linker
from nomenklatura.store import MemoryStore

from common import Runner, given_first

PROPERTY = {"primary": "name", "former": "previousName", "weak": "weakAlias", "weak_alias": "weakAlias"}


def person(dataset, key):
    return StatementEntity(dataset, {"schema": "Person", "id": key})


def add_facts(entity, births, countries):
    for birth in births:
        entity.add("birthDate", birth, quiet=True)
    for country in countries:
        entity.add("nationality", country, fuzzy=True, quiet=True)


def listed_persons(dataset, names):
    persons = {}
    for name in names:
        entity = persons.get(name.entity)
        if entity is None:
            entity = persons[name.entity] = person(dataset, name.entity)
            add_facts(entity, name.births, name.countries)
        entity.add(PROPERTY.get(name.kind, "alias"), given_first(name.text), quiet=True)
    return persons


def main():
    runner = Runner("nomenklatura")
    algorithm = get_algorithm(runner.options["algorithm"])
    config = algorithm.default_config()
    compared, hits = 0, []
    with tempfile.TemporaryDirectory() as folder:
        with runner.loading():
            listed = Dataset.make({"name": "listed", "title": "listed"})
            persons = listed_persons(listed, runner.names)
            store = MemoryStore(listed, Linker({}))
            with store.writer() as writer:
                for entity in persons.values():
                    writer.add_entity(entity)
            index = Index(store.view(listed), Path(folder), options={})
            index.build()
        asked = Dataset.make({"name": "asked", "title": "asked"})
        size = runner.options["batch"]
        for start in range(0, len(runner.queries), size):
            with runner.querying():
                batch = {}
                for query in runner.queries[start : start + size]:
                    entity = batch[query.id] = person(asked, query.id)
                    entity.add("name", given_first(query.text), quiet=True)
                    add_facts(entity, [query.birth] if query.birth else [], [query.country] if query.country else [])
                for key, candidates in index.match_entities(batch.values()):
                    for candidate, _ in candidates:
                        compared += 1
                        score = algorithm.compare(batch[key.id], persons[candidate.id], config).score
                        if score > 0:
                            hits.append((key.id, candidate.id, score))
        index.close()
    runner.finish(hits, compared=compared)


if __name__ == "__main__":
    main()
