"""What a night did, for machines (``…_data``) and for people (``…_rows``)."""

from typing import TYPE_CHECKING

from generator.publish import Publication

if TYPE_CHECKING:  # whoever publishes needs nothing of what builds
    from generator.building import Built
    from generator.inputs import Inputs


def inputs_data(inputs: "Inputs") -> dict[str, object]:
    """What was read."""
    return {
        "as_of": inputs.as_of.isoformat(),
        "clients": len(inputs.base),
        "series": len(inputs.content.series),
        "stages": len(inputs.content.stages()),
        "refused_rows": len(inputs.base.refused),
    }


def built_data(built: "Built") -> dict[str, object]:
    """What a build did."""
    return {
        **inputs_data(built.inputs),
        "held_series": sorted(built.inputs.held),
        "pages": built.pages,
        "parts": built.parts,
        "stage_pages": built.stage_pages,
        "files": {
            "added": built.changes.added,
            "changed": built.changes.changed,
            "removed": built.changes.removed,
            "unchanged": built.changes.unchanged,
        },
        "manifest_entries": built.entries,
        "forgotten_rows": built.forgotten,
        "gone_clients": built.gone,
        "seconds": round(built.seconds, 3),
        **({"explained": list(built.explained)} if built.explained else {}),
    }


def built_rows(built: "Built") -> dict[str, object]:
    """What a build did, in words."""
    changes = built.changes
    rows: dict[str, object] = {
        "as of": built.inputs.as_of,
        "client pages": f"{built.pages:,} rendered of {len(built.inputs.base):,}",
        "shared parts": built.parts,
        "stage pages": built.stage_pages,
        "files": f"{changes.added:,} new, {changes.changed:,} changed, "
        f"{changes.removed:,} removed, {changes.unchanged:,} as they were",
        "leak gate": f"{built.audited:,} clients' values looked for, none found"
        if built.audited
        else "nothing to look through: no file is new",
        "manifest": f"{built.entries:,} clients have something to be told",
        "time": f"{built.seconds:.1f} s",
    }
    if built.inputs.held:
        rows["held series"] = ", ".join(sorted(built.inputs.held))
    if built.gone:
        rows["gone"] = f"{built.gone} clients are in no table any more: their pages stay a while"
    if built.forgotten:
        rows["forgotten"] = f"{built.forgotten} clients are still in the tables: remove their rows"
    for number, sentence in enumerate(built.explained):
        rows["" if number else "the page asked about"] = sentence
    return rows


def publication_data(publication: Publication) -> dict[str, int]:
    """What a publication did."""
    return {
        "added": publication.added,
        "changed": publication.changed,
        "deleted": publication.deleted,
        "unchanged": publication.unchanged,
        **({"headers": publication.headers} if publication.headers else {}),
        **({"kept": publication.kept} if publication.kept else {}),
        **({"kept_back": publication.kept_back} if publication.kept_back else {}),
    }


def publication_rows(publication: Publication) -> dict[str, object]:
    """What a publication did, in words."""
    return {
        "published": f"{publication.added:,} new, {publication.changed:,} changed, "
        f"{publication.deleted:,} deleted, {publication.unchanged:,} as they were",
        **({"other headers": f"{publication.headers:,}"} if publication.headers else {}),
        **_kept(publication.kept),
        **kept_back(publication.kept_back),
    }


def _kept(files: int) -> dict[str, object]:
    told = f"{files:,} files that nobody needs any more: a page that is open may ask for them"
    return {"kept for a while": told} if files else {}


def kept_back(pages: int) -> dict[str, object]:
    """How many clients' pages a host does not get."""
    told = f"{pages:,} clients' pages: Netlify would keep them when they are revoked"
    return {"stays here": told} if pages else {}
