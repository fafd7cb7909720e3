"""Holds unet.py against reference numbers of the original network: check_unet.py FOLDER NAME

FOLDER/NAME.config.json, NAME.safetensors (weights) and NAME.io.safetensors (x, t, out, grad/r, grad/loss, grad/param/*).
Prints the largest relative errors and fails above 2e-5 (forward) or 1e-4 (gradients).
"""
import json
import struct
import sys

import torch

from attention import use_library
from unet import UNet


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    kinds = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32, "I64": torch.int64}
    out = {}
    for name, info in header.items():
        if name != "__metadata__":
            begin, end = info["data_offsets"]
            raw = bytearray(data[8 + length + begin:8 + length + end])
            out[name] = torch.frombuffer(raw, dtype=kinds[info["dtype"]]).reshape(info["shape"])
    return out


def main():
    folder, name = sys.argv[1:]
    with open(f"{folder}/{name}.config.json") as file:
        config = json.load(file)
    io = load(f"{folder}/{name}.io.safetensors")
    for layout in (torch.contiguous_format, torch.channels_last):
        for library in ("blas", "onednn"):
            model = UNet(config)
            model.load_state_dict(load(f"{folder}/{name}.safetensors"))
            model.to(memory_format=layout)
            use_library(model, library)
            errors = compare(model, io)
            print(json.dumps({"layout": str(layout), "library": library, **errors}))
            assert errors["forward"] < 2e-5 and errors["gradients"] < 1e-4


def compare(model, io):
    """Largest errors: of the output over its largest value, of each gradient over its largest value (and the network's)."""
    out = model(io["x"], io["t"])
    forward = (out - io["out"]).abs().max() / io["out"].abs().max()
    loss = (out * io["grad/r"]).mean()
    loss.backward()
    gradients = {key: p.grad for key, p in model.named_parameters()}
    largest = max(float(g.abs().max()) for g in gradients.values())
    worst = 0.0
    for key, reference in io.items():
        if key.startswith("grad/param/"):
            error = (gradients[key[len("grad/param/"):]] - reference).abs().max()
            worst = max(worst, float(error / (reference.abs().max() + 1e-2 * largest)))
    return {"forward": float(forward), "gradients": worst, "loss": abs(float(loss / io["grad/loss"]) - 1)}


main()
