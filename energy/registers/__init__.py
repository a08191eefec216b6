"""Energy by quarter-hour from the samples of a register; :mod:`energy.registers.counters` is the entry."""
