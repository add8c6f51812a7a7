"""Writes line and bar plots as SVG files, with Python's standard library only.

Each series has its own colour, and its name stands beside its last point, so that a plot is readable
in black and white. Text is black on white, also on a dark page.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 190, 44, 56
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

COLOURS = ("#0b6fb8", "#c8501e", "#2a8a4a", "#8a4fb0", "#7a6a10", "#b02a6a", "#3a7f86", "#555555")
"""Distinguishable with most kinds of colour blindness. The ninth series has the first colour again."""

DASHES = ("none", "7 3", "2 3")
"""Dashes of the first eight series, the next eight and the rest."""

MOST_POINTS = 1500
"""In a longer series, the minimum and the maximum stand for each run of points."""

LABEL_GAP = 15
"""Minimum pixels between the names of two series."""

Point = tuple[float, float]


class Axis:
    """Maps values to pixels."""

    def __init__(self, values: Sequence[float], is_log: bool, start: int, length: int) -> None:
        self.is_log = is_log
        self.start, self.length = start, length
        low, high = min(values), max(values)
        self.ticks = log_ticks(low, high) if is_log else linear_ticks(min(low, 0.0), high)
        self.low = min(self.ticks[0], low)
        self.high = max(self.ticks[-1], high)

    def pixel(self, value: float) -> float:
        """Returns the pixels from the edge. `length` is negative on an axis that grows upwards."""
        low, high = self.scaled(self.low), self.scaled(self.high)
        share = (self.scaled(value) - low) / (high - low)
        return self.start + share * self.length

    def scaled(self, value: float) -> float:
        """Returns the value, or its logarithm on a logarithmic axis."""
        return math.log10(value) if self.is_log else value


def linear_ticks(low: float, high: float) -> list[float]:
    """Returns about six round values. The first is at most `low`, the last at least `high`."""
    if high <= low:
        high = low + 1
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Returns powers of ten around the values; with few powers, also twice and five times each."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    ticks = [10.0**power * factor for power in range(first, last) for factor in factors]
    ticks.append(10.0**last)
    lower = max(tick for tick in ticks if tick <= low * 1.0001)
    upper = min(tick for tick in ticks if tick >= high * 0.9999)
    return [tick for tick in ticks if lower <= tick <= max(upper, lower * 2)]


def tick_label(value: float) -> str:
    """Formats a tick's value in a few characters."""
    if value and (abs(value) >= 1e7 or abs(value) < 1e-4):
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-")
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.6f}".rstrip("0")


def thinned(points: Sequence[Point]) -> list[Point]:
    """Returns at most about MOST_POINTS points, including the extremes of each dropped run."""
    ordered = sorted(points)
    if len(ordered) <= MOST_POINTS:
        return ordered
    size = math.ceil(len(ordered) / (MOST_POINTS / 2))
    kept = []
    for begin in range(0, len(ordered), size):
        run = ordered[begin : begin + size]
        ends = {min(run, key=lambda point: point[1]), max(run, key=lambda point: point[1])}
        kept.extend(sorted(ends))
    return kept


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Returns an SVG element with one line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def grid(x_axis: Axis, y_axis: Axis) -> list[str]:
    """Returns the grid lines and tick labels of both axes."""
    parts = []
    right, bottom = LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT
    for tick in y_axis.ticks:
        y = y_axis.pixel(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(text(LEFT - 8, y + 4, tick_label(tick), 'text-anchor="end"'))
    for tick in x_axis.ticks:
        x = x_axis.pixel(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>')
        parts.append(text(x, bottom + 18, tick_label(tick), 'text-anchor="middle"'))
    return parts


def lines(series: dict[str, list[Point]], x_axis: Axis, y_axis: Axis) -> list[str]:
    """Returns the series and their names. A name is beside the last point, or below where two would overlap."""
    parts, ends = [], []
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        dash = DASHES[min(index // len(COLOURS), len(DASHES) - 1)]
        placed = [(x_axis.pixel(x), y_axis.pixel(y)) for x, y in thinned(points)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path class="line" stroke="{colour}" stroke-dasharray="{dash}" d="M{path}"/>')
        if len(placed) <= 30:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        ends.append((placed[-1][1], name, colour))
    last = -math.inf
    for y, name, colour in sorted(ends):
        last = max(y + 4, last + LABEL_GAP)
        parts.append(text(LEFT + PLOT_WIDTH + 10, last, name, f'fill="{colour}" font-weight="600"'))
    return parts


def svg_lines(
    path: Path,
    title: str,
    x_label: str,
    y_label: str,
    series: dict[str, list[Point]],
    log_x: bool = False,
    log_y: bool = False,
) -> None:
    """Writes a line plot. A linear axis includes 0; a logarithmic axis takes positive values only.

    Raises ValueError for an empty series, or a value that its axis cannot show.
    """
    points = [point for line in series.values() for point in line]
    if not points or not all(series.values()):
        raise ValueError(f"`{title}`: a series has no points")
    for is_log, label, values in ((log_x, x_label, [x for x, _ in points]),
                                  (log_y, y_label, [y for _, y in points])):  # fmt: skip
        if not all(map(math.isfinite, values)) or (is_log and min(values) <= 0):
            raise ValueError(f"`{title}`: the axis `{label}` cannot show all of its values")
    x_axis = Axis([x for x, _ in points], log_x, LEFT, PLOT_WIDTH)
    y_axis = Axis([y for _, y in points], log_y, TOP + PLOT_HEIGHT, -PLOT_HEIGHT)
    middle = LEFT + PLOT_WIDTH / 2
    turned = f'text-anchor="middle" transform="rotate(-90 18 {TOP + PLOT_HEIGHT / 2:.0f})"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        "<style>.grid{stroke:#ddd;fill:none}.line{fill:none;stroke-width:1.8}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(LEFT, 24, title, 'font-size="15" font-weight="600"'),
        *grid(x_axis, y_axis),
        *lines(series, x_axis, y_axis),
        text(middle, HEIGHT - 14, x_label, 'text-anchor="middle"'),
        text(18, TOP + PLOT_HEIGHT / 2, y_label, turned),
        "</svg>",
    ]
    Path(path).write_text("\n".join(parts) + "\n", encoding="utf-8")


BAR, BAR_GAP = 15, 7
"""Pixels of a bar, and between two bars."""

BAR_RIGHT = 70

LETTER = 6.4
"""Average pixels of a letter in a bar's name."""


def svg_bars(path: Path, title: str, x_label: str, groups: dict[str, dict[str, float]]) -> None:
    """Writes a plot of horizontal bars on a logarithmic axis with a line at 1. Each named group has one
    colour, and each bar its value beside it.

    Raises ValueError without values, or with a value that is not positive.
    """
    values = [value for bars in groups.values() for value in bars.values()]
    if not values or not all(map(math.isfinite, values)) or min(values) <= 0:
        raise ValueError(f"`{title}`: the axis `{x_label}` cannot show all of its values")
    height = TOP + sum((len(bars) + 1) * (BAR + BAR_GAP) + BAR_GAP for bars in groups.values())
    longest = max(len(name) for bars in groups.values() for name in bars)
    left = round(longest * LETTER) + 16
    axis = Axis([min(1.0, *values), *values], True, left, WIDTH - left - BAR_RIGHT)
    parts = []
    for tick in axis.ticks:
        x = axis.pixel(tick)
        parts.append(f'<path class="{"one" if tick == 1 else "grid"}" d="M{x:.1f} {TOP}V{height}"/>')
        parts.append(text(x, height + 18, tick_label(tick), 'text-anchor="middle"'))
    y = float(TOP)
    for index, (group, bars) in enumerate(groups.items()):
        y += BAR_GAP
        parts.append(text(8, y + BAR - 3, group, 'font-weight="600"'))
        y += BAR + BAR_GAP
        for name, value in bars.items():
            begin, end = sorted((axis.pixel(1), axis.pixel(value)))
            colour = COLOURS[index % len(COLOURS)]
            parts.append(text(left - 8, y + BAR - 3, name, 'text-anchor="end"'))
            parts.append(f'<path fill="{colour}" d="M{begin:.1f} {y:.1f}H{end:.1f}v{BAR}H{begin:.1f}z"/>')
            parts.append(text(end + 6, y + BAR - 3, f"{value:.{1 if value < 20 else 0}f}×"))
            y += BAR + BAR_GAP
    document = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 50}"'
        f' width="{WIDTH}" height="{height + 50}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        "<style>.grid{stroke:#ddd;fill:none}.one{stroke:#888;fill:none}</style>",
        f'<rect width="{WIDTH}" height="{height + 50}" fill="#fff"/>',
        text(8, 24, title, 'font-size="15" font-weight="600"'),
        *parts,
        text((left + WIDTH - BAR_RIGHT) / 2, height + 38, x_label, 'text-anchor="middle"'),
        "</svg>",
    ]
    Path(path).write_text("\n".join(document) + "\n", encoding="utf-8")
