"""To and from a torch Sequential."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from torch import Tensor, nn

from slthlib.nets._checks import check_masks, check_parameters, whole
from slthlib.nets.layers import Convolution, Linear, ReLU
from slthlib.nets.networks import Dense, Layer, Network
from slthlib.nets.parameters import Parameters
from slthlib.nets.pooling import AvgPool, Flatten, MaxPool

__all__ = ["from_sequential", "to_sequential"]


def from_sequential(module: nn.Sequential, *, shape: Sequence[int] | None = None) -> tuple[Network, Parameters]:
    """Bring a torch Sequential here, as a network with one replica.

    Parameters
    ----------
    module : torch.nn.Sequential
        Of Linear, Conv2d, ReLU, Flatten, MaxPool2d, AvgPool2d; Dropout and Identity are passed over.
    shape : sequence of int, optional
        Shape of one input; needed where the first weighted layer is a convolution: (channels, height, width).

    Returns
    -------
    network : Network
        A `Dense` one where linear layers alternate with ReLU.
    parameters : Parameters
        Copies, with a replica axis of length 1.

    Notes
    -----
    Used in: no chapter.
    """
    if not isinstance(module, nn.Sequential):
        raise TypeError(f"module: expected a torch.nn.Sequential, got {type(module).__name__}")
    layers: list[Layer] = []
    tensors: dict[str, Tensor] = {}
    for place, part in enumerate(_parts(module)):
        layer = _layer(part, place)
        if layer is None:
            continue
        layers.append(layer)
        if isinstance(part, nn.Linear | nn.Conv2d):
            position = sum(isinstance(one, Linear | Convolution) for one in layers) - 1
            tensors[f"weight{position}"] = part.weight.detach().clone().unsqueeze(0)
            if part.bias is not None:
                tensors[f"bias{position}"] = part.bias.detach().clone().unsqueeze(0)
    first = next((layer for layer in layers if isinstance(layer, Linear | Convolution)), None)
    if first is None:
        raise ValueError("module: expected at least one Linear or Conv2d, got none")
    if shape is None:
        if isinstance(first, Convolution):
            raise ValueError(f"shape: expected ({first.inputs}, height, width) of an input, since the first layer is "
                             "a convolution; got None")  # fmt: skip
        shape = (first.inputs,)
    return _dense(layers, shape) or Network(layers, shape), Parameters(tensors)


def to_sequential(
    network: Network, parameters: Mapping[str, Tensor], replica: int = 0, masks: Mapping[str, Tensor] | None = None
) -> nn.Sequential:
    """Make a torch Sequential of one replica.

    Parameters
    ----------
    network : Network
        What it is.
    parameters : Parameters
        Of R replicas.
    replica : int
        Which one.
    masks : Masks, optional
        Multiply the weights once and for all.

    Returns
    -------
    torch.nn.Sequential
        With copies of the parameters.

    Notes
    -----
    Used in: no chapter.
    """
    given = check_parameters(network.shapes, parameters)
    effective = given.masked(check_masks(network.weight_shapes, masks, given))
    whole("replica", replica, 0, given.replicas - 1)
    parts: list[nn.Module] = []
    position = 0
    for layer in network.layers:
        if isinstance(layer, Linear | Convolution):
            made: nn.Linear | nn.Conv2d
            if isinstance(layer, Linear):
                made = nn.utils.skip_init(nn.Linear, layer.inputs, layer.outputs, layer.bias)
            else:
                made = nn.utils.skip_init(
                    nn.Conv2d, layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.padding, bias=layer.bias
                )
            made.weight = nn.Parameter(effective[f"weight{position}"][replica].clone())
            if layer.bias:
                made.bias = nn.Parameter(effective[f"bias{position}"][replica].clone())
            parts.append(made)
            position += 1
        elif isinstance(layer, ReLU):
            parts.append(nn.ReLU())
        elif isinstance(layer, Flatten):
            parts.append(nn.Flatten())
        else:
            parts.append((nn.MaxPool2d if isinstance(layer, MaxPool) else nn.AvgPool2d)(layer.size))
    return nn.Sequential(*parts)


def _parts(module: nn.Sequential) -> list[nn.Module]:
    """The modules in order, those of nested Sequentials too."""
    found: list[nn.Module] = []
    for part in module:
        found += _parts(part) if isinstance(part, nn.Sequential) else [part]
    return found


def _layer(part: nn.Module, place: int) -> Layer | None:
    """Our layer for theirs; None for one that does nothing in evaluation."""
    kind = type(part).__name__

    def only(name: str, given: object, wanted: object) -> None:
        if given != wanted:
            raise ValueError(f"module: expected {name}={wanted} of {kind} at place {place}, got {given}")

    def square(name: str, given: object) -> int:
        one, two = given if isinstance(given, tuple) else (given, given)
        if one != two or not isinstance(one, int):
            raise ValueError(f"module: expected one {name} for both directions of {kind} at place {place}, got {given}")
        return one

    if isinstance(part, nn.Linear):
        return Linear(part.in_features, part.out_features, part.bias is not None)
    if isinstance(part, nn.Conv2d):
        only("groups", part.groups, 1)
        only("padding_mode", part.padding_mode, "zeros")
        only("dilation", square("dilation", part.dilation), 1)
        if isinstance(part.padding, str):
            raise ValueError(f"module: expected a padding in numbers of Conv2d at place {place}, got {part.padding!r}")
        kernel, stride, padding = (square(name, getattr(part, name)) for name in ("kernel_size", "stride", "padding"))
        return Convolution(part.in_channels, part.out_channels, kernel, stride, padding, part.bias is not None)
    if isinstance(part, nn.ReLU):
        return ReLU()
    if isinstance(part, nn.Flatten):
        only("start_dim", part.start_dim, 1)
        only("end_dim", part.end_dim, -1)
        return Flatten()
    if isinstance(part, nn.MaxPool2d | nn.AvgPool2d):
        size = square("kernel_size", part.kernel_size)
        only("stride", square("stride", part.stride), size)
        only("padding", square("padding", part.padding), 0)
        only("ceil_mode", part.ceil_mode, False)
        if isinstance(part, nn.MaxPool2d):
            only("dilation", square("dilation", part.dilation), 1)
            return MaxPool(size)
        only("divisor_override", part.divisor_override, None)
        return AvgPool(size)
    if isinstance(part, nn.Identity | nn.Dropout):
        return None
    raise ValueError(
        "module: expected Linear, Conv2d, ReLU, Flatten, MaxPool2d, AvgPool2d, Dropout or Identity, "
        f"got {kind} at place {place}"
    )


def _dense(layers: Sequence[Layer], shape: Sequence[int]) -> Dense | None:
    """The perceptron that these layers are, if they are one."""
    linear = [layer for layer in layers if isinstance(layer, Linear)]
    if len(shape) != 1 or len({layer.bias for layer in linear}) != 1:
        return None
    widths = [linear[0].inputs, *(layer.outputs for layer in linear)]
    if any(one.outputs != two.inputs for one, two in pairwise(linear)):
        return None
    dense = Dense(widths, bias=linear[0].bias)
    return dense if dense.layers == tuple(layers) else None
