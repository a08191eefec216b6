"""The forecasting core: pure arithmetic over frames, without session or clock; the issue instant is passed in."""
