"""From measurements to what is said about them: medians of paired ratios, how far they scatter, the table."""

import dataclasses
import math
import statistics


@dataclasses.dataclass
class Spread:
    """A median with its extremes, and the interval that holds the true median with 95 % (None: too few values)."""

    median: float
    low: float
    high: float
    count: int
    interval: tuple | None

    def text(self, digits=2):
        if self.count == 1:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} [{self.low:.{digits}f} {self.high:.{digits}f}]"


def spread(values):
    ordered = sorted(values)
    return Spread(statistics.median(ordered), ordered[0], ordered[-1], len(ordered), interval_of(ordered))


def interval_of(ordered):
    """Order statistics: no assumption about how the noise is distributed."""
    count = len(ordered)
    outside = 0.0
    for k in range(count // 2):
        outside += 2 * math.comb(count, k) / 2**count
        if outside > 0.05:
            return (ordered[k - 1], ordered[count - k]) if k else None
    return None


@dataclasses.dataclass
class Target:
    what: str
    limit: float
    value: Spread

    def verdict(self):
        low, high = self.value.interval or (self.value.low, self.value.high)
        if self.value.median > self.limit:
            return "missed" if low > self.limit else "missed, within the noise"
        return "met" if high <= self.limit else "met, within the noise"

    def text(self):
        interval = self.value.interval
        sort, (low, high) = ("95 %", interval) if interval else ("all", (self.value.low, self.value.high))
        return (f"{self.what}: {self.value.median:.3g} of at most {self.limit:g} "
                f"({sort} of {self.value.count} between {low:.3g} and {high:.3g}): {self.verdict()}")


def table(head, rows):
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head] + rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
