"""How a network is trained when nobody says otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingRecipe:
    """The settings of one training. Those of a network are its attribute ``recipe``; others get these."""

    epochs: int = 5
    """Passes over the images."""
    batch_size: int = 256
    """Images a step."""
    learning_rate: float = 2e-3
    """Peak of the one-cycle schedule."""
    warm_up: float = 0.2
    """Share of the steps in which the learning rate rises to its peak; it falls to zero over the rest."""
    weight_decay: float = 0.0
    """Share of a weight that one step takes away, times the learning rate; biases are not decayed."""
    label_smoothing: float = 0.0
    """Probability spread evenly over all classes in the target, 0 to 1."""
    low_precision: bool = False
    """Multiply in bfloat16 where the processor does that natively; weights and sums stay in float32."""
