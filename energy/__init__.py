"""The arithmetic of energy: records, calendars, registers, balance. Pure: no session, socket, file or clock."""
