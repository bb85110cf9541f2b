"""The region as boto3 sees it: every service walked, refusals included. Fails when one of them does."""

import sys
import time
import traceback

from . import callers, certificates, networks, objects, parameters, registry, stacks, trouble

WALKS = (
    callers.signatures, callers.roles, networks.networks, parameters.parameters, certificates.certificates, certificates.names,
    parameters.secrets, objects.objects, parameters.logs, stacks.stacks, stacks.exports, trouble.updates, trouble.signals, trouble.refusals, registry.balancers,
    registry.registry, callers.faults,
)

failed = []
for walk in WALKS:
    start = time.time()
    try:
        walk()
    except Exception:  # the other walks are still worth their lines
        traceback.print_exc()
        failed.append(walk.__name__)
    print(f"boto3: {walk.__name__} ({time.time() - start:.1f} s){' FAILED' if walk.__name__ in failed else ''}", flush=True)
sys.exit(f"boto3: failed: {', '.join(failed)}" if failed else 0)
