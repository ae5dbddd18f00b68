"""The catalogue of items: its value, its files, and the procedure that items make."""

from rules.catalogue.files import (
    NATIONAL_PLATFORM,
    load_catalogue,
    read_catalogue,
    read_procedure,
    write_catalogue,
)
from rules.catalogue.model import Catalogue
from rules.catalogue.reading import Reading
from rules.cells import MOST_DAYS, parse_duration
from rules.item_tables import ForeignTable

__all__ = [
    "MOST_DAYS",
    "NATIONAL_PLATFORM",
    "Catalogue",
    "ForeignTable",
    "Reading",
    "load_catalogue",
    "parse_duration",
    "read_catalogue",
    "read_procedure",
    "write_catalogue",
]
