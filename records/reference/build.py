#!/usr/bin/env python3
"""Makes the reference tables under records/src/reference from published packages.

See README.md beside this file for the sources, their licences and the command.
Same sources, same bytes: nothing here depends on the day or the machine.
"""

import argparse
import collections
import csv
import io
import math
import unicodedata
import zipfile
from pathlib import Path

# Functions of a place in UN/LOCODE, in the order of the bits.
FUNCTIONS = "1234567B"
# Entries of these are approved: by a government (AA is left out: it has many codes that are no
# IATA codes), the customs, a facilitation body, or taken from IATA.
TRUSTED = ("AI", "AF", "AC")
# Territories that the airport list counts to their state, by IANA zone: UN/LOCODE and passports do not.
TERRITORIES = {"America/Puerto_Rico": "PR", "America/St_Thomas": "VI", "Arctic/Longyearbyen": "SJ"}
# UN/LOCODE has no country for it and lists its places where they were before.
ELSEWHERE = {"XK": "RS"}


def table(wheel, suffix, encoding="utf-8"):
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(suffix))
        return io.StringIO(archive.read(name).decode(encoding), newline="")


def places_of(wheel):
    """(code, functions, name, plain name, status, IATA code, (latitude, longitude) or None, subdivision)"""
    out = {}
    for part in (1, 2, 3):
        for row in csv.reader(table(wheel, f"CodeListPart{part}.csv", "latin-1")):
            change, country, place, name, plain, subdivision, functions, status, _, iata, position, _ = row
            # A row without place names the country; = is a reference to another entry; X goes.
            if not place or change in ("=", "X", "x") or status == "XX":
                continue
            bits = sum(1 << i for i, f in enumerate(FUNCTIONS) if f in functions)
            entry = (country + place, bits, name.strip(), plain.strip(), status, iata, at(position), subdivision)
            out.setdefault(country + place, entry)
    return [out[code] for code in sorted(out)]


def at(position):
    """Degrees of `4530N 07334W`."""
    try:
        lat, lon = position.split()
        return (
            (int(lat[:2]) + int(lat[2:4]) / 60) * (-1 if lat[4] == "S" else 1),
            (int(lon[:3]) + int(lon[3:5]) / 60) * (-1 if lon[5] == "W" else 1),
        )
    except (ValueError, IndexError):
        return None


def key(name):
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.upper() if c.isalnum())


def distance(a, b):
    """Good enough to tell which is nearest."""
    x = (a[1] - b[1] + 180) % 360 - 180
    return math.hypot(x * math.cos(math.radians((a[0] + b[0]) / 2)), a[0] - b[0])


def build(airport_wheel, place_wheel, hs_csv, out):
    every = list(csv.DictReader(table(airport_wheel, "airports.csv")))
    country_of = {row["iata"]: row["country"] for row in every}
    places = [
        # A code that an airport of another country has is a slip.
        place if country_of.get(place[5], place[0][:2]) == place[0][:2] else (*place[:5], "", *place[6:])
        for place in places_of(place_wheel)
    ]
    known = {place[0]: place for place in places}
    by_iata = collections.defaultdict(list)
    by_name = collections.defaultdict(list)
    for place in places:
        code, bits, _, plain, _, iata, _, _ = place
        if iata or bits & 8:
            by_iata[iata or code[2:]].append(place)
        by_name[code[:2], key(plain)].append(place)

    airports = {}
    zones_of = collections.defaultdict(set)
    spots = collections.defaultdict(list)
    towns_of = collections.defaultdict(set)
    for row in every:
        country = TERRITORIES.get(row["tz"], row["country"]) if row["country"] in ("US", "NO") else row["country"]
        zones_of[country].add(row["tz"])
        spots[country].append(((float(row["lat"]), float(row["lon"])), row["tz"]))
        towns_of[country, key(row["city"])].add(row["tz"])
        if row["iata"]:
            airports[row["iata"]] = ("A", row["icao"], country, row["tz"], row["city"])

    def place_of(iata, country, city, is_city=False):
        country = ELSEWHERE.get(country, country)
        own = known.get(country + iata)
        given = next((p[0] for p in by_iata[iata] if p[0][:2] == country and p[5] == iata), None)
        if is_city and given:
            return given
        # An airport of its own, or a code taken from IATA.
        if own and own[5] in ("", iata) and (own[1] & 8 or own[4] == "AI" or is_city):
            return own[0]
        if given:
            return given
        if own and key(own[3]) == key(city):
            return own[0]
        towns = by_name[country, key(city)]
        return towns[0][0] if len(towns) == 1 else None

    rows = {}
    for iata, (kind, icao, country, zone, city) in airports.items():
        # The list spells a few pseudo identifiers with digits where there is no ICAO code.
        icao = icao if icao.isalpha() and len(icao) == 4 else None
        rows[iata] = (kind, icao, country, zone, place_of(iata, country, city))

    # Cities of several airports.
    cities = collections.defaultdict(list)
    for row in csv.DictReader(table(airport_wheel, "iata_macs.csv")):
        cities[row["City Code"]].append(row)
    for iata, members in cities.items():
        zones = {airports[m["Airport Code"]][3] for m in members if m["Airport Code"] in airports}
        if iata not in rows:
            country = members[0]["Country"]
            zone = zones.pop() if len(zones) == 1 else None
            rows[iata] = ("C", None, country, zone, place_of(iata, country, members[0]["City Name"], True))

    # Zones of the airports of one subdivision.
    subdivisions = collections.defaultdict(collections.Counter)
    for _, _, country, zone, place in rows.values():
        if place and zone:
            subdivisions[country, known[place][7]][zone] += 1

    # Cities and closed or small airports of UN/LOCODE that the airport list does not have.
    for iata, candidates in by_iata.items():
        trusted = [p for p in candidates if p[5] == iata or p[4] in TRUSTED]
        if iata in rows or not iata.isalpha() or len({p[0][:2] for p in candidates}) != 1 or not trusted:
            continue
        code, _, _, plain, _, given, spot, subdivision = trusted[0]
        country = code[:2]
        zones = zones_of[country]
        if len(zones) == 1:
            zone = next(iter(zones))
        elif spot and spots[country]:
            zone = min(spots[country], key=lambda s: (distance(spot, s[0]), s[1]))[1]
        elif len(towns_of[country, key(plain)]) == 1:
            zone = next(iter(towns_of[country, key(plain)]))
        else:
            counts = subdivisions[country, subdivision]
            zone, most = counts.most_common(1)[0] if subdivision and counts else (None, 0)
            if most < 0.9 * counts.total():
                zone = None
        rows[iata] = ("C" if given else "U", None, country, zone, code)

    # Which code a place has: the one that UN/LOCODE says, its own, that of a city, any.
    iata_of = {}
    for iata, (kind, _, _, _, place) in sorted(rows.items()):
        if place:
            said = known[place][5]
            rank = (iata != said, place[2:] != iata, kind != "C", iata)
            iata_of[place] = min(iata_of.get(place, (rank, iata)), (rank, iata))
    for place in places:
        if place[5] and place[5].isalpha() and place[5] in rows:
            iata_of[place[0]] = ((), place[5])

    zones = sorted({row[3] for row in rows.values() if row[3]})
    number = {zone: f"{n:03}" for n, zone in enumerate(zones)}
    with open(out / "zones.txt", "w", newline="\n") as file:
        file.writelines(f"{zone}\n" for zone in zones)
    with open(out / "airports.txt", "w", newline="\n") as file:
        for iata in sorted(rows):
            kind, icao, country, zone, place = rows[iata]
            file.write(f"{iata} {kind} {icao or '----'} {country} {number.get(zone, '---')} {place or '-----'}\n")
    with open(out / "places.txt", "w", newline="\n", encoding="utf-8") as file:
        for code, bits, name, *_ in places:
            file.write(f"{code}{bits:02X}{'=' + iata_of[code][1] if code in iata_of else ''}{name}\n")

    with open(hs_csv, encoding="utf-8", newline="") as file:
        codes = [row["hscode"] for row in csv.DictReader(file)]
    # UN Comtrade has a 99 of its own for what is not specified.
    codes = sorted(code for code in codes if len(code) == 6 and code.isdigit() and code < "98")
    with open(out / "hs.txt", "w", newline="\n") as file:
        file.writelines(f"{code}\n" for code in codes)

    kinds = collections.Counter(row[0] for row in rows.values())
    print(f"{len(rows)} airports and cities {dict(kinds)}, {len(zones)} zones, {len(places)} places, {len(codes)} subheadings")
    print(f"without zone {sum(not r[3] for r in rows.values())}, without place {sum(not r[4] for r in rows.values())}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--airports", type=Path, required=True, help="wheel of airportsdata")
    parser.add_argument("--places", type=Path, required=True, help="wheel of pyunlocode")
    parser.add_argument("--hs", type=Path, required=True, help="harmonized-system.csv")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "src" / "reference")
    args = parser.parse_args()
    build(args.airports, args.places, args.hs, args.out)
