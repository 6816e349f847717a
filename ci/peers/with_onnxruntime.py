"""Inference of the speed suite's networks by ONNX Runtime, exported from the PyTorch twins by another process."""
import os
import subprocess
import sys
import tempfile

import worker

OPTIONS = worker.options("onnxruntime", "onnx")
NETWORKS = {"w6.cnn": "plain_network", "w6.separable": "separable_network"}
EXPORT = """
import sys, torch, torch_models
torch.manual_seed(1)
x = torch.randn(1, 3, int(sys.argv[3]), int(sys.argv[3]))
torch.onnx.export(getattr(torch_models, sys.argv[1])().eval(), (x,), sys.argv[2], input_names=["x"], dynamo=True)
"""


def make(name):
    if name not in NETWORKS:
        return None
    import numpy
    import onnxruntime
    side = 16 if OPTIONS.tiny else 80
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        subprocess.run(
            [sys.executable, "-c", EXPORT, NETWORKS[name], path, str(side)], check=True, stdout=sys.stderr,
            env=os.environ | {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.inter_op_num_threads = OPTIONS.threads, 1
        # As OpenMP elsewhere: who waits does not spin.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    x = numpy.random.default_rng(1).standard_normal((1, 3, side, side), dtype=numpy.float32)
    return lambda: session.run(None, {"x": x})


worker.serve(make)
