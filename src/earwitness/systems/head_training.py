"""Training of the detector's head on subsets of a corpus whose windows are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from earwitness.systems.clip_windows import clip_scores
from earwitness.systems.detection_table import Pooled
from earwitness.systems.origin import Origin, OriginNetwork, OriginRecipe
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.rounds import Rows, balanced_weights


class HeadTraining:
    """Trains heads on subsets of a corpus whose windows are pooled already.

    Args:
        recipe: of the head.
        shape: (layers, dimension) of the frames.
        classes: names of the outputs, bona fide first.
        origin: (clips,) class number of every row of the corpus.
        rows: columns of the corpus.
        pooled: statistics of every scored window.
    """

    SYSTEM: type[Origin] = Origin

    def __init__(
        self,
        recipe: OriginRecipe,
        shape: tuple[int, int],
        classes: tuple[str, ...],
        origin: np.ndarray,
        rows: Rows,
        pooled: Pooled,
    ) -> None:
        self.recipe, self.shape, self.classes = recipe, shape, classes
        self.origin, self.rows, self.pooled = origin, rows, pooled
        real_groups = np.unique(rows.group[rows.bona_fide])
        self.copied = ~rows.bona_fide & np.isin(rows.group, real_groups)  # of real speech of the corpus
        self.task = Task(
            targets=(DETECTION.targets[0], Target(column="origin", kind="class", classes=classes))
        )

    def examples(self, clips: np.ndarray) -> Examples:
        """The windows of some clips, weighted so that classes, families and sources count alike."""
        windows = np.flatnonzero(np.isin(self.pooled.clip, clips))
        clip, values = self.pooled.clip[windows], self.pooled.values[windows]
        if self.recipe.unit == "clip":
            clip, values = clip_means(clip, values, self.pooled.speech[windows])
        return self.weighted(clips, clip, {"pooled": values.__getitem__})

    def weighted(
        self, clips: np.ndarray, clip: np.ndarray, readers: Mapping[str, Callable[[int], np.ndarray]]
    ) -> Examples:
        """Rows of some clips as examples.

        Args:
            clips: that are trained on.
            clip: (rows,) the clip of each row.
            readers: view -> what reads a row.
        """
        weight = np.zeros(len(self.origin))
        weight[clips] = balanced_weights(self.rows, clips, by_source=self.recipe.balance == "source")
        share = np.bincount(clip, minlength=len(self.origin))
        return Examples(
            ids=tuple(map(str, range(len(clip)))),
            readers=readers,
            targets={
                "origin": self.origin[clip],
                "weight": (weight[clip] / share[clip]).astype(np.float32),
                "copied": self.copied[clip].astype(np.int64),
            },
            group=self.rows.group[clip],
        )

    def train(self, clips: np.ndarray) -> tuple[OriginNetwork, list[dict[str, Any]]]:
        """A head trained on some clips, and its curve."""
        seed = self.recipe.seeds[0]
        torch.manual_seed(seed)
        system = self.SYSTEM()
        examples = self.examples(clips)
        every = np.arange(len(examples.ids))
        network = system.build(self.recipe, {"frames": self.shape}, self.task)
        system.fit(network, examples, every)
        stages = system.stages(self.recipe, every, examples)
        nothing = np.zeros(0, np.int64)
        trained = train(system, network, stages, examples, nothing, self.recipe, seed=seed)
        return network, trained.curves

    def fit_and_score(self, training: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Raw scores of test clips by a head trained on others; NaN where no window holds enough speech."""
        network, _ = self.train(training)
        windows = np.flatnonzero(np.isin(self.pooled.clip, test))
        scores = self.window_scores(network, windows)
        clips = clip_scores(scores, self.pooled.speech[windows], self.pooled.clip[windows], len(self.origin))
        return clips[test]

    def window_scores(self, network: OriginNetwork, windows: np.ndarray) -> np.ndarray:
        """Raw scores (windows,) of some windows by a trained head."""
        with torch.no_grad():
            return network.odds(network.logits(torch.from_numpy(self.pooled.values[windows]))).numpy()


def clip_means(clip: np.ndarray, values: np.ndarray, speech: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each clip's windows, weighted by their speech.

    Args:
        clip: (windows,) sorted clip numbers.
        values: (windows, dimension).
        speech: (windows,) speech frames.

    Returns:
        (clips,) clip numbers and (clips, dimension) float32 means.
    """
    numbers, first = np.unique(clip, return_index=True)
    total = np.add.reduceat(values * speech[:, None].astype(np.float32), first, axis=0)
    return numbers, (total / np.add.reduceat(speech, first)[:, None]).astype(np.float32)
