"""Trains in blocks, as it is told on standard input: a line with a number of iterations, answered by their seconds.

Alone it is PyTorch eager; with --world-size it is one rank of DDP (gloo, or nccl on GPUs).
"""

import argparse
import json
import resource
import sys
import time

from dcgan32 import Training  # first: it fixes the threads
import torch
import torch.distributed as dist


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--world-size", type=int, default=1)
    parser.add_argument("--rendezvous", help="file:///path, for --world-size")
    options = parser.parse_args()
    torch.set_num_threads(1)
    is_ddp = options.world_size > 1
    if is_ddp:
        backend = "gloo" if options.device == "cpu" else "nccl"
        dist.init_process_group(
            backend, init_method=options.rendezvous, rank=options.rank, world_size=options.world_size
        )
    training = Training(options.width, options.batch, options.data, options.device, is_ddp, options.rank)
    num_parameters = sum(p.numel() for m in (training.g, training.d) for p in m.parameters())
    say({"ready": True, "torch": torch.__version__, "parameters": num_parameters})
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            training.iterate()
            seconds.append(time.perf_counter() - start)
        say({"seconds": seconds, "peak_rss_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss})
    if is_ddp:
        dist.destroy_process_group()


def say(message):
    print(json.dumps(message), flush=True)


main()
