"""What is kept: the catalogue (SQLite, the truth), and the vectors and keywords derived from it."""
