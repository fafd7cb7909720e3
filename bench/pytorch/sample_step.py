"""Worker: one evaluation of the network and one DDIM update (Song et al. 2021, eq. 12, eta 0) in PyTorch under inference_mode."""
import torch

from unet import UNet
from worker import choose_library, count_parameters, memory_format, options, serve


def main():
    given = options()
    config, batch = given["config"], given["batch"]
    layout = memory_format(given)
    model = UNet(config).to(memory_format=layout).eval()
    library = choose_library(model, given, training=False)
    x = torch.randn(batch, config["in_channels"], *config["image_size"]).contiguous(memory_format=layout)
    t = torch.full((batch,), 500)
    # The same pair of levels each time: signal and noise scales of a linear schedule around its middle.
    signal, noise, signal_next, noise_next = 0.27951, 0.96014, 0.31062, 0.95053

    def step():
        with torch.inference_mode():
            epsilon = model(x, t)
            x0 = (x - noise * epsilon) / signal
            return float((signal_next * x0 + noise_next * epsilon)[0, 0, 0, 0])

    serve(step, layout=given["layout"], library=library, parameters=count_parameters(model))


main()
