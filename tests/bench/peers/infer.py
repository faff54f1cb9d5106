#!/usr/bin/env python3
"""Encoding speed of sentence-transformers, CTranslate2 and ONNX Runtime on the sentences of one text file, one a line,
tokenisation included, the programs warm:

    infer.py --encoder DIR --file sentences.txt [--max-length 128] [--batch-size 32] [--threads 2] [--work DIR]

--work keeps the converted models.
"""
import argparse
import os
import statistics
import tempfile
import time

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer


class Texts:
    """The sentences, how they become ids, and in which order (long ones first) they go into batches."""

    def __init__(self, args):
        with open(args.file, encoding="utf-8") as file:
            self.lines = [line.rstrip("\n") for line in file if line.strip()]
        self.tokenizer = AutoTokenizer.from_pretrained(args.encoder)
        self.max_length, self.batch_size = args.max_length, args.batch_size
        ids = self.encode()
        self.order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        self.tokens = sum(map(len, ids))

    def encode(self):
        return self.tokenizer(self.lines, truncation=True, max_length=self.max_length)["input_ids"]

    def batches(self):
        ids = self.encode()
        for i in range(0, len(self.order), self.batch_size):
            yield [ids[j] for j in self.order[i:i + self.batch_size]]


def report(name, texts, run, runs):
    """Prints the median rate of `runs` calls of `run`, after one that is not counted."""
    run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    print(f"{name}: {len(texts.lines) / seconds:.0f} sentences/s {texts.tokens / seconds:.0f} tokens/s", flush=True)


def sentence_transformers(args, texts):
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(args.encoder, device="cpu")
    model.max_seq_length = args.max_length
    yield "sentence-transformers fp32", lambda: model.encode(texts.lines, batch_size=args.batch_size)


def ctranslate2(args, texts):
    import ctranslate2
    folder = os.path.join(args.work, "ct2")
    if not os.path.exists(folder):
        ctranslate2.converters.TransformersConverter(args.encoder).convert(folder)
    for kind in ("float32", "int8_float32"):
        model = ctranslate2.Encoder(folder, device="cpu", compute_type=kind, intra_threads=args.threads)

        def run():
            for batch in texts.batches():
                np.array(model.forward_batch(batch).last_hidden_state)
        yield "ctranslate2 " + kind, run


def export_onnx(args, texts, fp32, int8):
    """Writes the encoder as ONNX in fp32, and with the weights in 8 bits and its attention fused."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer
    model = AutoModel.from_pretrained(args.encoder, attn_implementation="eager").eval().requires_grad_(False)

    class Hidden(torch.nn.Module):
        def forward(self, ids, mask):
            return model(input_ids=ids, attention_mask=mask).last_hidden_state

    sample = texts.tokenizer(texts.lines[:2], return_tensors="pt", padding=True)
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(Hidden(), (sample["input_ids"], sample["attention_mask"]), fp32, input_names=["ids", "mask"],
                      output_names=["hidden"], dynamic_axes={"ids": axes, "mask": axes, "hidden": axes}, dynamo=False,
                      opset_version=17)
    quantize_dynamic(fp32, int8 + ".raw", weight_type=QuantType.QInt8)
    optimizer.optimize_model(int8 + ".raw", model_type="bert", num_heads=model.config.num_attention_heads,
                             hidden_size=model.config.hidden_size, opt_level=1).save_model_to_file(int8)


def onnxruntime(args, texts):
    import onnxruntime
    files = {"fp32": os.path.join(args.work, "fp32.onnx"), "int8": os.path.join(args.work, "int8.onnx")}
    if not os.path.exists(files["int8"]):
        export_onnx(args, texts, **files)
    for name, file in files.items():
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

        def run():
            for batch in texts.batches():
                ids = np.zeros((len(batch), len(batch[0])), np.int64)
                mask = np.zeros_like(ids)
                for row, sequence in enumerate(batch):
                    ids[row, :len(sequence)] = sequence
                    mask[row, :len(sequence)] = 1
                session.run(None, {"ids": ids, "mask": mask})
        yield "onnxruntime " + name, run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, metavar="DIR")
    parser.add_argument("--file", required=True)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "infer_peers"), metavar="DIR")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    os.makedirs(args.work, exist_ok=True)
    texts = Texts(args)
    print(f"{len(texts.lines)} sentences, {texts.tokens} tokens")
    for library in (sentence_transformers, ctranslate2, onnxruntime):
        for name, run in library(args, texts):
            report(name, texts, run, args.runs)


if __name__ == "__main__":
    main()
