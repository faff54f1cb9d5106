// The part of libtorch that this project uses. torch/torch.h holds data loaders, optimisers and much else,
// and costs a translation unit several times as long to compile; this header is also the precompiled one.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>
#include <torch/utils.h>
