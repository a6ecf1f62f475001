"""What is measured, and the tables last written (results.md). Each module runs by itself."""
