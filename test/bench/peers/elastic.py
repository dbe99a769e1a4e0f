"""One rank of DDP under torchrun: goes on from the newest checkpoint, saves one every so many iterations, and says of
each iteration that it is done. What torchrun's users write to survive the death of a process."""

import argparse
import json
import os
import time

from dcgan32 import Training  # first: it fixes the threads
import torch
import torch.distributed as dist


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("--iterations", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    training = Training(options.width, options.batch, options.data, ddp=True, seed=rank)
    first = 0
    if os.path.exists(options.checkpoint):
        saved = torch.load(options.checkpoint)
        training.load(saved["state"])
        first = saved["iteration"]
    for iteration in range(first, options.iterations):
        training.iterate()
        say(rank, iteration)
        if rank == 0 and (iteration + 1) % options.every == 0:
            torch.save({"iteration": iteration + 1, "state": training.state()}, options.checkpoint + ".new")
            os.replace(options.checkpoint + ".new", options.checkpoint)
    dist.destroy_process_group()


def say(rank, iteration):
    message = {"rank": rank, "pid": os.getpid(), "iteration": iteration, "at": time.time()}
    # One write: the ranks share a file.
    os.write(1, (json.dumps(message) + "\n").encode())


main()
