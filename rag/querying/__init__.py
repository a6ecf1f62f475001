"""A question's path: understand → retrieve → answer → cite."""
