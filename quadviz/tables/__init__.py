"""What figures show, as tables: CSV and JSON, and the Python that remakes them."""
