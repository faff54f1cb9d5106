// How fast each kernel is, beside its definition in plain ATen and beside the matrix products of the same
// layer, which are the limit. Build the target kernels_bench; options are those of Google Benchmark, such as
// --benchmark_filter=attention.
#include <benchmark/benchmark.h>

#include "engine/linear.h"
#include "network/ops.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

constexpr int64_t kTokens = 1024;

struct Size {
  int64_t dim, heads, inner;
};
constexpr Size kMiniLm = {384, 12, 1536}, kDistilBert = {768, 12, 3072};

torch::Tensor random(at::IntArrayRef shape) {
  return torch::randn(shape).requires_grad_();
}

/// Times forward() without gradients, or forward and backward.
template <typename Forward>
void measure(benchmark::State& state, bool backward, const std::vector<torch::Tensor>& leaves,
             Forward forward) {
  const torch::Tensor upstream = torch::ones_like(forward().detach());
  for (auto _ : state) {
    const at::AutoGradMode mode(backward);
    const torch::Tensor out = forward();
    if (backward) {
      out.backward(upstream);
      for (const torch::Tensor& leaf : leaves) leaf.mutable_grad() = torch::Tensor();
    }
  }
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(kTokens * state.iterations()), benchmark::Counter::kIsRate);
}

template <typename Function>
void attention(benchmark::State& state, Function function, const Size& size, bool backward) {
  const int64_t length = state.range(0);
  const Layout layout = make_layout(std::vector<int64_t>(static_cast<size_t>(kTokens / length), length));
  const torch::Tensor qkv = random({layout.tokens(), 3 * size.dim});
  const BatchDropout dropout{backward ? 0.1 : 0, 1};
  measure(state, backward, {qkv}, [&] { return function(qkv, layout, size.heads, dropout); });
}

template <typename Function>
void layer_norm(benchmark::State& state, Function function, const Size& size, bool backward) {
  const std::vector<torch::Tensor> x = {random({kTokens, size.dim}), random(size.dim),
                                        random({kTokens, size.dim}), random(size.dim), random(size.dim)};
  const BatchDropout dropout{backward ? 0.1 : 0, 1};
  measure(state, backward, x, [&] { return function(x[0], x[1], x[2], x[3], x[4], 1e-12, dropout); });
}

template <typename Function>
void gelu(benchmark::State& state, Function function, const Size& size, bool backward) {
  const torch::Tensor x = random({kTokens, size.inner}), bias = random(size.inner);
  measure(state, backward, {x, bias}, [&] { return function(x, bias); });
}

void count_operations(benchmark::State& state, int64_t in, int64_t out, int64_t products) {
  state.counters["operations/s"] =
      benchmark::Counter(static_cast<double>(2 * kTokens * in * out * products * state.iterations()),
                         benchmark::Counter::kIsRate);
}

void linear(benchmark::State& state, int64_t in, int64_t out, bool backward) {
  const torch::Tensor x = random({kTokens, in}), weight = random({out, in});
  measure(state, backward, {x, weight}, [&] { return torch::linear(x, weight); });
  count_operations(state, in, out, backward ? 3 : 1);
}

/// As inference has it, of floats or of bytes.
void packed_linear(benchmark::State& state, int64_t in, int64_t out, bool bytes) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({kTokens, in}), weight = torch::randn({out, in});
  const Linear packed(bytes ? Precision::kInt8 : Precision::kFp32, static_cast<size_t>(out),
                      {weight.const_data_ptr<float>(), static_cast<size_t>(weight.numel())});
  const torch::Tensor result = torch::empty({kTokens, out});
  measure(state, false, {}, [&] {
    packed.forward(kTokens, x.const_data_ptr<float>(), result.data_ptr<float>());
    return result;
  });
  count_operations(state, in, out, 1);
}

void register_all(const std::string& model, const Size& size, bool backward) {
  const std::string end = "/" + model + (backward ? "/training" : "/inference");
  const auto add = [&](const std::string& name, auto body) {
    return benchmark::RegisterBenchmark((name + end).c_str(), body)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  for (const int64_t length : {32, 128, 512}) {
    add("attention", [=](auto& state) { attention(state, varlen_attention, size, backward); })->Arg(length);
    add("attention_reference", [=](auto& state) {
      attention(state, reference::varlen_attention, size, backward);
    })->Arg(length);
  }
  add("add_layer_norm", [=](auto& state) { layer_norm(state, add_layer_norm, size, backward); });
  add("add_layer_norm_reference",
      [=](auto& state) { layer_norm(state, reference::add_layer_norm, size, backward); });
  add("bias_gelu", [=](auto& state) { gelu(state, bias_gelu, size, backward); });
  add("bias_gelu_reference", [=](auto& state) { gelu(state, reference::bias_gelu, size, backward); });
  const auto add_linear = [&](const std::string& place, int64_t in, int64_t out) {
    add("linear_" + place, [=](auto& state) { linear(state, in, out, backward); });
    if (backward) return;
    add("packed_" + place, [=](auto& state) { packed_linear(state, in, out, false); });
    add("packed_int8_" + place, [=](auto& state) { packed_linear(state, in, out, true); });
  };
  add_linear("qkv", size.dim, 3 * size.dim);
  add_linear("out", size.dim, size.dim);
  add_linear("up", size.dim, size.inner);
  add_linear("down", size.inner, size.dim);
}

}  // namespace
}  // namespace mtnlp

int main(int argc, char** argv) {
  for (const bool backward : {false, true}) {
    mtnlp::register_all("minilm", mtnlp::kMiniLm, backward);
    mtnlp::register_all("distilbert", mtnlp::kDistilBert, backward);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
