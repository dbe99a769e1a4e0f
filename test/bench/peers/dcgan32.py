"""The peer's side of every comparison: dcgan-32 in PyTorch, as worker/src/presets/dcgan.ts defines it.

Written as a careful user of PyTorch would: what need not be computed is not (no gradient of G in D's step, none of D's
parameters in G's), batches lie in memory as tensors, and DDP is told what spares it work.
"""

import os

# Threads are fixed before the library is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

NOISE_SIZE = 100
RECORD_BYTES = 1 + 3 * 32 * 32


class Generator(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.project = nn.Linear(NOISE_SIZE, 16 * 4 * width, bias=False)
        widths = [4 * width, 2 * width, width, 3]
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in widths[:3])
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(n, m, 4, stride=2, padding=1, bias=False) for n, m in zip(widths, widths[1:])
        )

    def forward(self, z):
        x = self.project(z).view(-1, 4 * self.width, 4, 4)
        for norm, up in zip(self.norms, self.ups):
            x = up(F.relu(norm(x)))
        return torch.tanh(x)


class Discriminator(nn.Module):
    def __init__(self, width):
        super().__init__()
        widths = [3, width, 2 * width, 4 * width]
        self.downs = nn.ModuleList(
            nn.Conv2d(n, m, 4, stride=2, padding=1, bias=False) for n, m in zip(widths, widths[1:])
        )
        self.judge = nn.Linear(16 * 4 * width, 1, bias=False)

    def forward(self, x):
        for down in self.downs:
            x = F.leaky_relu(down(x), 0.2)
        return self.judge(x.flatten(1))


class Training:
    """One process's iterations: a D step and a G step each. With `ddp` its gradients are averaged with the others'."""

    def __init__(self, width, batch, data, device="cpu", ddp=False, seed=0):
        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True
        self.device = torch.device(device)
        self.g = Generator(width).to(self.device)
        self.d = Discriminator(width).to(self.device)
        for module in [*self.g.modules(), *self.d.modules()]:
            if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, std=0.02)
        wrap = (
            (lambda m: DistributedDataParallel(m, forward_sync_buffers=False, gradient_as_bucket_view=True))
            if ddp
            else (lambda m: m)
        )
        self.synced_g, self.synced_d = wrap(self.g), wrap(self.d)
        adam = dict(lr=2e-4, betas=(0.5, 0.999))
        self.optimizer_g = torch.optim.Adam(self.g.parameters(), **adam)
        self.optimizer_d = torch.optim.Adam(self.d.parameters(), **adam)
        self.batch = batch
        self.images = load_images(data).to(self.device)
        # Each process draws another order; noise differs, too.
        torch.manual_seed(seed)
        self.order = torch.empty(0, dtype=torch.long)

    def next_batch(self):
        if len(self.order) < self.batch:
            self.order = torch.randperm(len(self.images))
        picked, self.order = self.order[: self.batch], self.order[self.batch :]
        return self.images[picked.to(self.device)]

    def noise(self):
        return torch.randn(self.batch, NOISE_SIZE, device=self.device)

    def iterate(self):
        with torch.no_grad():
            fake = self.g(self.noise())
        # One pass over both: D has no batch norm, and it is faster than two.
        logits = self.synced_d(torch.cat([self.next_batch(), fake]))
        loss_d = F.softplus(-logits[: self.batch]).mean() + F.softplus(logits[self.batch :]).mean()
        self.optimizer_d.zero_grad()
        loss_d.backward()
        self.optimizer_d.step()

        self.d.requires_grad_(False)
        loss_g = F.softplus(-self.d(self.synced_g(self.noise()))).mean()
        self.optimizer_g.zero_grad()
        loss_g.backward()
        self.optimizer_g.step()
        self.d.requires_grad_(True)
        # A user looks at the losses; reading them also waits for a GPU.
        return loss_d.item(), loss_g.item()

    def state(self):
        return {
            "g": self.g.state_dict(),
            "d": self.d.state_dict(),
            "optimizer_g": self.optimizer_g.state_dict(),
            "optimizer_d": self.optimizer_d.state_dict(),
        }

    def load(self, state):
        self.g.load_state_dict(state["g"])
        self.d.load_state_dict(state["d"])
        self.optimizer_g.load_state_dict(state["optimizer_g"])
        self.optimizer_d.load_state_dict(state["optimizer_d"])


def load_images(path):
    """CIFAR-10 records as [n, 3, 32, 32] in [-1, 1]."""
    with open(path, "rb") as file:
        records = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(-1, RECORD_BYTES)
    return records[:, 1:].reshape(-1, 3, 32, 32).float() / 127.5 - 1
