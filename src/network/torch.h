// The headers of libtorch that this project uses. torch/torch.h adds data loaders, optimisers and much else, and takes
// several times as long to compile.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>
#include <torch/utils.h>
