"""The estimates of the shipped city folders: from committed facts and choices to tables, byte for byte."""
