"""Direct effect agreement: whether the weights foretell what ablation does."""

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.record import measure


@measure(
    title="Agreement of direct and measured effect",
    family="cause",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"r_c\big(\hat\Delta_c, \overline{\Delta z}_c\big)",
    source="Pearson's correlation over classes",
    dead="NaN",
    needs=("components", "logits"),
)
def direct_effect_agreement(
    predicted: Real[np.ndarray, "units classes"], measured: Real[np.ndarray, "units classes"]
) -> Float[np.ndarray, " units"]:
    """Correlation over classes of the effect that a unit's weights predict with the one measured.

    The prediction for a component is its atom times the network's weights from the layer to the logits; it is
    exact for the last hidden layer and leaves out what later layers do for others.

    Args:
        predicted: ``(units, classes)``, change of the logits for a unit's mean code, from the weights.
        measured: ``(units, classes)``, mean change of the logits by ablation.

    Returns:
        ``(units,)`` in -1..1; higher is better. A unit with the same effect on every class gets NaN.

    Raises:
        MeasureError: shapes that differ, or values that are not finite.

    >>> direct_effect_agreement(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]])).round(6)
    array([1.])
    """
    if predicted.shape != measured.shape:
        raise MeasureError(
            f"Predicted effects have the shape {predicted.shape}, measured ones {measured.shape}."
        )
    if not (np.isfinite(predicted).all() and np.isfinite(measured).all()):
        raise MeasureError("Some effects are NaN or infinite.")
    x, y = (values - values.mean(axis=1, keepdims=True, dtype=np.float64) for values in (predicted, measured))
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    floor = 1e-12 * np.sqrt(
        (predicted.astype(float) ** 2).sum(axis=1) * (measured.astype(float) ** 2).sum(axis=1)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > floor, (x * y).sum(axis=1) / scale, np.nan)
