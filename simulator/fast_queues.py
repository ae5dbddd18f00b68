"""What is pending, who waits, and small lists, in the state of the kernel that knows all of a plan.

- Events are in order of (tick, turn): turns count events as they are scheduled, as SimPy
  does, so both engines do everything in one order.
- A queue is a linked list in order of (rank, ready, job) with :data:`LEVELS` levels: whoever
  comes last joins at its end at once, others find their place in steps of 512, 64 and 8.
- A place in a queue is ``job << SLOT_BITS | slot``: a job that needs several pools stands in
  a queue for each.
- Notes are four numbers, used again when done with; lists are chains of them.
"""

from __future__ import annotations

from scenarios.plan import IntArray
from simulator.fast_layout import (
    BEHIND,
    ELSE_TOUCHED,
    EVENTS,
    FAULT,
    HEAD,
    HELD,
    HOLDS,
    IS_BEYOND,
    IS_FULL,
    IS_RANKED,
    KEYS,
    KIND_BITS,
    LEVELS,
    LONG,
    MOST_EVENTS,
    MOST_HOLDS,
    MOST_NOTES,
    MOST_TICK,
    MOST_TOUCHES,
    NODE_SHIFT,
    NODES,
    NOTE_FREE,
    NOTES,
    NOTES_USED,
    NOW,
    QUEUES_OF,
    RANK,
    READY,
    TAIL,
    TOUCHED,
    TOUCHES,
    TURN,
    TURN_BITS,
    WHATS,
)
from simulator.fast_time import compiled

NOBODY = -1


@compiled
def get(table: IntArray, what: int, at: int) -> int:
    """Return a number of one of the table's lists."""
    return int(table[table[what] + at])


@compiled
def put(table: IntArray, what: int, at: int, value: int) -> None:
    """Set a number of one of the table's lists."""
    table[table[what] + at] = value


# --- events -----------------------------------------------------------------------------


@compiled
def next_turn(state: IntArray, tick: int) -> int:
    """Return the place in the order of events of one that is scheduled now for a tick."""
    if tick < 0 or tick >= MOST_TICK or state[TURN] >= 1 << TURN_BITS:
        state[FAULT] = IS_BEYOND
        tick = 0
    turn = state[TURN]
    state[TURN] = turn + 1
    return int(tick << TURN_BITS | turn)


@compiled
def schedule(state: IntArray, tick: int, what: int, about: int) -> None:
    """Let something happen at a tick; a tick below 0 is one that no calendar reaches."""
    at = state[EVENTS]
    if at >= state[MOST_EVENTS]:
        state[FAULT] = IS_FULL
        return
    state[EVENTS] = at + 1
    key = next_turn(state, tick)
    keys, whats = state[KEYS], state[WHATS]
    while at:
        above = (at - 1) >> 1
        if state[keys + above] < key:
            break
        state[keys + at], state[whats + at] = state[keys + above], state[whats + above]
        at = above
    state[keys + at], state[whats + at] = key, about << KIND_BITS | what


@compiled
def drop_first(state: IntArray) -> None:
    """Take the first event off those that are pending."""
    last = state[EVENTS] - 1
    state[EVENTS] = last
    keys, whats = state[KEYS], state[WHATS]
    at, below = 0, 1
    # down the side of whoever is first, then up with the last event: it seldom goes far
    while below < last:
        # as a number, because a branch would be guessed wrong half the time
        below += int(state[keys + below + 1] < state[keys + below])
        state[keys + at], state[whats + at] = state[keys + below], state[whats + below]
        at, below = below, 2 * below + 1
    key, what = state[keys + last], state[whats + last]
    while at:
        above = (at - 1) >> 1
        if state[keys + above] < key:
            break
        state[keys + at], state[whats + at] = state[keys + above], state[whats + above]
        at = above
    state[keys + at], state[whats + at] = key, what


@compiled
def touch(state: IntArray, pool: int) -> None:
    """Let a pool be looked at when the round is over."""
    at = state[TOUCHES]
    if at >= state[MOST_TOUCHES]:
        state[FAULT] = IS_FULL
        return
    put(state, TOUCHED, at, pool)
    state[TOUCHES] = at + 1


@compiled
def touch_else(state: IntArray) -> None:
    """Let leaving and gatherings be looked at when the round is over."""
    state[ELSE_TOUCHED] = 1


# --- queues -----------------------------------------------------------------------------


@compiled
def height_of(job: int) -> int:
    """Return on how many levels a job stands, always the same."""
    mixed = (job * 2_654_435_761) >> 11
    height = 1
    while height < LEVELS and mixed & 7 == 0:
        height += 1
        mixed >>= 3
    return height


@compiled
def is_before(state: IntArray, one: int, other: int) -> bool:
    """Return whether a job goes before another."""
    if state[IS_RANKED]:
        first, second = get(state, RANK, one), get(state, RANK, other)
        if first != second:
            return first < second
    first, second = get(state, READY, one), get(state, READY, other)
    return first < second or (first == second and one < other)


@compiled
def join(state: IntArray, queue: int, node: int) -> None:
    """Put a job into a queue."""
    shift, queues, nodes = state[NODE_SHIFT], state[QUEUES_OF], state[NODES]
    head, tail, behind = state[HEAD] + queue, state[TAIL] + queue, state[BEHIND]
    state[state[LONG] + queue] += 1
    job = node >> shift
    height = height_of(job)
    last = state[tail]
    if last == NOBODY or is_before(state, last >> shift, job):
        for level in range(height):
            last = state[tail + level * queues]
            if last == NOBODY:
                state[head + level * queues] = node
            else:
                state[behind + level * nodes + last] = node
            state[tail + level * queues] = node
            state[behind + level * nodes + node] = NOBODY
        return
    at = NOBODY
    for level in range(LEVELS - 1, -1, -1):
        links = behind + level * nodes
        after = state[head + level * queues] if at == NOBODY else state[links + at]
        while after != NOBODY and is_before(state, after >> shift, job):
            at = after
            after = state[links + at]
        if level < height:
            state[links + node] = after
            if at == NOBODY:
                state[head + level * queues] = node
            else:
                state[links + at] = node
            if after == NOBODY:
                state[tail + level * queues] = node


@compiled
def take_out(state: IntArray, queue: int, node: int) -> None:
    """Take a job out of a queue, wherever it stands; nothing happens if it does not."""
    shift, queues, nodes = state[NODE_SHIFT], state[QUEUES_OF], state[NODES]
    head, tail, behind = state[HEAD] + queue, state[TAIL] + queue, state[BEHIND]
    job = node >> shift
    at = NOBODY
    for level in range(LEVELS - 1, -1, -1):
        links = behind + level * nodes
        after = state[head + level * queues] if at == NOBODY else state[links + at]
        while after != NOBODY and is_before(state, after >> shift, job):
            at = after
            after = state[links + at]
        if after == node:
            beyond = state[links + node]
            if at == NOBODY:
                state[head + level * queues] = beyond
            else:
                state[links + at] = beyond
            if beyond == NOBODY:
                state[tail + level * queues] = at
            if level == 0:
                state[state[LONG] + queue] -= 1


@compiled
def take_first(state: IntArray, queue: int) -> int:
    """Take the first job out of a queue; return its place."""
    queues, nodes = state[QUEUES_OF], state[NODES]
    head, tail, behind = state[HEAD] + queue, state[TAIL] + queue, state[BEHIND]
    node = state[head]
    for level in range(height_of(node >> state[NODE_SHIFT])):
        beyond = state[behind + level * nodes + node]
        state[head + level * queues] = beyond
        if beyond == NOBODY:
            state[tail + level * queues] = NOBODY
    state[state[LONG] + queue] -= 1
    return int(node)


# --- notes ------------------------------------------------------------------------------

VALUE, NEXT, PERSON, SINCE = range(4)
"""What a note says, which note follows, and for people who they are and since when."""


@compiled
def read(state: IntArray, at: int, what: int) -> int:
    """Return one of the numbers of a note."""
    return get(state, NOTES, 4 * at + what)


@compiled
def note(state: IntArray, value: int, other: int) -> int:
    """Write two numbers down; return where. The second often is the note that follows."""
    at = state[NOTE_FREE]
    if at != NOBODY:
        state[NOTE_FREE] = get(state, NOTES, 4 * at + NEXT)
    elif state[NOTES_USED] < state[MOST_NOTES]:
        at = state[NOTES_USED]
        state[NOTES_USED] = at + 1
    else:  # the run is given up; note 0 is nobody's, so lists stay lists until then
        state[FAULT] = IS_FULL
        at, other = 0, NOBODY
    put(state, NOTES, 4 * at + VALUE, value)
    put(state, NOTES, 4 * at + NEXT, other)
    return int(at)


@compiled
def strike(state: IntArray, at: int) -> int:
    """Let a note be used again; return its second number."""
    other = get(state, NOTES, 4 * at + NEXT)
    if at:
        put(state, NOTES, 4 * at + NEXT, state[NOTE_FREE])
        state[NOTE_FREE] = at
    return other


@compiled
def strike_all(state: IntArray, first: int) -> None:
    """Let all notes of a list be used again."""
    while first != NOBODY:
        first = strike(state, first)


@compiled
def append(state: IntArray, last: int, value: int) -> int:
    """Add a note to the end of a list, after its last; return it, the new last."""
    at = note(state, value, NOBODY)
    if last != NOBODY and at:  # nobody's note is no part of a list
        put(state, NOTES, 4 * last + NEXT, at)
    return at


@compiled
def append_member(state: IntArray, last: int, pool: int, person: int) -> int:
    """Add somebody of a pool to a team; :data:`NOBODY` stands for one of many who are alike."""
    at = append(state, last, pool)
    put(state, NOTES, 4 * at + PERSON, person)
    put(state, NOTES, 4 * at + SINCE, state[NOW])
    return at


@compiled
def hold(state: IntArray, how: int, pool: int, since: int, until: int, job: int) -> None:
    """Write down that somebody was held, or let go, other than by a visit; of a job or -1."""
    number = state[HOLDS]
    if number >= state[MOST_HOLDS]:
        state[FAULT] = IS_FULL
        return
    put(state, HELD, 5 * number, how)
    put(state, HELD, 5 * number + 1, pool)
    put(state, HELD, 5 * number + 2, since)
    put(state, HELD, 5 * number + 3, until)
    put(state, HELD, 5 * number + 4, job)
    state[HOLDS] = number + 1
