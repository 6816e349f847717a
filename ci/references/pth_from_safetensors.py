"""Writes the tensors of a safetensors file as PyTorch does, to compare real weights that may not be committed.

Run: python ci/references/pth_from_safetensors.py weights.safetensors /tmp/weights.pth
     cd Packages/TensorCore && swift run ReadingPyTorchWeights /tmp/weights.pth weights.safetensors
"""
import sys
from collections import OrderedDict

import torch
from safetensors.numpy import load_file

source, target = sys.argv[1:]
torch.save(OrderedDict((name, torch.from_numpy(x)) for name, x in load_file(source).items()), target)
