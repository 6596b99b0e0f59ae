"""Detection figures by the slowest and plainest means, to test the fast ones against."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np


def operating_points(target: list[float], nontarget: list[float]) -> list[tuple[float, float]]:
    """(false-alarm rate, miss rate) at every threshold, from "accept all" to "reject all"."""
    points = [(1.0, 0.0)]
    for threshold in sorted({*target, *nontarget}):
        miss = sum(score <= threshold for score in target) / len(target)
        false_alarm = sum(score > threshold for score in nontarget) / len(nontarget)
        points.append((false_alarm, miss))
    return points


def eer(target: list[float], nontarget: list[float]) -> float:
    for (fa0, miss0), (fa1, miss1) in pairwise(operating_points(target, nontarget)):
        if miss1 >= fa1:
            share = (fa0 - miss0) / ((fa0 - miss0) + (miss1 - fa1))
            return miss0 + share * (miss1 - miss0)
    raise AssertionError("rates must cross")


def roc_auc(target: list[float], nontarget: list[float]) -> float:
    wins = sum((t > n) + 0.5 * (t == n) for t in target for n in nontarget)
    return wins / (len(target) * len(nontarget))


def min_dcf(
    target: list[float], nontarget: list[float], p_target: float, c_miss: float, c_fa: float
) -> float:
    costs = [
        c_miss * p_target * miss + c_fa * (1 - p_target) * fa
        for fa, miss in operating_points(target, nontarget)
    ]
    return min(costs) / min(c_miss * p_target, c_fa * (1 - p_target))


def cllr(target: list[float], nontarget: list[float]) -> float:
    hit = sum(math.log2(1 + math.exp(-x)) for x in target) / len(target)
    false = sum(math.log2(1 + math.exp(x)) for x in nontarget) / len(nontarget)
    return (hit + false) / 2


def min_cllr(target: list[float], nontarget: list[float]) -> float:
    """Pool neighbours as long as one block has a smaller share of targets than the one before."""
    blocks = [
        [sum(score == x for score in target), sum(score == x for score in nontarget)]
        for x in sorted({*target, *nontarget})
    ]
    at = 0
    while at + 1 < len(blocks):
        (t0, n0), (t1, n1) = blocks[at], blocks[at + 1]
        if t0 * (t1 + n1) >= t1 * (t0 + n0):
            blocks[at : at + 2] = [[t0 + t1, n0 + n1]]
            at = max(at - 1, 0)
        else:
            at += 1
    cost = 0.0
    for t, n in blocks:
        hit, false = t / len(target), n / len(nontarget)
        if t and n:
            cost += hit * math.log2(1 + false / hit) + false * math.log2(1 + hit / false)
    return cost / 2


def scores(
    rng: np.random.Generator, targets: int, nontargets: int, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Normal scores of two classes `shift` standard deviations apart."""
    return rng.normal(shift, 1, targets), rng.normal(0, 1, nontargets)
