"""Retry schedule, circuit breaker, rate limits, pacing. Pure."""
