"""Worker: whole training steps in PyTorch: noise prediction loss, backward, clipping to norm 1, AdamW, EMA of the parameters.

The batch is drawn outside the timed step, as on the other side.
"""
import torch
from torch.nn import functional as F

from unet import UNet
from worker import choose_library, count_parameters, memory_format, options, serve


def main():
    given = options()
    config, batch = given["config"], given["batch"]
    layout = memory_format(given)
    model = UNet(config).to(memory_format=layout).train()
    library = choose_library(model, given, training=True)
    parameters = list(model.parameters())
    averages = [p.detach().clone() for p in parameters]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=1e-2)
    decay = 0.999
    shape = (batch, config["in_channels"], *config["image_size"])
    x = torch.randn(shape).contiguous(memory_format=layout)
    t = torch.randint(0, 1000, (batch,))
    target = torch.randn(shape).contiguous(memory_format=layout)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x, t), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(averages, decay)
            torch._foreach_add_(averages, parameters, alpha=1 - decay)
        return loss.item()

    serve(step, layout=given["layout"], library=library, parameters=count_parameters(model))


main()
