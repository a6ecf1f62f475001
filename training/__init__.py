"""How the reader is made: sources → rows → train → export → evaluate, each a program; `make reader` runs them all."""
