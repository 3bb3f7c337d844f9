"""The template and what it is made from; packaging and deployment."""
