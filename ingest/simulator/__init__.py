"""The demo homes' inverters and meters, served as SunSpec devices over Modbus TCP."""
