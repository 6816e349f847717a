"""Golden values of the three INR methods at a toy size: parameters, prediction, loss, every gradient, ten Adam losses.

Run: python ci/references/inr_models.py
"""
import torch

import golden
import inr_twin

VERSION = 1
TOY = inr_twin.Configuration(
    image_size=8, encoder_width=16, layer_count=1, head_count=2, token_count=4, latent_width=8, hidden_width=8,
    hidden_layer_count=2, frequency_count=3, bandwidth=4, group_count=4, query_bandwidth=2, bands=(4, 2),
    attention_head_width=4)


def main():
    for name, method in inr_twin.METHODS.items():
        torch.manual_seed(7)
        model = method(TOY)
        images = torch.rand(3, 8, 8, 3)
        coordinates = inr_twin.cell_centres(8)[::3]
        targets = images.reshape(3, 64, 3)[:, ::3]
        tensors = {f"parameter.{k}": v.clone() for k, v in model.state_dict().items()}
        tensors |= {"images": images, "coordinates": coordinates, "targets": targets}
        prediction = model(images, coordinates)
        loss = (prediction - targets).square().mean()
        loss.backward()
        tensors |= {f"gradient.{k}": p.grad.clone() for k, p in model.named_parameters()}
        tensors |= {"prediction": prediction, "loss": loss}
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
        losses = []
        for _ in range(10):
            optimiser.zero_grad()
            loss = (model(images, coordinates) - targets).square().mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        tensors["losses"] = torch.stack(losses)
        golden.write(f"Packages/INR/Tests/INRTests/Golden/{name}.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
