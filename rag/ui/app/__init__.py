"""What Streamlit runs, and how it is served and looks.

In a folder of its own: Streamlit puts the script's folder first on Python's path, where rag/ui/html would hide the
standard library's html.
"""
