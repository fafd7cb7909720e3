"""What both workers share: JSON lines over stdin and stdout, peak memory, the choice of library.

The driver sends one request a line, {"do": "run", "steps": k}, until it closes stdin; every reply is one line. Nothing runs between
requests, so processes can take turns on the same cores.
"""
import json
import resource
import sys
import time

import torch

from attention import Attention, faster_library, use_library


def peak_rss_mib():
    """The most resident memory this process ever had, in MiB (ru_maxrss would count the parent's before exec)."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def timed(action, times):
    """Milliseconds of each of `times` calls."""
    out = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        out.append((time.perf_counter() - start) * 1000)
    return out


def options():
    """The worker's only argument as JSON: {"config", "batch", "threads", "layout", "library"?}."""
    given = json.loads(sys.argv[1])
    torch.set_num_threads(given["threads"])
    torch.manual_seed(0)
    torch.set_flush_denormal(True)
    return given


def choose_library(model, given, training):
    """Lets matrix products go where they are fastest, judged at the largest attention layer."""
    config = given["config"]
    layers = [module for module in model.modules() if isinstance(module, Attention)]
    if not layers:
        return "blas"
    level = next((i for i, kind in enumerate(config["down_block_types"]) if kind.startswith("Attn")), len(config["block_out_channels"]) - 1)
    layer = min(layers, key=lambda module: module.to_q.in_features)
    shape = (given["batch"], layer.to_q.in_features, *(size >> level for size in config["image_size"]))
    with torch.random.fork_rng():
        library = given.get("library") or faster_library(layer, shape, memory_format(given), training)
    use_library(model, library)
    return library


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())


def memory_format(given):
    return torch.channels_last if given["layout"] == "channels_last" else torch.contiguous_format


def send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve(step, **facts):
    """Says what it is, then answers requests until stdin closes. `step()` does one whole step and returns a number it computed."""
    send({"event": "ready", "name": f"torch {torch.__version__}", "threads": torch.get_num_threads(), **facts})
    for line in sys.stdin:
        results = []
        milliseconds = timed(lambda: results.append(step()), json.loads(line)["steps"])
        send({"event": "ran", "milliseconds": milliseconds, "peakRssMiB": peak_rss_mib(), "result": results[-1]})
