"""In-the-Wild: numbered files beside meta.csv, with and without a line of names."""

from miniature import Miniature

ROWS = "0.wav,Alec Guinness,spoof\n1.wav,Alec Guinness,spoof\n4.wav,Christopher Hitchens,bona-fide\n"
MINIATURES = (
    Miniature(
        corpus="in-the-wild",
        files=("release_in_the_wild/0.wav", "release_in_the_wild/1.wav", "release_in_the_wild/4.wav"),
        stranger="release_in_the_wild/99999.wav",
        keys={"release_in_the_wild/meta.csv": f"file,speaker,label\n{ROWS}"},
        named=("release_in_the_wild/meta.csv", "0.wav"),
        words=(",bona-fide\n", ",spoof\n"),
    ),
    Miniature(
        corpus="in-the-wild",
        files=("0.wav", "1.wav", "4.wav"),
        stranger="copy/0.wav",
        keys={"meta.csv": ROWS},
        named=("meta.csv", "0.wav"),
        words=(",bona-fide\n", ",spoof\n"),
    ),
)
