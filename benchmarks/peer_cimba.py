"""The process of :mod:`benchmarks.approval_model` in cimba; run by :mod:`benchmarks.peers`.

Runs under an interpreter that has cimba and prints a JSON line. Every person is a
process that takes jobs from the pool's store; a job is ``20 * case + activity``.
"""

import json
import statistics
import sys
import time

import approval_model as model
import cimba as cb
import numpy as np
from cimba import inputs

STEPS = len(model.NEEDS)
FOLLOWERS = [[n for n, needs in enumerate(model.NEEDS) if at in needs] for at in range(STEPS)]
FIRST = [sum(map(len, FOLLOWERS[:at])) for at in range(STEPS + 1)]
ALL_FOLLOWERS = [n for each in FOLLOWERS for n in each]


class House(cb.Model):
    gap: cb.Input[float] = inputs.dist.exponential(mean=60.0 * model.GAP)
    minutes: cb.Array[float] = cb.Array([60.0 * minutes for minutes, _ in model.MINUTES_AND_POOL])
    pool: cb.Array[int] = cb.Array([pool for _, pool in model.MINUTES_AND_POOL])
    needs: cb.Array[int] = cb.Array([max(1, len(needs)) for needs in model.NEEDS])
    first: cb.Array[int] = cb.Array(FIRST)
    followers: cb.Array[int] = cb.Array(ALL_FOLLOWERS)
    missing: cb.Array[int] = cb.Array(STEPS * model.CASES)
    came: cb.Array[float] = cb.Array(model.CASES)
    offices: "list[Office]"
    clerks: "list[Clerk]"
    left: cb.Output[int]
    took: cb.Output[float]

    @cb.on_start
    def nothing_yet(self):
        self.took = 0.0

    @cb.process
    def arrivals(self):
        opened = 0.0
        for case in range(model.CASES):
            opened += self.gap.next()
            week = opened // model.OPEN_WEEK
            rest = opened - week * model.OPEN_WEEK
            day = rest // model.OPEN_DAY
            when = week * model.WEEK + day * model.DAY + model.OPENS + rest - day * model.OPEN_DAY
            cb.hold(when - cb.now())
            self.came[case] = cb.now()
            for step in range(STEPS):
                self.missing[STEPS * case + step] = self.needs[step]
            self.offices[self.pool[0]].jobs.put(STEPS * case)


class Office(cb.Model):
    jobs: cb.Store[int]


class Clerk(cb.Model):
    house: cb.Ref[House]
    office: cb.Ref[Office]
    luck: cb.Input[float] = inputs.dist.exponential(mean=1.0)

    @cb.process
    def work(self):
        house = self.house
        while True:
            job = self.office.jobs.get()
            case = job // STEPS
            step = job - STEPS * case
            now = cb.now()
            week = now // model.WEEK
            within = now - week * model.WEEK
            day = within // model.DAY
            second = within - day * model.DAY - model.OPENS
            # whoever is enabled at the very closing time begins the next morning
            opened = week * model.OPEN_WEEK + day * model.OPEN_DAY + second
            opened += self.luck.next() * house.minutes[step]
            week = opened // model.OPEN_WEEK
            rest = opened - week * model.OPEN_WEEK
            day = rest // model.OPEN_DAY
            when = week * model.WEEK + day * model.DAY + model.OPENS + rest - day * model.OPEN_DAY
            cb.hold(when - now)
            for at in range(house.first[step], house.first[step + 1]):
                after = house.followers[at]
                house.missing[STEPS * case + after] -= 1
                if house.missing[STEPS * case + after] == 0:
                    house.offices[house.pool[after]].jobs.put(STEPS * case + after)
            if step == STEPS - 1:
                house.took += cb.now() - house.came[case]
                house.left += 1
                if house.left == model.CASES:
                    cb.end_trial()


def house() -> House:
    """Return the model."""
    made = House()
    made.offices = [Office() for _ in model.PEOPLE]
    clerks = []
    for office, people in zip(made.offices, model.PEOPLE, strict=True):
        for _ in range(people):
            clerk = Clerk()
            clerk.house, clerk.office = made, office
            clerks.append(clerk)
    made.clerks = clerks
    return made


def main() -> None:
    """Print processor seconds of a run, the first apart, and each run's mean hours."""
    turns, runs = int(sys.argv[1]), 10
    times, hours = [], []
    for turn in range(turns + 1):
        made = house()
        began = time.process_time()
        found = cb.Experiment(
            made, replications=runs if turn else 1, seed=turn,
            window=cb.Window(duration=60.0 * model.WEEK),
        ).run(workers=1)  # fmt: skip
        times.append((time.process_time() - began) / (runs if turn else 1))
        took, left = (np.ravel(each).tolist() for each in (found[made].took, found[made].left))
        assert all(int(each) == model.CASES for each in left), left
        hours += [float(each) / model.CASES / 3600 for each in took]
    print(
        json.dumps(
            {
                "version": cb.__version__,
                "seconds": times[1:],
                "first": times[0],
                "hours": hours,
                "median": statistics.median(times[1:]),
            }
        )
    )


if __name__ == "__main__":
    main()
