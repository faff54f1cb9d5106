"""mtnlp's randomness in PyTorch: its order of batches, its first heads, its dropout masks. With these train_hf.py is mtnlp in
another program, so that what differs between the two is not chance (tests/bench/same_masks.py)."""
import numpy
import torch
from transformers.masking_utils import AttentionMaskInterface, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

M = 2**64 - 1
ATTENTION, PROJECTION, OUTPUT = range(3)  # Place of src/network/encoder.cc


def mix(x):
    x = (x + 0x9e3779b97f4a7c15) & M
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & M
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & M
    return x ^ x >> 31


def hash_key(first, *rest):
    key = mix(first)
    for part in rest:
        key = mix(key ^ part)
    return key


class KeyedRandom:
    def __init__(self, key):
        self.state = key

    def next(self):
        value = mix(self.state)
        self.state = (self.state + 0x9e3779b97f4a7c15) & M
        return value

    def below(self, bound):
        while True:
            product = self.next() * bound
            if (product & M) >= (2**64 - bound) % bound:
                return product >> 64

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53


def shuffle(items, random):
    for i in range(len(items), 1, -1):
        j = random.below(i)
        items[i - 1], items[j] = items[j], items[i - 1]


def plan_epoch(sizes, sources, batch_size, seed, epoch):
    """[(task, rows)] of the steps of an epoch, as data/epoch_plan.cc; `sizes` {task: training rows}, `sources` all files."""
    steps = []
    for source, (name, size) in enumerate(sizes.items()):
        order = list(range(size))
        shuffle(order, KeyedRandom(hash_key(seed, epoch, source)))
        steps += [(name, order[i:i + batch_size]) for i in range(0, size, batch_size)]
    shuffle(steps, KeyedRandom(hash_key(seed, epoch, sources)))
    return steps


def start_heads(heads, seed):
    """Gives `heads` {task: Linear} the weights of network/random_init.cc."""
    for name, head in heads.items():
        for kind, tensor in (("weight", head.weight), ("bias", head.bias)):
            key = mix(seed)
            for c in f"head.{name}.{kind}".encode():
                key = mix(key ^ c)
            random, bound = KeyedRandom(key), head.in_features ** -0.5
            values = [bound * (2 * random.uniform() - 1) for _ in range(tensor.numel())]
            tensor.data.copy_(torch.tensor(values).view_as(tensor))


def mixed(x):
    """mix of an array."""
    with numpy.errstate(over="ignore"):
        x = x + numpy.uint64(0x9e3779b97f4a7c15)
        x = (x ^ x >> numpy.uint64(30)) * numpy.uint64(0xbf58476d1ce4e5b9)
        x = (x ^ x >> numpy.uint64(27)) * numpy.uint64(0x94d049bb133111eb)
        return x ^ x >> numpy.uint64(31)


class Masks:
    """The dropout of a step: `rate`, and the keys of its tokens [B, T]."""

    def __init__(self):
        self.rate, self.key, self.tokens = 0.0, 0, None

    def start_step(self, seed, step, rows, length, rate):
        """`rows` are row ids over all files, `length` the tokens of a padded row."""
        self.rate, self.key = rate, hash_key(seed, step)
        of_rows = numpy.array([hash_key(row, 0) for row in rows], numpy.uint64)
        self.tokens = mixed(of_rows[:, None] ^ numpy.arange(length, dtype=numpy.uint64)[None, :])

    def factors(self, layer, place, columns, parts=1):
        """Factors [B, parts, T, columns], 0 or 1 / (1 - rate)."""
        key = hash_key(self.key, layer + 1, place)
        tokens = mixed(numpy.uint64(mix(key)) ^ self.tokens)
        keys = mixed(tokens[:, None, :] ^ numpy.arange(parts, dtype=numpy.uint64)[None, :, None])
        a, b = keys.astype(numpy.uint32)[..., None], (keys >> numpy.uint64(32)).astype(numpy.uint32)[..., None]
        with numpy.errstate(over="ignore"):
            x = numpy.arange(columns, dtype=numpy.uint32) * numpy.uint32(0x9e3779b9) + a
            x ^= x >> numpy.uint32(16)
            x *= numpy.uint32(0x85ebca6b)
            x ^= x >> numpy.uint32(13)
            x += b
            x *= numpy.uint32(0xc2b2ae35)
            x ^= x >> numpy.uint32(16)
        kept = torch.from_numpy(x >= numpy.uint32(int(self.rate * 2**32)))
        return kept.float() / (1 - self.rate)


class KeyedDropout(torch.nn.Module):
    def __init__(self, masks, layer, place):
        super().__init__()
        self.masks, self.layer, self.place = masks, layer, place

    def forward(self, x):
        if not self.training or self.masks.rate == 0:
            return x
        return x * self.masks.factors(self.layer, self.place, x.shape[-1])[:, 0]


def use_masks(encoder, masks):
    """Replaces the dropout of a BERT encoder by `masks`."""
    encoder.embeddings.dropout = KeyedDropout(masks, -1, OUTPUT)
    for index, layer in enumerate(encoder.encoder.layer):
        layer.attention.self.keyed_layer = index
        layer.attention.output.dropout = KeyedDropout(masks, index, PROJECTION)
        layer.output.dropout = KeyedDropout(masks, index, OUTPUT)

    def attend(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **_):
        scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
        if attention_mask is not None:
            scores = scores + attention_mask
        weights = scores.softmax(-1)
        if module.training and masks.rate > 0:
            weights = weights * masks.factors(module.keyed_layer, ATTENTION, weights.shape[-1], weights.shape[1])
        return (weights @ value).transpose(1, 2).contiguous(), weights

    ALL_ATTENTION_FUNCTIONS.register("mtnlp", attend)
    AttentionMaskInterface.register("mtnlp", eager_mask)
    encoder.config._attn_implementation = "mtnlp"
