"""The tests."""

from rag.settings import prepare_process

prepare_process()  # before any of them imports numpy
