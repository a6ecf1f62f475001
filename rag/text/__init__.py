"""What a text is made of: words, names, dates, quantities, its language."""
