"""How the container's parts are made: functions that take the container, one module for what is loaded together."""
