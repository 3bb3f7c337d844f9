"""Runs the anonymizer where the caller put it on the path, over texts from standard input, and prints what it saw.

`prove.py` starts this in a clean interpreter with the packaged layer, and again in the development environment.
"""

from __future__ import annotations

import json
import resource
import sys
import time

began = time.perf_counter()

from chalicelib.mail.model import Address, Mail  # noqa: E402
from chalicelib.privacy.engine import PresidioAnonymizer  # noqa: E402

imported = time.perf_counter()
engine = PresidioAnonymizer()
loaded = time.perf_counter()
texts = json.load(sys.stdin)
started = time.perf_counter()
done = []
for text in texts:
    mail = Mail(subject="", sender=Address("Jean Dupont", "jean@mail.example"), text=text)
    result = engine.anonymize(mail)
    done.append([result.text, sorted(result.mapping.items())])
    if len(done) == 1:
        first = time.perf_counter()
import numpy  # noqa: E402
import spacy  # noqa: E402

report = {
    "import_seconds": round(imported - began, 2),
    "load_seconds": round(loaded - imported, 2),
    "first_mail_seconds": round(first - started, 3),
    "resident_mebibytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    "modules_from": sorted({str(m.__file__).rsplit("/", 2)[0] for m in (spacy, numpy)}),
    "results": done,
}
json.dump(report, sys.stdout)
