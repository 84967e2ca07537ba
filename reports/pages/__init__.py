"""Sections of the report, one question each."""
