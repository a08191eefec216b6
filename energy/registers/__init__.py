"""From the samples of a register to energy by quarter-hour; :mod:`energy.registers.counters` is the entry."""
