"""Where everything stands in the two arrays of the kernel that knows all of a plan.

``house`` holds what does not change in a run, ``state`` what does. Both begin with a header:
single numbers, and where each list begins. ``get(house, DESK_STEP, desk)`` reads a list.
"""

from __future__ import annotations

(
    WIDTH, PLACE_BITS, SLOT_BITS, STEPS, CASES, POOLS, DESKS, QUEUES, WAITS, INSIDE, UNTIL,
    SHORTEST, RANKED, SKIPS, LEARNING_DAYS, APPLICANTS, INSPECTED_AFTER, HELD_FOR,
    INSPECTION_STREAM, INSPECTION_CHANCE,
    # lists by desk; the offsets are one longer
    DESK_STEP, DESK_AFTER, DESK_CALENDAR, DESK_STAFFED, DESK_ALWAYS, DESK_FINISHES, DESK_LEARNS,
    DESK_SPECIAL, DESK_ROUTED, DESK_STREAM, DESK_OTHER, DESK_KEEPS, DESK_PEOPLE, DESK_OWN,
    DESK_PATIENCE, DESK_LIMIT, DESK_LIMIT_LAST, DESK_LIMIT_CHANCE, DESK_GATHERS, DESK_PLACE,
    DESK_SLOTS, DESK_LENGTH, DESK_QUORUM, DESK_SITTINGS, DESK_TRAVEL, DESK_EACH, DESK_WAIT,
    DESK_ONE_BY_ONE, DESK_ROUTES,
    # lists of those lists
    PEOPLE, SITTINGS, ROUTE_TO, ROUTE_WITHIN, ROUTE_CHANCES,
    # by step
    STEP_FIRST, STEP_MAIN, STEP_TIMED, STEP_PRIORITY, STEP_NEEDS, STEP_UNLOCKS,
    UNLOCKS, LAG, LAG_CALENDAR,
    # by case type
    TYPE_DESK, TYPE_DESKS, TYPE_STEP, TYPE_STEPS, TYPE_MAIN, TYPE_PRIORITY, TYPE_PROMISE,
    TYPE_ROOTS, ROOTS,
    # by pool
    POOL_CAPACITY, POOL_ORDER, POOL_INTERRUPTS, POOL_ATTENDED, POOL_CROWDED, POOL_ROOM,
    POOL_ERRAND, POOL_CALENDAR, POOL_SHIFTS, POOL_HANDS, PERSON_CALENDAR, PERSON_SKILLS, SKILLS,
    # by case in the house at the beginning
    INSIDE_DONE, DONE_STEPS,
    LEARNING,
    HOUSE_HEADER,
) = range(89)  # fmt: skip

(
    FAULT, NOW, TURN, EVENTS, MOST_EVENTS, COME, COME_KEY, TOUCHES, MOST_TOUCHES, ELSE_TOUCHED,
    LEAVINGS, MOST_LEAVINGS, NOTES_USED, NOTE_FREE, MOST_NOTES, EARLIERS, MOST_EARLIER,
    REVISITS, WISHES, MOST_WISHES, HOLDS, MOST_HOLDS, LEFT_HOUSE, IS_RANKED, NODE_SHIFT,
    QUEUES_OF, NODES, SEED, REPLICATION, ANY_ATTENDED,
    # by case
    ARRIVAL, COMES, WHO, TYPE, OUTCOME, FINISH, OPEN_STEPS, KEPT, LUCK_KEY, APPLICANT,
    # by case and step
    MISSING, ENABLED, BEGAN,
    # by job
    WORK, SKIP, READY, START, END, VISIT, SEGMENT, LEFT_AT, REMAINING, PAUSED, RANK, LATE,
    # by place in a queue
    TOOK,
    # by pool or person
    FREE, ALARM, ERRANDS, ATTENDED, BUSY, SPOKEN_FOR, OFFERED, HANDS, HANDS_FULL,
    # by queue, and by place in a queue
    HEAD, TAIL, LONG, BEHIND,
    # by desk where cases gather
    SITTING, MEETING_DUE, QUOTA_DUE, FIRST_OF_TRIP, LATE_ONES, ASSESSING, UNDER_WAY, LAST_UNDER_WAY,
    VALID_UNTIL, RESULTS, LICENCES,
    # by applicant
    HELD_SINCE, HELD_UNTIL,
    # what is pending
    KEYS, WHATS, TOUCHED, LEAVING, STACK, NOTES, EARLIER, REVISITED, WISHED, HELD,
    STATE_HEADER,
) = range(93)  # fmt: skip

RELEASE, ENABLE, TOUCH, ENTER, STRETCH, PATIENCE_ENDS, FALL_DUE, RISE, SETTLE, TAKEN_ON, HOLD_UP, \
    BACK, TEAM_DONE, WAITS_NO_LONGER = range(14)  # fmt: skip
"""What happens."""
KIND_BITS = 4

PLAYED, IS_BEYOND, IS_FULL, IS_WISHING = range(4)
"""How the kernel leaves off: the end; work does not end; too little room; draws are wanted."""

NO_GATHERING, IS_MEETING, IS_TRIP, IS_ZONE, IS_QUOTA = range(5)
FIRST_COME, PRIORITY, DEADLINE, FILING, LISTED = range(5)

LEVELS = 4
"""Levels of a queue: one of eight cases stands on the second, one of 64 on the third."""
TURN_BITS = 28
MOST_TICK = 2**35
"""Ticks, 1,089 years, and turns share the 63 bits by which events are in order."""
