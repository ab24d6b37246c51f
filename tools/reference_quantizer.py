#!/usr/bin/env python3
"""NVFP4 and FP8 quantisation by the book, in the standard library alone: the reference that the C# quantiser is compared with bit for bit.

It rounds by searching tables of the formats' values, where the C# code counts midpoints and shifts bits. Every operation of the rule is done in
float32: computed in float64 and rounded once, which for one +, -, * or / of two float32 numbers gives the correctly rounded float32 result.

    weight_scale_2 = amax / (6 * 448)                         (6 * 256 with four-over-six)
    weight_scale   = E4M3(clamp((block amax / 6) / weight_scale_2, 2^-9, 448)), nearest, ties to the even code; 2^-9 for a block of zeros
    codes          = E2M1(x / (weight_scale * weight_scale_2)), nearest, ties to the even code; the sign of x is kept, so -0 is code 8
    four-over-six  : the candidate (block amax / 4) / weight_scale_2 is taken where its squared error is smaller
    scale search   : of the scales up to eight E4M3 codes away from the first candidate, the one with the least squared error; ties go to the
                     nearest, then to the smaller. The squared error sums (|x| - |read back|)^2, differences in float32, squares and sums in
                     float64: one sum for each column modulo 4, added pairwise.
    FP8            : weight_scale = amax / 448, codes = E4M3(x / weight_scale), saturating; zeros where weight_scale is 0

It writes the test cases of tests/NemotronH.Quantization.Tests/Fixtures/quantizer.
"""

import argparse
import base64
import ctypes
import json
import math
import random
import struct

E2M1 = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
E4M3 = [math.ldexp(code & 7, -9) if code < 8 else math.ldexp(8 + (code & 7), (code >> 3) - 10) for code in range(127)]


def f32(x):
    """Rounds a float64 to float32 (nearest even; too large becomes infinite)."""
    return ctypes.c_float(x).value


def divide(a, b):
    """a / b in float32, with the results of IEEE 754 for a zero divisor."""
    if b == 0.0:
        return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
    return f32(a / b)


def nearest(table, magnitude):
    """Index of the value nearest to a magnitude; ties to the even index, beyond the end to the last, NaN to 0."""
    if math.isnan(magnitude):
        return 0
    low, high = 0, len(table) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if table[middle] <= magnitude:
            low = middle
        else:
            high = middle
    if magnitude >= table[high]:
        return high
    midpoint = (table[low] + table[high]) / 2
    if magnitude == midpoint:
        return low if low % 2 == 0 else high
    return low if magnitude < midpoint else high


def is_negative(x):
    return math.copysign(1.0, x) < 0


def encode_e2m1(magnitude, negative):
    return nearest(E2M1, magnitude) | (8 if negative else 0)


def encode_e4m3(x):
    return nearest(E4M3, abs(x)) | (0x80 if is_negative(x) else 0)


def scale_for(amax, target, weight_scale_2):
    scale = divide(divide(amax, target), weight_scale_2)
    smallest = math.ldexp(1.0, -9)
    return encode_e4m3(smallest if math.isnan(scale) else min(max(scale, smallest), 448.0))


def squared_error(block, scale_code, weight_scale_2):
    scale = E4M3[scale_code]
    step = f32(scale * weight_scale_2)
    sums = [0.0] * 4
    for column, x in enumerate(block):
        value = E2M1[nearest(E2M1, divide(abs(x), step))]
        read_back = f32(f32(value * scale) * weight_scale_2)
        difference = f32(abs(x) - read_back)
        sums[column % 4] += difference * difference
    return (sums[0] + sums[1]) + (sums[2] + sums[3])


def choose_scale(block, weight_scale_2, four_over_six, search):
    amax = max(abs(x) for x in block)
    to_six = scale_for(amax, 6.0, weight_scale_2)
    if search:
        candidates = [to_six] + [code for d in range(1, 9) for code in (to_six - d, to_six + d) if 1 <= code <= 0x7E]
    elif four_over_six:
        candidates = [to_six, scale_for(amax, 4.0, weight_scale_2)]
    else:
        return to_six
    return min(candidates, key=lambda code: squared_error(block, code, weight_scale_2))  # min keeps the first of equals


def quantize_nvfp4(values, four_over_six=False, search=False):
    """Returns packed codes, scales (both bytes) and weight_scale_2 of float32 values in whole blocks of 16."""
    weight_scale_2 = f32(max(abs(x) for x in values) / (6 * (256 if four_over_six else 448)))
    codes, scales = [], []
    for start in range(0, len(values), 16):
        block = values[start:start + 16]
        scale_code = choose_scale(block, weight_scale_2, four_over_six, search)
        scales.append(scale_code)
        step = f32(E4M3[scale_code] * weight_scale_2)
        nibbles = [encode_e2m1(divide(abs(x), step), is_negative(x)) for x in block]
        codes += [low | high << 4 for low, high in zip(nibbles[0::2], nibbles[1::2])]
    return bytes(codes), bytes(scales), weight_scale_2


def quantize_fp8(values):
    """Returns E4M3 codes (bytes) and weight_scale."""
    scale = f32(max(abs(x) for x in values) / 448)
    if scale == 0.0:
        return bytes(0x80 if is_negative(x) else 0 for x in values), scale
    return bytes(encode_e4m3(f32(x / scale)) for x in values), scale


def bf16(x):
    """A float32 cut to the precision of checkpoints (towards zero: which numbers they are does not matter here)."""
    return struct.unpack("<f", struct.pack("<I", struct.unpack("<I", struct.pack("<f", x))[0] & 0xFFFF0000))[0]


def cases():
    """Name and values of every test tensor; each a whole number of blocks."""
    rng = random.Random(20251)
    normal = [f32(rng.gauss(0, 0.02)) for _ in range(64 * 16)]
    yield "normal", normal
    yield "normal in bfloat16 precision", [bf16(rng.gauss(0, 0.02)) for _ in range(64 * 16)]
    yield "blocks of very different size", [f32(rng.gauss(0, 1) * 10.0 ** rng.uniform(-9, 3)) if i % 16 else f32(10.0 ** rng.uniform(-9, 3))
                                            for i in range(32 * 16)]
    yield "zeros", [0.0] * 32
    yield "zeros of both signs", [0.0, -0.0] * 16
    yield "some blocks of zeros", [0.0 if (i // 16) % 3 == 1 else f32(rng.gauss(0, 1)) for i in range(16 * 16)]
    yield "one huge value", [1e30 if i == 77 else f32(rng.gauss(0, 1)) for i in range(16 * 16)]
    yield "one huge value beside small ones that still round up", [3000.0 if i == 5 else f32(rng.uniform(-2, 2)) for i in range(16 * 16)]
    # Blocks whose scale is a subnormal of E4M3 (below 2^-6), or just above and below the smallest.
    yield "subnormal scales", [2688.0 if i == 0 else f32(6 * math.ldexp(1 + i // 16, -10) * rng.choice([-1, 1, 0.5, 0.25]))
                               for i in range(40 * 16)]
    yield "negatives that round to zero", [6.0 if i % 16 == 0 else rng.choice([-0.0, -0.01, -0.2, -0.25, 0.2]) for i in range(8 * 16)]
    # amax 2688 makes weight_scale_2 one, so that scales and quotients are exact and fall on midpoints.
    midpoints = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0]
    yield "ties of codes", [2688.0] + [0.0] * 15 + [s * m * k for k in (1.0, 2.0, 0.5, 448.0) for s in (1, -1)
                                                      for m in [6.0] + midpoints + [f32(x * (1 - 2 ** -24)) for x in midpoints] + [0.0]]
    yield "ties of scales", [2688.0] + [0.0] * 15 + [v for code in range(0, 126) for v in [3 * (E4M3[code] + E4M3[code + 1])] + [0.0] * 15]
    yield "same magnitude everywhere", [math.copysign(0.1, rng.random() - 0.5) for _ in range(4 * 16)]
    yield "single subnormal number", [math.ldexp(1.0, -149)] + [0.0] * 15
    yield "subnormal numbers", [math.ldexp(rng.randrange(-2 ** 14, 2 ** 14), -149) for _ in range(4 * 16)]
    yield "largest numbers", [math.copysign(f32(3.4028234663852886e38 * (1 - i / 64)), rng.random() - 0.5) for i in range(4 * 16)]
    yield "four-over-six favours four", [v for _ in range(4) for v in [1.0, -0.75, 0.75, 0.5] * 4]
    yield "powers of two", [math.ldexp(rng.choice([-1, 1]), rng.randrange(-20, 4)) for _ in range(16 * 16)]


def encode_base64(data):
    return base64.b64encode(data).decode("ascii")


def golden(name, values):
    values = [f32(x) for x in values]
    result = {"name": name, "values": encode_base64(struct.pack(f"<{len(values)}f", *values)), "nvfp4": []}
    for four_over_six in (False, True):
        for search in (False, True):
            codes, scales, weight_scale_2 = quantize_nvfp4(values, four_over_six, search)
            result["nvfp4"].append({
                "four_over_six": four_over_six, "mse": search, "codes": encode_base64(codes), "scales": encode_base64(scales),
                "weight_scale_2": struct.unpack("<I", struct.pack("<f", weight_scale_2))[0]})
    codes, scale = quantize_fp8(values)
    result["fp8"] = {"codes": encode_base64(codes), "weight_scale": struct.unpack("<I", struct.pack("<f", scale))[0]}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", metavar="OUTPUT.json", help="the file to write: every test tensor with its codes and scales")
    output = parser.parse_args().output
    goldens = [golden(name, list(values)) for name, values in cases()]
    with open(output, "w", encoding="ascii") as file:
        json.dump(goldens, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
