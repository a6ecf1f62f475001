"""The pages of the app, each with its style sheet."""
