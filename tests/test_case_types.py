"""Several types of cases in one folder: facts, what rules make of them, their own streams."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lianban.cli import main
from rules import InputError
from scenarios import Scenario, compile_plan, load, read_scenario
from scenarios.compile import compile_together
from scenarios.plan import Plan
from simulator import Outcome, Trace, simulate
from simulator.draws import arrival_times, case_facts, case_keys, desk_times
from simulator.logs import rows_of

ITEMS = """key,name,department,days,unit,kind,handling
F,项目备案,drc,2,wd,government_filing,promised
E,环评审批,epb,8,wd,government_approval,promised
H,文物保护意见,epb,6,wd,government_approval,promised
P,施工许可,drc,4,wd,government_approval,promised
"""
EDGES = """before,after,strength,basis
F,E,data,needs the number
E,H,practice,custom
H,P,data,needs the opinion
F,P,data,needs the number
"""
OFFICES = "key,name,windows,reviewers\ndrc,发改,1,9\nepb,环保,1,9\n"
SETTINGS = """schema = 1
name = "mix"
first_day = 2013-01-04
tables = "tables"
[hours]
office = ["09:00-12:00", "13:00-17:00"]
[handling]
window_minutes = 0
[handling.review_share]
default = 0.1
[cases]
number = 100
per_year = 100
"""
FACTORY = """
[[type]]
key = "factory"
name = {zh = "工厂", en = "factory"}
per_year = 60
promise_days = 20
[type.facts]
industry = {industrial = 0.7, housing = 0.3}
in_zone = 0.4
land = {distribution = "uniform", min = 0, max = 100}
"""
SHOP = """
[[type]]
key = "shop"
name = {zh = "小店", en = "shop"}
per_year = 40
priority = 2
items = ["F", "P"]
"""
HEADER = """id = "needs"
name = {zh = "所需事项", en = "items needed"}
hit_policy = "collect"
inputs = [
  {id = "industry", type = "enum", values = ["industrial", "housing"]},
  {id = "land", type = "number", min = 0},
  {id = "in_zone", type = "bool"},
]
outputs = [
  {id = "item", type = "ref:item"},
  {id = "item.level", type = "enum", values = ["township", "county", "city"]},
  {id = "item.handling", type = "enum", values = ["immediate", "promised"]},
]
rows = "needs.csv"
"""
ROWS = """id,industry,land,in_zone,item,item.level,item.handling
n1,-,-,-,F,,
n2,industrial,-,-,E,,
n3,-,>= 50,false,H,county,
n4,-,-,-,P,,
"""
WAITING = """
[[waiting]]
type = "{}"
number = 15
done = ["{}"]
"""
BACKLOG = WAITING.format("shop", "F") + WAITING.format("factory", "F") + WAITING.format("shop", "F")


def folder_of(folder: Path, types: str, rows: str = ROWS, settings: str = SETTINGS) -> Path:
    """Write a scenario's folder and return it."""
    (folder / "tables").mkdir(exist_ok=True, parents=True)
    (folder / "tables" / "needs.toml").write_text(HEADER, "utf-8")
    (folder / "tables" / "needs.csv").write_text(rows, "utf-8")
    for name, text in (("items", ITEMS), ("prerequisites", EDGES), ("offices", OFFICES)):
        (folder / f"{name}.csv").write_text(text, "utf-8")
    (folder / "redesigns").mkdir(exist_ok=True)
    (folder / "redesigns" / "parallel.toml").write_text('[[lever]]\nkind = "parallel"\n', "utf-8")
    (folder / "redesigns" / "joint.toml").write_text(
        '[[lever]]\nkind = "parallel"\n[[lever]]\nkind = "join"\nsteps = ["E", "H"]\n'
        'into = "R"\nname = {zh = "联合评审", en = "Joint review"}\ndays = "max(E, H) + 1"\n',
        "utf-8",
    )
    (folder / "scenario.toml").write_text(settings + types, "utf-8")
    return folder


def mix(folder: Path, types: str = FACTORY + SHOP, redesign: str = "") -> Scenario:
    """Return the scenario of factories and shops."""
    return read_scenario(folder_of(folder, types), redesign)


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, 1, seed).replications[0]


def steps_of(plan: Plan, trace: Trace, case: int) -> list[str]:
    """Return the steps that a case went through, in the plan's order."""
    desks = {desk for of, desk in trace.visits()[:, :2].tolist() if of == case}
    return [step.key for step in plan.steps if desks & set(step.desks)]


def test_rules_decide_for_every_case_which_items_it_needs(tmp_path):
    """Each factory goes through exactly the items that its own facts ask for; shops need two."""
    scenario = mix(tmp_path)
    plan = compile_plan(scenario)
    trace = only(plan)
    facts = case_facts(plan, 1, 0)
    named = [fact.key for fact in plan.facts]
    industry, zone, land = (
        facts[:, named.index(f"factory.{key}")] for key in ("industry", "in_zone", "land")
    )
    assert plan.facts[named.index("factory.land")].points == (0.0, 50.0)
    seen = set()
    for case in range(60):
        large = land[case] >= 3  # 50 itself, or more
        wanted = ["F", *(["E"] if industry[case] == 0 else [])]
        wanted += ["H"] if large and not zone[case] else []
        wanted.append("P")
        assert steps_of(plan, trace, case) == wanted
        seen.add(tuple(wanted))
    assert len(seen) == 4
    assert all(steps_of(plan, trace, case) == ["F", "P"] for case in range(60, 100))


def test_a_backlog_goes_on_where_it_stood_each_case_by_its_own_facts(tmp_path):
    """Shops with their filing behind them need the permit alone; factories what their facts ask."""
    plan = compile_plan(mix(tmp_path, FACTORY + SHOP + BACKLOG))
    trace = only(plan)
    assert plan.cases == 45 + 100
    assert (trace.outcomes() == Outcome.FINISHED).all()
    assert (trace.arrival[:45] == plan.calendars[0].opening(0)).all()
    keys = [plan.types[number].key for number in trace.types_of()]
    assert keys == ["shop"] * 15 + ["factory"] * 15 + ["shop"] * 15 + (
        ["factory"] * 60 + ["shop"] * 40
    )
    facts, named = case_facts(plan, 1, 0), [fact.key for fact in plan.facts]
    industry, zone, land = (
        facts[:, named.index(f"factory.{key}")] for key in ("industry", "in_zone", "land")
    )
    seen = set()
    for case in range(45):
        wanted = ["E"] if industry[case] == 0 else []
        wanted += ["H"] if land[case] >= 3 and not zone[case] else []
        wanted = ["P"] if keys[case] == "shop" else [*wanted, "P"]
        assert steps_of(plan, trace, case) == wanted
        seen.add(tuple(wanted))
    assert len(seen) == 4


def test_a_backlog_moves_nobody_elses_luck(tmp_path):
    """Those that come have the same arrival, facts and work; so has a group alone."""
    plans = [
        compile_plan(mix(tmp_path / name, FACTORY + SHOP + said))
        for name, said in (
            ("none", ""), ("all", BACKLOG), ("one", WAITING.format("factory", "F")),
        )
    ]  # fmt: skip
    keys = [case_keys(plan) for plan in plans]
    assert len(set(keys[1].tolist())) == 145
    assert np.array_equal(keys[1][45:], keys[0])
    assert np.array_equal(keys[1][15:30], keys[2][:15])
    for draw in (arrival_times, case_facts, desk_times):
        without, full, single = (draw(plan, 3, 1) for plan in plans)
        assert np.array_equal(full[45:], without)
        assert np.array_equal(full[15:30], single[:15])


LATER = "[supervision]\nminutes = 30\nfinding = 0.6\napplicants = 9\nhold_days = 10\n"
FEW = OFFICES.replace("1,9", "1,2")


@pytest.mark.parametrize("more", ["", LATER, "[run]\nuntil_days = 12\n"])
def test_both_engines_run_a_backlog_of_types_alike(tmp_path, more):
    """Same traces to the tick from SimPy and compiled code, and every case is accounted for."""
    folder = folder_of(tmp_path, FACTORY + SHOP + BACKLOG + more)
    (folder / "offices.csv").write_text(FEW, "utf-8")
    plan = compile_plan(read_scenario(folder))
    runs = [simulate(plan, 2, 4, engine=engine) for engine in ("simpy", "fast")]
    assert [run.engine for run in runs] == ["simpy", "fast"]
    for plain, fast in zip(runs[0].replications, runs[1].replications, strict=True):
        for name in ("arrival", "finish", "ready", "start", "end", "outcome", "types", "holds"):
            assert np.array_equal(getattr(plain, name), getattr(fast, name)), name
        outcomes = plain.outcomes()
        assert len(outcomes) == 145
        assert (Outcome.IN_PROCESS in outcomes) == ("until" in more)


def test_run_prints_the_same_bytes_from_both_engines(tmp_path, capsys):
    """A backlog of two types in ``lianban run --json``: nothing but the engine differs."""
    folder_of(tmp_path, FACTORY + SHOP + BACKLOG)
    told = []
    for engine in ("simpy", "fast"):
        assert (
            main(["run", str(tmp_path), "--json", "--engine", engine, "--replications", "5"]) == 0
        )
        document = json.loads(capsys.readouterr().out)
        assert document.pop("engine") == engine
        told.append(json.dumps(document))
    assert told[0] == told[1]
    kinds = {each["key"]: each["cases"]["estimate"] for each in json.loads(told[0])["types"]}
    assert kinds == {"factory": 75, "shop": 70}


def test_facts_have_the_shares_that_the_planner_says(tmp_path):
    """Of 6000 factories 70 % are industrial, 40 % in the zone, and half have 50 mu or more."""
    plan = compile_plan(mix(tmp_path, FACTORY.replace("60", "6000") + SHOP))
    facts = case_facts(plan, 1, 0)[:6000]
    assert np.allclose((facts[:, :2] == 0).mean(axis=0), [0.7, 0.6], atol=0.02)
    assert abs((facts[:, 2] >= 3).mean() - 0.5) < 0.02


def test_a_case_that_needs_less_takes_less(tmp_path):
    """Alone and without luck the four procedures take the days of their own items, in series."""
    quiet = FACTORY.replace("per_year = 60", "per_year = 20\nnumber = 60")
    plan = compile_plan(mix(tmp_path, quiet))
    trace = only(plan)
    days = {"F": 2, "E": 8, "H": 6, "P": 4}
    ticks = plan.calendars[0].worked_many(trace.arrival, trace.finish)
    for case in range(60):
        paper = sum(days[key] for key in steps_of(plan, trace, case))
        assert ticks[case] / plan.day_ticks == pytest.approx(paper, abs=0.6)


def test_prerequisites_hold_only_between_items_that_a_case_needs(tmp_path):
    """In parallel a house that needs no assessment does not wait for one before its opinion."""
    plan = compile_plan(mix(tmp_path, FACTORY.replace("0.7", "0").replace("0.3", "1"), "parallel"))
    ends = {(plan.steps[link.before].key, plan.steps[link.after].key) for link in plan.links}
    assert ends == {("H", "P"), ("F", "P")}


def test_a_joint_step_keeps_the_members_that_a_case_needs(tmp_path):
    """The joint review takes 8 + 1 days with both members, 6 + 1 with the opinion alone."""
    whole = mix(tmp_path, FACTORY, "joint")
    found = {
        profile.items: whole.sorts[0].procedure(whole.procedure, whole.today.keys, profile)
        for profile in whole.sorts[0].profiles
    }
    days = {
        tuple(member.key for member in part["R"].members): part["R"].duration.amount
        for part in found.values()
        if "R" in part
    }
    assert days == {("E", "H"): 9, ("E",): 9, ("H",): 7}
    assert found["F", "P"].keys == ("F", "P")


def test_a_watched_joint_step_has_the_limit_of_joint_handling(tmp_path):
    """Joint handling: 45 working days and 15 more (行政许可法 art. 42); unwatched it has none."""
    for said, limit, longer in (("\n[clock]\n", 45, 15), ("", 0, 0)):
        plan = compile_plan(mix(tmp_path, FACTORY + said, "joint"))
        joint = [step for step in plan.steps if step.key == "R"]
        assert {step.statute // plan.day_ticks for step in joint} == {limit}
        assert {step.extension // plan.day_ticks for step in joint} == {longer}


def test_the_class_and_level_come_from_the_tables(tmp_path):
    """What a row says of level and class holds for the cases of that row and no others."""
    rows = ROWS.replace("n4,-,-,-,P,,", "n4,-,< 50,-,P,,immediate\nn5,-,>= 50,-,P,,")
    (tmp_path / "x").mkdir()
    scenario = read_scenario(folder_of(tmp_path, FACTORY, rows))
    by_class = {
        scenario.sorts[0]
        .procedure(scenario.today, scenario.today.keys, profile)["P"]
        .dealing.handling.value
        for profile in scenario.sorts[0].profiles
    }
    assert by_class == {"immediate", "promised"}
    levels = {
        part["H"].dealing.decide_level.value
        for profile in scenario.sorts[0].profiles
        if "H" in (part := scenario.sorts[0].procedure(
            scenario.today, scenario.today.keys, profile))
    }  # fmt: skip
    assert levels == {"county"}


def test_a_type_that_is_added_moves_no_other_types_numbers(tmp_path):
    """Factories come when they came, with the same facts and times, whatever else comes."""
    wide = OFFICES.replace(",9", ",90").replace(",1,", ",50,")
    found = []
    for types in (FACTORY, FACTORY + SHOP, SHOP + FACTORY):
        folder_of(tmp_path, types)
        (tmp_path / "offices.csv").write_text(wide, "utf-8")
        plan = compile_plan(read_scenario(tmp_path))
        trace = only(plan)
        mine = [n for n, of in enumerate(trace.types.tolist()) if plan.types[of].key == "factory"]
        found.append((trace.arrival[mine], trace.finish[mine]))
    assert len(found[0][0]) == 60
    for arrival, finish in found[1:]:
        assert (arrival == found[0][0]).all()
        assert (finish == found[0][1]).all()


def test_a_case_has_the_same_facts_in_every_redesign(tmp_path):
    """Baseline and redesign draw the same facts and arrivals, case by case."""
    today = compile_plan(mix(tmp_path))
    reform = compile_plan(mix(tmp_path, redesign="joint"))
    assert (case_facts(today, 1, 0) == case_facts(reform, 1, 0)).all()
    assert (only(today).arrival == only(reform).arrival).all()


def test_types_share_the_offices(tmp_path):
    """With one reviewer shops wait behind factories; alone they do not."""
    few = OFFICES.replace(",9", ",1")
    waits = []
    for types in (SHOP, FACTORY.replace("per_year = 60", "per_year = 250") + SHOP):
        folder_of(tmp_path, types)
        (tmp_path / "offices.csv").write_text(few, "utf-8")
        settings = (tmp_path / "scenario.toml").read_text("utf-8")
        (tmp_path / "scenario.toml").write_text(settings.replace("0.1", "0.6"), "utf-8")
        plan = compile_plan(read_scenario(tmp_path))
        trace = only(plan)
        mine = np.array([plan.types[of].key == "shop" for of in trace.types])
        waits.append((trace.finish - trace.arrival)[mine].mean())
    assert waits[1] > 1.5 * waits[0]


def test_shares_split_the_volume_and_logs_name_the_type(tmp_path):
    """A quarter and three quarters of 100 cases a year are 25 and 75; each row names its type."""
    types = SHOP.replace("per_year = 40", "share = 0.25") + FACTORY.replace(
        "per_year = 60", "share = 0.75"
    )
    scenario = mix(tmp_path, types)
    assert [sort.number for sort in scenario.sorts] == [25, 75]
    assert scenario.cases.number == 100
    plan = compile_plan(scenario)
    rows = list(rows_of(plan, 0, only(plan)))
    assert {row.type for row in rows if row.case < 25} == {"shop"}
    assert {row.type for row in rows if row.case >= 25} == {"factory"}


def test_a_zone_result_serves_all_types(tmp_path):
    """Factories and shops use one zone assessment while it is valid, not one of each type."""
    types = FACTORY + SHOP + "\n[zones]\nF = 3000\n"
    plan = compile_plan(mix(tmp_path, types))
    trace = only(plan)
    zone = [n for n, desk in enumerate(plan.desks) if desk.name == "zone"]
    assert len(zone) > 1
    spent = trace.end[:, zone] - trace.start[:, zone]
    first = int(trace.arrival.argmin())
    assert ((spent.max(axis=1) > 0) & (trace.arrival > trace.finish[first])).sum() == 0
    assert spent.max() > 0


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (FACTORY.replace("industrial =", "industrail ="), "'industrail' is no value of it (did"),
        (FACTORY.replace("in_zone", "in_zome"), "no decision table asks for it (did you mean"),
        (FACTORY.replace("in_zone = 0.4", "in_zone = 1.4"), "1.4 is not a number between 0 and 1"),
        (FACTORY.replace("min = 0", "min = 9").replace("max = 100", "max = 3"), "land:"),
        (FACTORY.replace("per_year = 60", ""), "either share (of [cases]) or per_year"),
        (FACTORY.replace('"factory"', '"fac\u200btory"', 1), "holds the invisible character"),
        (FACTORY + FACTORY, "'factory' stands twice (first on line"),
        (SHOP.replace('"P"', '"Q"'), "no step is called 'Q'"),
        (SHOP.replace("per_year = 40", "share = 0.5"), "the types' shares add up to 0.5"),
        (SHOP.replace("priority", "prioritty"), "prioritty: unknown setting (did you mean"),
        (FACTORY.replace("[type.facts]", 'items = ["F"]\n[type.facts]'), "say which items"),
        (FACTORY.replace("in_zone = 0.4\n", ""), "in_zone"),
        (FACTORY.replace("max = 100", "max = nan"), "land:"),
        (FACTORY.replace("[type.facts]", 'tables = ["need"]\n[type.facts]'), "no table is called"),
        (FACTORY + SHOP + "[[waiting]]\nnumber = 3\n", "they are of was expected: factory, shop"),
        (SHOP + WAITING.format("shpo", "F"), "no type is called 'shpo' (did you mean 'shop'?)"),
        (SHOP + WAITING.format("shop", "E"), "cases of shop have no step 'E'"),
        ("", "no [[type]] says of which facts"),
    ],
)
def test_what_a_type_cannot_be_is_said_with_its_line(tmp_path, types, message):
    """Every wrong type gives one line with file, line and what was expected."""
    with pytest.raises(InputError) as raised:
        mix(tmp_path, types)
    lines = [str(problem) for problem in raised.value.problems]
    assert any(message in line and line.startswith("scenario.toml:") for line in lines), lines


def test_a_rule_about_an_unknown_item_is_told_once(tmp_path):
    """A row that asks for an item that the folder does not hold is named, not skipped."""
    with pytest.raises(InputError, match="concludes the item 'Z'") as raised:
        read_scenario(folder_of(tmp_path, FACTORY, ROWS + "n9,-,-,-,Z,,\n"))
    assert len(raised.value.problems) == 1


def test_the_shipped_mix_goes_the_ways_that_its_tables_say():
    """Large sites link the permit's offices, the largest go up; residents end at the window."""
    plan = compile_plan(load("county-mix"))
    trace = only(plan)
    facts = case_facts(plan, 1, 0)
    named = {fact.key: number for number, fact in enumerate(plan.facts)}
    land = plan.facts[named["project.land"]]
    assert land.points == (0.0, 50.0, 100.0)
    rows = list(rows_of(plan, 0, trace))
    went: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        went.setdefault(row.case, set()).add((row.step, row.desk))
    for case in range(60):
        large, largest = (facts[case, named["project.land"]] >= piece for piece in (3, 5))
        done = trace.outcomes()[case] == Outcome.FINISHED
        if done:
            assert (("P", "opinion-culture") in went[case]) is bool(large)
        industrial = facts[case, named["project.industry"]] == 0
        if ("E", "upper-dwell") in went[case]:
            assert largest
            assert not industrial
    assert {desk for case in range(420, 2820) for _, desk in went[case]} <= {
        "window", "correction", "returned",
    }  # fmt: skip


def test_compare_tells_what_each_type_gains(tmp_path, capsys):
    """Parallel handling saves factories days, and shops none: each type stands in its own line."""
    from lianban.cli import main

    folder = folder_of(tmp_path / "mix", FACTORY + SHOP)
    asked = ["compare", str(folder), f"{folder}/parallel", "--replications", "5"]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    gains = {}
    for name in ("factory", "shop"):
        (line,) = [each for each in lines if each.split()[:1] == [name]]
        gains[name] = float(re.findall(r"-?\d+\.\d", line)[4])
    assert gains["factory"] < -0.5
    assert gains["shop"] == 0.0


def test_a_type_may_come_as_a_file_says(tmp_path):
    """Shops of a file of three arrivals are three, at those instants; factories stay."""
    types = FACTORY + SHOP + '[type.arrivals]\ntrace = "shops.csv"\n'
    folder = folder_of(tmp_path, types)
    (folder / "shops.csv").write_text("2013-03-01T09:30\n2013-02-01T10:00\n2013-02-04\n", "utf-8")
    plan = compile_plan(read_scenario(folder))
    trace = only(plan)
    calendar = plan.calendars[0]
    assert [str(calendar.datetime_of(int(tick))) for tick in trace.arrival[60:]] == [
        "2013-02-01 10:00:00", "2013-02-04 00:00:00", "2013-03-01 09:30:00",
    ]  # fmt: skip
    assert (trace.arrival[:60] == only(compile_plan(mix(tmp_path))).arrival[:60]).all()


def test_a_mix_is_not_mixed_again(tmp_path):
    """A folder with types is a plan of its own: putting it beside another is refused."""
    scenario = mix(tmp_path)
    with pytest.raises(InputError, match="put all types into one folder"):
        compile_together((scenario, scenario))


def test_a_mix_too_large_for_memory_is_refused(tmp_path):
    """Ten million cases of five procedures are refused in one line, before any is drawn."""
    scenario = mix(tmp_path, FACTORY.replace("per_year = 60", "per_year = 10_000_000") + SHOP)
    with pytest.raises(InputError, match="more than fit in memory"):
        compile_plan(scenario)


def test_run_tells_of_types_and_clocks_the_same_way_however_it_ran(tmp_path, capsys):
    """Kept whole or only in sums, the answer is the same, byte for byte, with types by name."""
    import json

    from lianban.cli import main

    folder = folder_of(tmp_path / "mix", FACTORY + SHOP + "\n[clock]\n")
    asked = ["run", str(folder), "--replications", "2", "--json"]
    assert main(asked) == 0
    plain = capsys.readouterr().out
    assert main([*asked, "--log", str(tmp_path / "log.csv")]) == 0
    assert capsys.readouterr().out == plain
    document = json.loads(plain)
    factory, shop = document["types"]
    assert (factory["key"], shop["key"]) == ("factory", "shop")
    assert shop["elapsed_mean_wd"]["estimate"] < 7 < factory["elapsed_mean_wd"]["estimate"]
    assert factory["promise_kept"]["estimate"] == 1
    assert shop["promise_kept"] is None
    assert {step["key"] for step in document["clocks"]["steps"]} == {"F", "E", "H", "P"}
    assert main(asked[:-1]) == 0
    assert "shop" in capsys.readouterr().out
