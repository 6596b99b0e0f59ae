"""`earwitness corpora join`: several corpora as one, for cross-corpus work."""

from __future__ import annotations

from pathlib import Path

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.cross_corpus import joined
from earwitness.errors import BadInput


def join(*tables: str, out: Path) -> int:
    """Join corpora; a column `corpus` says which a row is of, and their audio is linked, not copied.

    Train on one and test on the other with `earwitness train ... --protocol cross-corpus:A>B`.

    Args:
        tables: NAME=TABLE each: a name of your choice, and the table of a corpus or its folder.
        out: new folder, which gets corpus.parquet and a link to each corpus' audio.
    """
    corpora: dict[str, Corpus] = {}
    for table in tables:
        name, sign, path = table.partition("=")
        if not sign or not name or not path or "/" in name or name.startswith("."):
            raise BadInput("is not NAME=TABLE", where=table)
        if name in corpora:
            raise BadInput("is given twice; names must differ", where=name)
        corpora[name] = Corpus.read(path)
    whole = joined(corpora)
    try:
        out.mkdir(parents=True)
        for name, corpus in corpora.items():
            assert corpus.root is not None  # it was read from a file
            (out / name).symlink_to(corpus.root.resolve(), target_is_directory=True)
    except FileExistsError:
        raise BadInput("is there already; give a new folder", where=str(out)) from None
    except OSError as error:
        raise BadInput(f"cannot be made: {error.strerror}", where=str(out)) from error
    written = whole.write(out)
    counts = ", ".join(f"{name} {len(corpus):,}" for name, corpus in corpora.items())
    print(f"{len(whole):,} rows: {counts}")
    print(written)
    return 0
