"""RAVDESS: seven fields in a name, one folder an actor."""

from miniature import Miniature

MINIATURES = (
    Miniature(
        corpus="ravdess",
        files=("Actor_12/03-01-06-01-02-01-12.wav", "Actor_01/03-02-03-02-01-02-01.wav"),
        stranger="Actor_01/notes.wav",
        double="copy/Actor_12/03-01-06-01-02-01-12.wav",
    ),
)
