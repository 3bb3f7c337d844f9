"""Exports the mail of one person for that person: originals, and what Mailroom holds about each."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from typing import IO

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.data_rights.find import PersonalDataFinder
from chalicelib.ports import MailLocation, People

README = """\
originals/  the mails as they came (.eml), or their fields where no more was handed over (.json)
records/    what Mailroom keeps about each: state, anonymized text, classification, what was done when
index.json  all mails with their state, and which originals are not there any more

originals/  les messages tels qu'ils sont arrivés (.eml), ou leurs champs si rien d'autre n'a été transmis (.json)
records/    ce que Mailroom conserve de chacun : état, texte anonymisé, classement, traitements et dates
index.json  la liste des messages avec leur état, et les originaux qui n'existent plus
"""


@dataclass
class DataExport:
    """Reads only; no record is kept of who asked for what."""

    finder: PersonalDataFinder
    people: People
    now: Now = utc_now

    def write(self, address: str, target: IO[bytes]) -> dict[str, int]:
        """Write a zip into `target` and return how much is in it. `Retryable`: then the file is incomplete."""
        found = self.finder.find(address, remember=False)
        index = []
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("README.txt", README)
            for number, mail in enumerate(found.mails, start=1):
                name = self._original(out, mail)
                record = self.people.record(mail.place.mail_id)
                out.writestr(f"records/{mail.place.mail_id}.json", json.dumps(record, indent=1, ensure_ascii=False))
                state = mail.state or "in flight"
                index.append({"mail_id": mail.place.mail_id, "account": mail.place.account, "state": state} | name)
                self.finder.progress("mails written", number)
            index_of = {"written_at": self.now().isoformat(), "mails": index, "unreadable": list(found.unreadable)}
            index_of |= {"unread_queues": list(found.unread)} if found.unread else {}
            out.writestr("index.json", json.dumps(index_of, indent=1))
        originals = sum("original" in entry for entry in index)
        return {"mails": len(index), "originals": originals, "unreadable": len(found.unreadable)}

    def _original(self, out: zipfile.ZipFile, mail: MailLocation) -> dict[str, str]:
        source = self.people.source(mail.place.mail_id)
        if source is None:
            try:
                opened = self.finder.open(mail.place)
            except Permanent:
                opened = None
            source = opened.source if opened else None
        if source is None:
            return {}
        name = f"originals/{mail.place.mail_id}.{'json' if source.lstrip()[:1] == b'{' else 'eml'}"
        out.writestr(name, source)
        return {"original": name}
