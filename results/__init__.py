"""What planners read: summaries, comparisons, diagrams and tables."""

from results.comparison import Comparison, compare
from results.summary import Summary, summarise

__all__ = ["Comparison", "Summary", "compare", "summarise"]
