"""Tables and cases that the tests of the rules.tables package share."""

import random
from datetime import date

from rules.steps import Name
from rules.tables.columns import Choice, ColumnType, Input, Output
from rules.tables.feel import unary_test
from rules.tables.table import DecisionTable, HitPolicy, Row

INDUSTRY = Input(
    "industry",
    ColumnType.ENUM,
    Name("行业", "industry"),
    (
        Choice("industrial", Name("工业", "industrial")),
        Choice("logistics", Name("物流", "logistics")),
        Choice("housing", Name("住宅", "housing")),
    ),
)
LAND = Input("land", ColumnType.NUMBER, Name("用地", "land"), unit=Name("亩", "mu"), low=0)
IN_ZONE = Input("in_zone", ColumnType.BOOL, Name("在园区内", "in the zone"))
USES = Input("uses", ColumnType.SET, choices=(Choice("heritage"), Choice("seismic")))
STARTED = Input("started", ColumnType.DATE)
ITEM = Output("item", label=Name("事项", "item"))


def table(rows, inputs=(INDUSTRY, LAND, IN_ZONE), outputs=(ITEM,), policy=HitPolicy.FIRST, **more):
    """Return a table whose rows are given as (cells, conclusions)."""
    numbered = tuple(Row(f"r{n}", tuple(c), tuple(o)) for n, (c, o) in enumerate(rows, start=1))
    return DecisionTable("survey", tuple(inputs), tuple(outputs), numbered, policy, **more)


def heritage(policy=HitPolicy.FIRST):
    """Return the heritage survey's table: which opinion a project needs."""
    return table(
        [
            (('"industrial"', "< 50", "false"), ("heritage survey",)),
            (('"industrial","logistics"', ">= 50", "-"), ("regional opinion",)),
            (("-", "-", "true"), ("shared assessment",)),
            (("-", "-", "-"), ("none",)),
        ],
        policy=policy,
    )


def everything():
    """Return a table that uses every feature of the model."""
    return DecisionTable(
        "deciding.level",
        (INDUSTRY, LAND, IN_ZONE, USES, STARTED, Input("word", ColumnType.STRING)),
        (
            Output(
                "level",
                ColumnType.ENUM,
                choices=(Choice("city"), Choice("county")),
                default="city",
            ),
            Output("days", ColumnType.NUMBER, unit=Name("工作日", "wd")),
            Output("form", refers="material"),
            Output("until", ColumnType.DATE),
            Output("open", ColumnType.BOOL),
            Output("copies", ColumnType.SET),
        ),
        (
            Row(
                "=r1",
                ("industrial, housing", "[0.5..50)", "true",
                 'contains heritage, contains "seismic"', "< 2016-09-01", r'not("a \"b", "c")'),
                ("city", 1.5, "-", date(2020, 1, 2), True, frozenset({"a", "b, c"})),
                "@law, art. 3",
                date(2016, 9, 1),
                date(2019, 4, 22),
                Name("注:\n第二行", '=HYPERLINK("x") & more'),
            ),
            Row(
                "r2",
                ('not("logistics")', "< 0.25, > 1000", "-", "not(contains heritage)",
                 '[date("2016-09-01")..2020-01-01]', "-"),
                (None, 7, '"quoted" text', None, False, None),
                "",
                date(2019, 4, 23),
            ),
        ),
        HitPolicy.COLLECT,
        Name("审批层级", "Deciding level"),
        "Licensing law art. 23",
        date(2004, 7, 1),
        date(2030, 12, 31),
        complete=True,
    )  # fmt: skip


def random_table(seed, policy=HitPolicy.FIRST, rows=12):
    """Return a table of random rows over five inputs."""
    chance = random.Random(seed)
    lines = []
    for _ in range(rows):
        low = chance.choice((0, 10, 50, 100))
        cells = (
            chance.choice(("-", '"industrial"', '"industrial","housing"', 'not("housing")')),
            chance.choice(
                ("-", f"[{low}..{low + 60})", f"<= {low}", f"> {low}", str(low), "not([10..50])")
            ),
            chance.choice(("-", "true", "false")),
            chance.choice(
                ("-", 'contains "heritage"', 'contains "heritage", contains "seismic"',
                 'not(contains "seismic")')
            ),
            chance.choice(("-", "< 2016-09-01", "[2016-09-01..2019-04-23)", "2020-01-01")),
        )  # fmt: skip
        lines.append((cells, (f"item{chance.randrange(4)}",)))
    return table(lines, (INDUSTRY, LAND, IN_ZONE, USES, STARTED), policy=policy)


def random_facts(count, seed=7):
    """Return cases, many of them on the ends of intervals."""
    chance = random.Random(seed)
    return [
        {
            "industry": chance.choice(INDUSTRY.values),
            "land": chance.choice(
                (0, 10, 50, 60, 70, 100, 110, 160, round(chance.random() * 200, 2))
            ),
            "in_zone": chance.random() < 0.5,
            "uses": frozenset(v for v in USES.values if chance.random() < 0.5),
            "started": date(2016, 8, 31).replace(year=chance.choice((2015, 2016, 2019, 2021)))
            if chance.random() < 0.7
            else chance.choice((date(2016, 9, 1), date(2019, 4, 23), date(2020, 1, 1))),
        }
        for _ in range(count)
    ]


def matching(decision_table, facts):
    """Return the numbers of the rows that match, asked cell by cell in plain FEEL."""
    found = []
    for number, row in enumerate(decision_table.rows):
        pairs = zip(decision_table.inputs, row.cells, strict=True)
        if all(_accepts(column, cell, facts[column.id]) for column, cell in pairs):
            found.append(number)
    return tuple(found)


def _accepts(column, cell, value):
    if column.type is ColumnType.DATE:
        for day in ("2016-09-01", "2019-04-23", "2020-01-01"):
            cell = cell.replace(day, f'date("{day}")')
    return unary_test(cell).matches(value)
