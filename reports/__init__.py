"""Pages, workbook and app built from stored runs; import what you need from its modules."""
