"""``sememe layers``: what a network is made of."""

from rich.console import Console


def layers(network: str, /) -> None:
    """List the layers of a network: name, kind of module, shape of its output, parameters.

    Parameters
    ----------
    network
        A name (digit_mlp, digit_cnn), or the folder of a saved network, such as RUN/network/digit_cnn.
    """
    import torch
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sememe import networks

    net = networks.named(network)
    table = Table("layer", "module", "gives", "parameters", box=SIMPLE_HEAD)
    for found in networks.layers(net, torch.zeros(1, *net.input_shape)):
        gives = found.unusable or f"{found.kind} of {' x '.join(map(str, found.shape or ()))}"
        table.add_row(found.name, found.module, gives, f"{found.n_parameters:,}")
    Console(highlight=False).print(table)
