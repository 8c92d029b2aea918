"""Nets: networks with a leading replica axis, masks, and training (torch)."""

from slthlib.nets import _reproducible  # noqa: F401 - first, before torch multiplies matrices
from slthlib.nets.batches import BatchOrder, order_keys
from slthlib.nets.checkpoints import load_checkpoint, save_checkpoint
from slthlib.nets.evaluation import accuracy, losses_of
from slthlib.nets.exchange import from_sequential, to_sequential
from slthlib.nets.layers import Convolution, Linear, ReLU
from slthlib.nets.masks import keep_of, random_mask, shuffle_mask
from slthlib.nets.networks import Conv, Dense, Network
from slthlib.nets.optimizers import SGD, Adam
from slthlib.nets.parameters import Masks, Parameters, concatenate
from slthlib.nets.pooling import AvgPool, Flatten, MaxPool
from slthlib.nets.results import NonFiniteLossError, Training
from slthlib.nets.schedules import constant, cosine, steps_down, warm_up
from slthlib.nets.selection import top_k
from slthlib.nets.thinning import ThinNetwork, effective_keep, thin
from slthlib.nets.training import train

__all__ = [
    "SGD",
    "Adam",
    "AvgPool",
    "BatchOrder",
    "Conv",
    "Convolution",
    "Dense",
    "Flatten",
    "Linear",
    "Masks",
    "MaxPool",
    "Network",
    "NonFiniteLossError",
    "Parameters",
    "ReLU",
    "ThinNetwork",
    "Training",
    "accuracy",
    "concatenate",
    "constant",
    "cosine",
    "effective_keep",
    "from_sequential",
    "keep_of",
    "load_checkpoint",
    "losses_of",
    "order_keys",
    "random_mask",
    "save_checkpoint",
    "shuffle_mask",
    "steps_down",
    "thin",
    "to_sequential",
    "top_k",
    "train",
    "warm_up",
]
