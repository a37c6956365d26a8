"""Divides a length of time into clips of permitted lengths. Pure arithmetic; knows nothing of pictures."""

from collections.abc import Collection, Iterator, Sequence

from shared.domain.errors import PlanImpossible

PREFERRED_SECONDS = 5.5
SHORTEST_COMFORTABLE = 4
LONGEST_COMFORTABLE = 7


def possible_shot_counts(total: int, permitted: Sequence[int], max_shots: int) -> tuple[int, ...]:
    """Tell how many shots can make up exactly `total` seconds, ascending; empty where none can.

    Args:
        total: seconds of the whole video.
        permitted: lengths one clip may have, in seconds.
        max_shots: largest count to consider.
    """
    counted = zip(range(1, max_shots + 1), _sums(permitted, total), strict=False)
    return tuple(count for count, sums in counted if sums >> total & 1)


def possible_totals(shot_counts: Collection[int], permitted: Sequence[int], longest: int) -> tuple[int, ...]:
    """Tell how many seconds so many shots can make up together, ascending; empty where none fit.

    Args:
        shot_counts: any of them will do.
        permitted: lengths one clip may have, in seconds.
        longest: seconds of the longest video to consider.
    """
    possible = 0
    for count, sums in zip(range(1, max(shot_counts) + 1), _sums(permitted, longest), strict=False):
        possible |= sums if count in shot_counts else 0
    return tuple(total for total in range(1, longest + 1) if possible >> total & 1)


def _sums(permitted: Sequence[int], longest: int) -> Iterator[int]:
    """Yield what one clip, two clips and so on can make up: bit n is set where that is n seconds."""
    within = (1 << (longest + 1)) - 1
    sums = 1
    while True:
        longer = 0
        for seconds in permitted:
            longer |= sums << seconds
        sums = longer & within
        yield sums


def choose_shot_count(moments: int, total: int, permitted: Sequence[int], max_shots: int) -> int:
    """Choose the possible count nearest to one shot per moment at a comfortable pace of 4 to 7 seconds.

    Raises:
        PlanImpossible: no count of permitted clips makes `total` seconds.
    """
    counts = possible_shot_counts(total, permitted, max_shots)
    if not counts:
        raise PlanImpossible(
            f"{total} seconds cannot be made of up to {max_shots} clips of {in_words(permitted)} seconds each"
        )
    slowest = -(-total // LONGEST_COMFORTABLE)
    fastest = max(slowest, total // SHORTEST_COMFORTABLE)
    wanted = min(max(moments, slowest), fastest)
    return min(counts, key=lambda count: (abs(count - wanted), abs(count - total / PREFERRED_SECONDS)))


def divide_seconds(total: int, shots: int, permitted: Sequence[int]) -> tuple[int, ...]:
    """Divide `total` seconds into `shots` permitted lengths, as even as possible, ascending.

    Even means the least sum of squares, so no clip is longer or shorter than it has to be.

    Raises:
        PlanImpossible: `shots` permitted clips cannot make `total` seconds.
    """
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for _ in range(shots):
        longer: dict[int, tuple[int, tuple[int, ...]]] = {}
        for made, (squares, lengths) in best.items():
            for seconds in permitted:
                candidate = (squares + seconds * seconds, (*lengths, seconds))
                if made + seconds <= total and candidate < longer.get(made + seconds, (candidate[0] + 1, ())):
                    longer[made + seconds] = candidate
        best = longer
    if total not in best:
        raise PlanImpossible(
            f"{total} seconds cannot be divided into {shots} clips of {in_words(permitted)} seconds each"
        )
    return tuple(sorted(best[total][1]))


def share_by_weight(lengths: Sequence[int], weights: Sequence[int]) -> tuple[int, ...]:
    """Give the longer of `lengths` to the heavier of `weights`; the earlier comes first among equals."""
    by_weight = sorted(range(len(weights)), key=lambda index: (-weights[index], index))
    shared = dict(zip(by_weight, sorted(lengths, reverse=True), strict=True))
    return tuple(shared[index] for index in range(len(weights)))


def in_words(lengths: Sequence[int]) -> str:
    """Name lengths in ascending order: `4, 6 or 8`, or `2 to 10` where none is missing between."""
    *most, last = lengths
    if len(most) > 1 and last - most[0] == len(most):
        return f"{most[0]} to {last}"
    return f"{', '.join(map(str, most))} or {last}" if most else str(last)
