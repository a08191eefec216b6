"""State and forecasts of installations for an MQTT broker: for Node-RED, Home Assistant and the like."""
