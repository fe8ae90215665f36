"""Slow, plain versions of the measures of units, written from the definitions: loops over units and pairs."""

import numpy as np
from scipy.stats import entropy
from sklearn.cluster import KMeans


def two_signs(score, column, *rest):
    """Score each sign of a unit by itself; their mean by mass."""
    total = weight = 0.0
    for half in (np.maximum(column, 0), np.maximum(-column, 0)):
        value = score(half, *rest) if half.any() else np.nan
        if not np.isnan(value):
            total, weight = total + value * half.sum(), weight + half.sum()
    return total / weight if weight else np.nan


def class_selectivity(column, labels, n_classes):
    means = [column[labels == c].mean() for c in range(n_classes) if (labels == c).any()]
    best = int(np.argmax(means))
    rest = np.mean(means[:best] + means[best + 1 :])
    return (means[best] - rest) / (means[best] + rest)


def dominant_mass(column, labels, n_classes):
    return max(column[labels == c].sum() for c in range(n_classes)) / column.sum()


def dominant_firing(column, labels, n_classes):
    return max((column[labels == c] != 0).sum() for c in range(n_classes)) / (column != 0).sum()


def class_information(column, labels, n_classes):
    return 1 - entropy([column[labels == c].sum() for c in range(n_classes)], base=n_classes)


def concept_separability(column, labels, n_classes, bins=10):
    low, high = column[column != 0].min(), column[column != 0].max()
    histograms = []
    for c in range(n_classes):
        values = column[labels == c]
        counts = np.zeros(bins + 1)
        for value in values:
            place = 0 if high == low else min(int((value - low) / (high - low) * bins), bins - 1)
            counts[0 if value == 0 else 1 + place] += 1
        if values.size:
            histograms.append(counts / counts.sum())
    divergence = entropy(np.mean(histograms, axis=0), base=2) - np.mean(
        [entropy(h, base=2) for h in histograms]
    )
    return np.sqrt(max(divergence, 0.0) / np.log2(len(histograms)))


def monosemanticity_score(column, embeddings):
    """Over all pairs, in double precision; NaN where the scaled activations make no pair."""
    if column.max() == column.min():
        return np.nan
    a = (column - column.min()) / (column.max() - column.min())
    above = below = 0.0
    for i in range(len(a)):
        for j in range(i):
            lengths = np.linalg.norm(embeddings[i]) * np.linalg.norm(embeddings[j])
            cosine = embeddings[i] @ embeddings[j] / lengths if lengths > 0 else 0.0
            above += a[i] * a[j] * cosine
            below += a[i] * a[j]
    return above / below if below > 0 else np.nan


def _top(column, embeddings, n):
    order = sorted(np.flatnonzero(column), key=lambda i: -column[i])[:n]
    return embeddings[order] / np.linalg.norm(embeddings[order], axis=1, keepdims=True)


def clarity(column, embeddings, n=30):
    rows = _top(column, embeddings, n)
    if len(rows) < 2:
        return np.nan
    return np.mean([rows[i] @ rows[j] for i in range(len(rows)) for j in range(len(rows)) if i != j])


def polysemanticity(column, embeddings, n=30):
    """With scikit-learn's 2-means, ten starts."""
    rows = _top(column, embeddings, n)
    if len(rows) < 2:
        return np.nan
    found = KMeans(2, n_init=10, random_state=0).fit(rows)
    if np.bincount(found.labels_, minlength=2).min() < 2:
        mean = rows.mean(axis=0)
        return 1 - np.mean(rows @ mean) / np.linalg.norm(mean)
    first, second = found.cluster_centers_
    return 1 - first @ second / np.linalg.norm(first) / np.linalg.norm(second)


def each_unit(score, codes, *rest):
    return np.array([two_signs(score, column, *rest) for column in np.asarray(codes, np.float64).T])
