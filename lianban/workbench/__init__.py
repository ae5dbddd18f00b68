"""The workbench: a page in the planner's own browser, served on this machine only.

Every page is drawn by the server from the functions that the report uses, and its address
holds its state, so it can be bookmarked and works without scripts. Scripts only fetch the
part of a page that a switch changes, and follow long work, which runs in a second process.
"""

__all__: list[str] = []
