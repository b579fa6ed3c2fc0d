"""A small vision transformer, made as timm's and MONAI's are: patches, a token of the class, attention."""

from __future__ import annotations

import torch
from torch import nn


class SmallTransformer(nn.Module):
    """Decides by the token of the class, as ViT does, or by the mean of all others, as EVA does.

    Args:
        num_classes: number of logits.
        pool: "token" or "mean".
    """

    def __init__(self, *, num_classes: int, pool: str = "token", width: int = 48, depth: int = 2) -> None:
        super().__init__()
        self.pool = pool
        self.patches = nn.Sequential(nn.Conv2d(1, width, 8, stride=8), nn.Flatten(2))
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(images).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(tokens), -1, -1), tokens], 1)
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        logits: torch.Tensor = self.head(tokens[:, 0] if self.pool == "token" else tokens[:, 1:].mean(1))
        return logits


class Block(nn.Module):
    """Attention and two linear layers, each after a normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        tokens = tokens + self.attention(self.norm1(tokens))
        found: torch.Tensor = tokens + self.mlp(self.norm2(tokens))
        return found


class Attention(nn.Module):
    """With a module that returns (batch, heads, tokens, width), which is no map."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.into, self.out_of = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm_of_queries = nn.Identity()

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        queries, keys, values = self.into(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        found = nn.functional.scaled_dot_product_attention(self.norm_of_queries(queries), keys, values)
        result: torch.Tensor = self.out_of(found.transpose(1, 2).flatten(2))
        return result
