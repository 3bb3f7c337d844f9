"""Loopback stand-ins for the services that Mailroom calls: true to their protocol, and able to fail on command."""
