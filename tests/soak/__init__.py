"""Kills, faults, fuzzing and a state machine: short in every run, by the thousand in `make soak`."""
