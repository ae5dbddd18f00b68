// The process of approval_model.py in plain C++: how fast it could be. Run by peers.py.
//
// One thread, arrays only: a heap of (instant, job) for whoever is at work, arrivals beside it,
// first-come queues as linked lists, prerequisites as counters. Draws by xoshiro256+.
// Arguments: runs, then the model as numbers; prints seconds and mean hours of each run.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <vector>

namespace {

uint64_t state[4];

uint64_t rotated(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

double uniform() {
    const uint64_t word = state[0] + state[3], t = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotated(state[3], 45);
    return double((word >> 11) | 1) * 0x1.0p-53;
}

int64_t exponential(double mean) { return std::llround(-mean * std::log1p(-uniform())); }

void seed(uint64_t from) {
    for (auto& word : state) {  // splitmix64
        uint64_t z = (from += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
}

constexpr int64_t DAY = 86400, WEEK = 7 * DAY, OPENS = 9 * 3600, OPEN_DAY = 8 * 3600;
constexpr int64_t OPEN_WEEK = 5 * OPEN_DAY;

int64_t open_before(int64_t tick) {
    const int64_t week = tick / WEEK, within = tick % WEEK, day = within / DAY;
    int64_t today = within % DAY - OPENS;
    today = today < 0 ? 0 : today > OPEN_DAY ? OPEN_DAY : today;
    return week * OPEN_WEEK + (day < 5 ? day * OPEN_DAY + today : OPEN_WEEK);
}

// the end of work: at closing time rather than at the next opening
int64_t tick_after(int64_t open) {
    const int64_t last = open - 1;
    const int64_t week = last / OPEN_WEEK, within = last % OPEN_WEEK;
    return week * WEEK + within / OPEN_DAY * DAY + OPENS + within % OPEN_DAY + 1;
}

int64_t opening(int64_t tick) {
    const int64_t open = open_before(tick);
    return tick_after(open + 1) - 1;
}

}  // namespace

int main(int count, char** words) {
    std::vector<int64_t> given;
    for (int at = 1; at < count; ++at) given.push_back(std::atoll(words[at]));
    size_t at = 0;
    const auto next = [&] { return given[at++]; };
    const int runs = int(next()), cases = int(next()), steps = int(next()), pools = int(next());
    const double gap = double(next());
    std::vector<int> pool(steps), needs(steps), people(pools);
    std::vector<double> mean(steps);
    std::vector<std::vector<int>> followers(steps);
    for (int step = 0; step < steps; ++step) mean[step] = double(next()), pool[step] = int(next());
    for (auto& each : people) each = int(next());
    while (at < given.size()) {
        const int before = int(next()), after = int(next());
        followers[before].push_back(after);
        ++needs[after];
    }
    for (int run = 0; run < runs; ++run) {
        const std::clock_t began = std::clock();
        seed(uint64_t(run));
        std::vector<int64_t> arrival(cases), work(size_t(cases) * steps);
        int64_t passed = 0;
        for (auto& each : arrival) each = tick_after((passed += exponential(gap)) + 1) - 1;
        for (int one = 0; one < cases; ++one)
            for (int step = 0; step < steps; ++step)
                work[size_t(one) * steps + step] = exponential(mean[step]);
        std::vector<int64_t> ready(work.size()), start(work.size()), end(work.size());
        std::vector<int> missing(work.size()), behind(work.size(), -1);
        for (size_t job = 0; job < work.size(); ++job) missing[job] = needs[job % steps];
        std::vector<int> first(pools, -1), last(pools, -1), free(people);
        typedef std::pair<int64_t, int> Event;
        std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events;
        const auto begin = [&](int job, int64_t now) {
            start[job] = opening(now);
            end[job] = tick_after(open_before(start[job]) + work[job]);
            events.push({end[job], job});
        };
        const auto come = [&](int job, int64_t now) {
            ready[job] = now;
            const int at = pool[job % steps];
            if (free[at]) {
                --free[at];
                begin(job, now);
            } else {
                if (last[at] < 0)
                    first[at] = job;
                else
                    behind[last[at]] = job;
                last[at] = job;
            }
        };
        int came = 0;
        while (came < cases || !events.empty()) {
            if (came < cases && (events.empty() || arrival[came] < events.top().first)) {
                come(came * steps, arrival[came]);
                ++came;
                continue;
            }
            const int64_t now = events.top().first;
            const int job = events.top().second, step = job % steps, from = pool[step];
            events.pop();
            if (first[from] >= 0) {
                const int next_job = first[from];
                first[from] = behind[next_job];
                if (first[from] < 0) last[from] = -1;
                begin(next_job, now);
            } else {
                ++free[from];
            }
            for (const int after : followers[step])
                if (!--missing[job - step + after]) come(job - step + after, now);
        }
        double hours = 0;
        for (int one = 0; one < cases; ++one)
            hours += double(end[size_t(one + 1) * steps - 1] - arrival[one]) / 3600;
        std::printf("%.9f %.6f\n", double(std::clock() - began) / CLOCKS_PER_SEC, hours / cases);
    }
}
