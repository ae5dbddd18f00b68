"""What planners read: summaries, comparisons, diagrams and tables."""

from results.comparison import Comparison, compare
from results.display import Picture
from results.summary import Summary, summarise
from results.swimlane import flow_diagram
from results.timeline import timeline

__all__ = ["Comparison", "Picture", "Summary", "compare", "flow_diagram", "summarise", "timeline"]
