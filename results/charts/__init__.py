"""Charts and bitmap pictures: the only package that imports matplotlib.

A chart draws data on axes that it is given (or on a figure of its own), computes
nothing that a table would not also show, and returns the axes; :func:`save` and
:func:`svg` write them.
"""

from results.charts.days import plot_days
from results.charts.distribution import plot_cumulative, plot_distribution
from results.charts.gantt import plot_gantt
from results.charts.levers import plot_tornado, plot_waterfall
from results.charts.picture import figure, pdf_of, to_bytes
from results.charts.queues import plot_queue, plot_utilisation
from results.charts.style import save, svg
from results.charts.tradeoff import plot_pareto

__all__ = [
    "figure",
    "pdf_of",
    "plot_cumulative",
    "plot_days",
    "plot_distribution",
    "plot_gantt",
    "plot_pareto",
    "plot_queue",
    "plot_tornado",
    "plot_utilisation",
    "plot_waterfall",
    "save",
    "svg",
    "to_bytes",
]
