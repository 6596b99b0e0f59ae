"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# what a property takes depends on who else uses the machine; slowness is for benchmarks
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
