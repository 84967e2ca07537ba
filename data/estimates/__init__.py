"""The estimates of the shipped city folders: from committed facts and choices to the tables, the same bytes every time."""
