"""Everything that is looked at, in order: the connection, the pages, the bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from generator.base.config import Publish
from generator.base.progress import Progress
from generator.doctor.expected import PART, ROBOTS, Expected
from generator.doctor.finding import Finding, unknown, worst_first
from generator.doctor.hands import Place, reading_by_others, writing
from generator.doctor.headers import headers_as_demanded
from generator.doctor.lost import NamedAnew, ask_for_nothing, nothing_is_said, random_name
from generator.doctor.private import no_listing, nothing_private
from generator.doctor.served import bytes_as_published, look, nothing_added
from generator.doctor.stranger import Stranger
from generator.doctor.tls import connection_of

CLOSED = "have the host or CDN refuse everything but GET and HEAD"
SITE_STEPS, BUCKET_STEPS = 6, 7


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    expected: Expected
    publish: Publish
    now: datetime
    name: NamedAnew = random_name


def examine(patient: Patient, progress: Progress) -> list[Finding]:
    """All findings, the worst first.

    Raises:
        OutsideError: the site or the store cannot be reached, so that nothing is told of it.
    """
    with_bucket = patient.publish.store == "s3"
    total = SITE_STEPS + (BUCKET_STEPS if with_bucket else 0)
    findings: list[Finding] = []
    done = 0
    for some in _looks(patient, with_bucket=with_bucket):
        findings.extend(some)
        done += 1
        progress("looking", done, total)
    if done < total:  # a certificate that is wrong ends the look at the site
        progress("looking", total, total)
    return worst_first(findings)


def _looks(patient: Patient, *, with_bucket: bool) -> Iterator[list[Finding]]:
    yield from looks_at_site(patient)
    if with_bucket:
        yield from looks_at_bucket(patient)


def looks_at_site(patient: Patient) -> Iterator[list[Finding]]:
    """The findings of each look at the site.

    Raises:
        OutsideError: it cannot be reached.
    """
    stranger, expected = Stranger("the site"), patient.expected
    connection = connection_of(expected.base_url, patient.now, stranger)
    yield connection.findings
    if not connection.is_trusted:  # what comes could be anybody's
        sentence = "not looked at: nobody vouches for who answers"
        yield [unknown("site", sentence, "mend the certificate, and run it again")]
        return
    seen = look(stranger, expected)
    yield [*bytes_as_published(seen), *nothing_added(seen)]
    yield headers_as_demanded(seen, expected)
    lost = ask_for_nothing(stranger, expected.base_url, patient.name)
    yield nothing_is_said(lost, expected, [patient.publish.bucket])
    status = lost[0].answer.status
    yield [
        *nothing_private(stranger, expected.base_url, "private files", status),
        no_listing(stranger, expected.base_url, status),
    ]
    read = [f"{expected.base_url}{one.sample.path}" for one in seen if one.sample.kind == PART]
    yield [
        reading_by_others(stranger, [f"{expected.base_url}/", *read[:1]]),
        *writing(stranger, Place(expected.base_url, "site", CLOSED), patient.name),
    ]


def looks_at_bucket(patient: Patient) -> Iterator[list[Finding]]:
    """The findings of each look at the bucket.

    Raises:
        InputError: there is no such bucket.
        OutsideError: the store cannot be reached.
    """
    from generator.doctor.bucket import Outside, doors_of, findings_outside  # noqa: PLC0415
    from generator.doctor.owner import Owner  # noqa: PLC0415 - boto3 takes a third of a second

    owner, stranger = Owner(patient.publish), Stranger("the store")
    prefix = patient.publish.prefix and f"{patient.publish.prefix}/"
    outside = Outside(stranger, doors_of(patient.publish, owner.endpoint, stranger), prefix)
    yield [*owner.findings()]
    yield from findings_outside(
        outside, patient.expected.base_url, owner.versions_of(prefix + ROBOTS)
    )
    yield outside.writing(patient.name, owner.remove)
