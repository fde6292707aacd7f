"""What the peers' scripts share: options, timing, and the one JSON line each of them prints.

Timing is the one of `emojify bench`: warm-up, then repetitions of equal length; the figures are the median repetition
and the fastest one.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

ARCHITECTURES = ["emojify", "vgg-small", "fast"]
MODES = ["train", "infer", "latency"]
CLASSES = 7
SIDE = 48
LEARNING_RATE = 1e-3
EPSILON = 1e-7
REPETITIONS = 7
WARM_UP_SECONDS = 1.0


def arguments(description, variants, modes=MODES):
    """Parses the command line; the result has `variants`, those to try."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="fast")
    parser.add_argument("--mode", choices=modes, default=modes[0])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10, help="of measurement")
    parser.add_argument(
        "--variant", default="best",
        help="which way to run the network: best, or one of "
        + ", ".join(sorted({name for names in variants.values() for name in names})))
    options = parser.parse_args()
    options.variants = variants[options.mode]
    if options.variant != "best":
        options.variants = [options.variant]
    if options.mode == "latency":
        options.batch_size = 1
    return options


def run(peer, version, options, parameters, make_step):
    """Measures the best variant and prints the JSON line.

    `make_step(variant)` returns a function that makes one step and ends only when its result is there. A variant that
    does not work here is left out, and the result says why. Where there are several, each gets a short trial.
    """
    steps, left_out = {}, {}
    for variant in options.variants:
        try:
            step = make_step(variant)
            warm_up(step)
            steps[variant] = (trial(step) if len(options.variants) > 1 else 0, step)
        except Exception as error:  # whatever a framework throws: another variant may do
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            left_out[variant] = reason
    if not steps:
        sys.exit(f"{peer}: no variant works here: {left_out}")
    variant, (_, step) = min(steps.items(), key=lambda item: item[1][0])
    result = {
        "peer": peer, "version": version, "architecture": options.architecture,
        "mode": options.mode, "batch_size": options.batch_size, "threads": options.threads,
        "variant": variant, "parameters": parameters,
        "trials_ms": {name: round(1e3 * seconds, 3) for name, (seconds, _) in steps.items()},
        "left_out": left_out,
    }
    warm_up(step)
    if options.mode == "latency":
        times = sorted(single_times(step, options.seconds))
        result["latency_ms_median"] = 1e3 * statistics.median(times)
        result["latency_ms_p95"] = 1e3 * times[min(len(times) - 1, int(0.95 * len(times)))]
    else:
        times = repetition_times(step, options.seconds)
        result["images_per_second"] = options.batch_size / statistics.median(times)
        result["images_per_second_best"] = options.batch_size / min(times)
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def warm_up(step):
    step()
    end = time.perf_counter() + WARM_UP_SECONDS
    while time.perf_counter() < end:
        step()


def trial(step):
    return statistics.median(single_times(step, 1.0))


def single_times(step, seconds):
    """Seconds of every single step."""
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


def repetition_times(step, seconds):
    """Mean seconds a step, of each repetition."""
    times = []
    for _ in range(REPETITIONS):
        count = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds / REPETITIONS:
            step()
            count += 1
        times.append((time.perf_counter() - start) / count)
    return times
