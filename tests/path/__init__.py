"""An article's or a question's whole path with its real parts: models, servers, processes, the command line."""
