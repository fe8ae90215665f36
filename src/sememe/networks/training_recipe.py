"""How a network is trained when nobody says otherwise."""

from dataclasses import dataclass

from sememe.errors import NetworkError


@dataclass(frozen=True)
class TrainingRecipe:
    """The settings of one training. Those of a network are its attribute ``recipe``; others get these."""

    epochs: int = 5
    """Passes over the images."""
    batch_size: int = 128
    """Images a step."""
    learning_rate: float = 2e-3
    """Peak of the one-cycle schedule."""
    warm_up: float = 0.2
    """Share of the steps in which the learning rate rises to its peak; it falls to zero over the rest."""
    betas: tuple[float, float] = (0.9, 0.99)
    """Decay a step of Adam's running means of the gradient and of its square."""
    weight_decay: float = 0.01
    """Share of a weight that one step takes away, times the learning rate; biases are not decayed."""
    shift: int = 0
    """Every batch is moved by up to so many pixels in each direction, drawn anew; 0 to leave images alone."""
    focus: float = 1.0
    """Share of the images, those with the highest loss when last seen, that epochs after the first visit."""
    low_precision: bool = False
    """Multiply in bfloat16 where the processor does so natively; weights and sums stay in float32."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate"):
            if not getattr(self, name) > 0:
                raise NetworkError(f"{name} is {getattr(self, name)}: training needs a positive one.")
        if not 0 < self.focus <= 1:
            raise NetworkError(f"focus is {self.focus}: it is a share of the images, above 0 and at most 1.")
