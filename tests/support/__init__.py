"""What tests share and are no tests: fakes, checks, sites and programs."""
