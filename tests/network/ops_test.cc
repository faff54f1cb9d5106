// Every operation in three forms: the function the encoder calls (fused where there is a kernel), its
// definition in namespace reference, and a plain loop over unpacked sequences written here. Forward and
// gradients.
#include "network/ops.h"

#include <functional>
#include <numeric>

#include "network/fixtures.h"
#include "network/instruction_sets.h"

namespace mtnlp {
namespace {

using testing::normal;
using testing::Threads;
using testing::with_every_instruction_set;
using Tensors = std::vector<torch::Tensor>;
using Operation = std::function<torch::Tensor(const Tensors&)>;

constexpr double kFloatTolerance = 1e-5, kDoubleTolerance = 1e-11;

double tolerance(torch::ScalarType type) {
  return type == torch::kFloat64 ? kDoubleTolerance : kFloatTolerance;
}

Tensors as_type(const Tensors& tensors, torch::ScalarType type) {
  Tensors result;
  for (const torch::Tensor& tensor : tensors) result.push_back(tensor.to(type));
  return result;
}

/// The result of `operation` on leaves made of `inputs`, then the gradient of sum(result * upstream) for each
/// input.
Tensors run(const Operation& operation, const Tensors& inputs, torch::ScalarType type,
            uint64_t upstream_seed = 99) {
  Tensors leaves;
  for (const torch::Tensor& input : inputs)
    leaves.push_back(input.detach().to(type, /*non_blocking=*/false, /*copy=*/true).requires_grad_());
  const torch::Tensor result = operation(leaves);
  EXPECT_EQ(result.scalar_type(), type);
  result.backward(normal(result.sizes(), upstream_seed).to(type));
  Tensors all = {result.detach()};
  for (const torch::Tensor& leaf : leaves) all.push_back(leaf.grad());
  return all;
}

/// Element by element, relative to the largest of the expected numbers where that is above 1.
void expect_close(const Tensors& found, const Tensors& expected, double allowed) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(found[i].defined()) << "tensor " << i;
    const double largest = expected[i].numel() == 0 ? 0 : expected[i].abs().max().item<double>();
    EXPECT_LE(testing::max_difference(found[i], expected[i]), allowed * std::max(1.0, largest))
        << (i == 0 ? "result" : "gradient of input ") << i;
  }
}

/// Gradients of `operation` against central differences, all in double.
void expect_numerical_gradient(const Operation& operation, const Tensors& inputs) {
  const Tensors found = run(operation, inputs, torch::kFloat64);
  const torch::Tensor upstream = normal(found[0].sizes(), 99);
  const torch::NoGradGuard no_grad;
  Tensors moved;
  for (const torch::Tensor& input : inputs) moved.push_back(input.clone().contiguous());
  for (size_t i = 0; i < moved.size(); ++i) {
    auto* value = moved[i].data_ptr<double>();
    const torch::Tensor numerical = torch::empty_like(moved[i]);
    for (int64_t j = 0; j < moved[i].numel(); ++j) {
      const double step = 1e-5, before = value[j];
      value[j] = before + step;
      const double above = (operation(moved) * upstream).sum().item<double>();
      value[j] = before - step;
      const double below = (operation(moved) * upstream).sum().item<double>();
      value[j] = before;
      numerical.data_ptr<double>()[j] = (above - below) / (2 * step);
    }
    EXPECT_LE(testing::max_difference(found[i + 1], numerical), 1e-7) << "gradient of input " << i;
  }
}

std::vector<int64_t> lengths_to(int64_t longest) {
  std::vector<int64_t> lengths(static_cast<size_t>(longest));
  std::iota(lengths.begin(), lengths.end(), 1);
  return lengths;
}

// ---- attention ----

/// Softmax attention of every sequence and head by itself, the mask read out of dropout_mask and applied by
/// hand.
torch::Tensor plain_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                              const BatchDropout& dropout) {
  const int64_t dim = qkv.size(1) / 3, head_dim = dim / heads;
  const torch::Tensor mask =
      dropout_mask(dropout, layout.tokens(), layout.max_length, heads).to(qkv.scalar_type());
  Tensors sequences;
  for (int64_t b = 0; b < layout.batch(); ++b) {
    const int64_t begin = layout.offsets[static_cast<size_t>(b)], length = layout.length(b);
    const torch::Tensor own = qkv.narrow(0, begin, length);
    Tensors outputs;
    for (int64_t h = 0; h < heads; ++h) {
      const torch::Tensor query = own.narrow(1, h * head_dim, head_dim),
                          key = own.narrow(1, dim + h * head_dim, head_dim),
                          value = own.narrow(1, 2 * dim + h * head_dim, head_dim);
      torch::Tensor probabilities =
          torch::softmax(query.mm(key.t()) / std::sqrt(static_cast<double>(head_dim)), 1);
      if (dropout.active()) {
        const torch::Tensor rows = torch::arange(begin, begin + length) * heads + h;
        probabilities = probabilities * mask.index_select(0, rows).narrow(1, 0, length);
      }
      outputs.push_back(probabilities.mm(value));
    }
    sequences.push_back(torch::cat(outputs, 1));
  }
  return torch::cat(sequences, 0);
}

struct AttentionCase {
  std::vector<int64_t> lengths;
  int64_t heads, head_dim;
};

torch::Tensor attention_input(const AttentionCase& input, double scale = 1) {
  const int64_t tokens = std::accumulate(input.lengths.begin(), input.lengths.end(), int64_t{0});
  return scale *
         normal({tokens, 3 * input.heads * input.head_dim}, static_cast<uint64_t>(tokens + input.head_dim));
}

/// `function` (varlen_attention of either namespace) against `expected`, which runs in double.
template <typename Function, typename Expected>
void compare_attention(const AttentionCase& input, Function function, Expected expected,
                       torch::ScalarType type, double scale = 1, double allowed = 0) {
  const Layout layout = make_layout(input.lengths);
  // Both sides see the same numbers: those that the smaller type holds.
  const Tensors qkv = as_type(as_type({attention_input(input, scale)}, type), torch::kFloat64);
  for (const double rate : {0.0, 0.3}) {
    SCOPED_TRACE(mtnlp::str("heads ", input.heads, " of ", input.head_dim, ", ", input.lengths.size(),
                            " sequences, longest ", layout.max_length, ", rate ", rate));
    const BatchDropout dropout{rate, 5};
    expect_close(
        run([&](const Tensors& x) { return function(x[0], layout, input.heads, dropout); }, qkv, type),
        run([&](const Tensors& x) { return expected(x[0], layout, input.heads, dropout); }, qkv,
            torch::kFloat64),
        allowed > 0 ? allowed : tolerance(type));
  }
}

const std::vector<AttentionCase>& attention_cases() {
  static const std::vector<AttentionCase> cases = {
      {{1}, 1, 8},  // one token
      {{1}, 3, 5},          {{1, 1, 1}, 2, 16}, {{2, 1, 7, 3}, 4, 8}, {{17, 64, 1, 33, 5, 16, 15}, 2, 32},
      {{9, 31}, 12, 32},                                            // MiniLM's heads
      {{40, 3, 21}, 3, 64}, {{13, 27}, 2, 24},  {{13, 27}, 2, 12},  // no multiple of 8
      {{5, 10}, 3, 7},      {{5, 10}, 1, 1},    {{130, 2}, 2, 80},    {lengths_to(40), 2, 8},
  };
  return cases;
}

TEST(Attention, DefinitionEqualsPlainAttention) {
  for (const AttentionCase& input : attention_cases())
    compare_attention(input, reference::varlen_attention, plain_attention, torch::kFloat64);
}

TEST(Attention, EqualsPlainAttention) {
  for (const AttentionCase& input : attention_cases())
    compare_attention(input, varlen_attention, plain_attention, torch::kFloat32);
}

TEST(Attention, EqualsTheDefinitionWithAnyNumberOfThreads) {
  for (const int threads : {1, 2}) {
    const Threads guard(threads);
    for (const AttentionCase& input : attention_cases())
      for (const torch::ScalarType type : {torch::kFloat32, torch::kFloat64})
        compare_attention(input, varlen_attention, reference::varlen_attention, type);
  }
}

TEST(Attention, EqualsTheDefinitionAtAnyLength) {
  for (const int threads : {1, 2}) {
    const Threads guard(threads);
    for (int64_t length = 1; length <= 512; length += length < 68 ? 1 : length < 507 ? 37 : 1)
      compare_attention({{length}, 2, 16}, varlen_attention, reference::varlen_attention, torch::kFloat32);
    compare_attention({{512, 1, 511, 129, 128, 127, 257, 256, 2}, 1, 32}, varlen_attention,
                      reference::varlen_attention, torch::kFloat32);
  }
}

TEST(Attention, LargeScoresStayExact) {
  for (const AttentionCase& input : {AttentionCase{{1, 20, 7}, 2, 8}, AttentionCase{{65}, 1, 32}}) {
    compare_attention(input, varlen_attention, plain_attention, torch::kFloat32, 10, 1e-3);
    compare_attention(input, reference::varlen_attention, plain_attention, torch::kFloat64, 10, 1e-9);
  }
}

TEST(Attention, DefinitionHasTheNumericalGradient) {
  for (const std::vector<int64_t>& lengths : {std::vector<int64_t>{1}, std::vector<int64_t>{3, 1, 4}})
    for (const double rate : {0.0, 0.4}) {
      const Layout layout = make_layout(lengths);
      expect_numerical_gradient(
          [&](const Tensors& x) {
            return reference::varlen_attention(x[0], layout, 2, {rate, 11});
          },
          {normal({layout.tokens(), 3 * 2 * 3}, 4)});
    }
}

TEST(Attention, DoesNotLookBeyondItsSequence) {
  const AttentionCase input{{5, 9, 2}, 2, 8};
  const Layout layout = make_layout(input.lengths);
  const torch::Tensor qkv = attention_input(input).to(torch::kFloat32);
  const torch::Tensor changed = qkv.clone();
  changed.slice(0, 5, 14).fill_(1e6);  // the sequence in the middle
  const torch::Tensor before = varlen_attention(qkv, layout, 2, {}),
                      after = varlen_attention(changed, layout, 2, {});
  EXPECT_TRUE(torch::equal(before.slice(0, 0, 5), after.slice(0, 0, 5)));
  EXPECT_TRUE(torch::equal(before.slice(0, 14), after.slice(0, 14)));
}

// ---- add_layer_norm and bias_gelu ----

struct MatrixSize {
  int64_t rows, columns;
};
const MatrixSize kMatrices[] = {{1, 3},   {1, 8},    {2, 32},   {7, 48},  {64, 33},
                                {5, 100}, {300, 64}, {33, 384}, {3, 1537}};

Tensors norm_inputs(const MatrixSize& size) {
  const auto seed = static_cast<uint64_t>(size.rows * 7 + size.columns);
  return {normal({size.rows, size.columns}, seed), normal({size.columns}, seed + 1),
          normal({size.rows, size.columns}, seed + 2), 1 + 0.3 * normal({size.columns}, seed + 3),
          normal({size.columns}, seed + 4)};
}

Operation norm(bool definition, double eps, const BatchDropout& dropout) {
  return [=](const Tensors& x) {
    return (definition ? reference::add_layer_norm : add_layer_norm)(x[0], x[1], x[2], x[3], x[4], eps,
                                                                     dropout);
  };
}

torch::Tensor plain_norm(const Tensors& x, double eps, const BatchDropout& dropout) {
  torch::Tensor branch = x[0] + x[1];
  if (dropout.active())
    branch = branch * dropout_mask(dropout, branch.size(0), branch.size(1)).to(branch.scalar_type());
  const torch::Tensor sum = x[2] + branch, centred = sum - sum.mean(1, true);
  return centred / (centred.pow(2).mean(1, true) + eps).sqrt() * x[3] + x[4];
}

TEST(AddLayerNorm, AllFormsAreEqual) {
  for (const int threads : {1, 2}) {
    const Threads guard(threads);
    for (const MatrixSize& size : kMatrices)
      for (const double eps : {1e-12, 1e-5})
        for (const double rate : {0.0, 0.2}) {
          SCOPED_TRACE(mtnlp::str(size.rows, " x ", size.columns, ", eps ", eps, ", rate ", rate));
          const BatchDropout dropout{rate, 8};
          const Tensors inputs = as_type(as_type(norm_inputs(size), torch::kFloat32), torch::kFloat64);
          const Tensors expected =
              run([&](const Tensors& x) { return plain_norm(x, eps, dropout); }, inputs, torch::kFloat64);
          expect_close(run(norm(true, eps, dropout), inputs, torch::kFloat64), expected, 1e-9);
          expect_close(run(norm(false, eps, dropout), inputs, torch::kFloat64), expected, 1e-9);
          expect_close(run(norm(false, eps, dropout), inputs, torch::kFloat32), expected,
                       3 * kFloatTolerance);
        }
  }
}

TEST(AddLayerNorm, HasTheNumericalGradient) {
  for (const double rate : {0.0, 0.4})
    expect_numerical_gradient(norm(true, 1e-5, {rate, 2}), norm_inputs({3, 6}));
}

TEST(AddLayerNorm, LargeMeansAreTakenOut) {
  Tensors inputs = norm_inputs({4, 64});
  inputs[2] = inputs[2] + 1000;
  inputs = as_type(as_type(inputs, torch::kFloat32), torch::kFloat64);
  expect_close({run(norm(false, 1e-12, {}), inputs, torch::kFloat32)[0]},
               {run(norm(true, 1e-12, {}), inputs, torch::kFloat64)[0]}, 1e-3);
}

Operation gelu(bool definition) {
  return [=](const Tensors& x) { return (definition ? reference::bias_gelu : bias_gelu)(x[0], x[1]); };
}

TEST(BiasGelu, AllFormsAreEqual) {
  const auto plain = [](const Tensors& x) {
    const torch::Tensor sum = x[0] + x[1];
    return 0.5 * sum * (1 + torch::erf(sum / std::sqrt(2.0)));
  };
  for (const int threads : {1, 2}) {
    const Threads guard(threads);
    for (const MatrixSize& size : kMatrices) {
      SCOPED_TRACE(mtnlp::str(size.rows, " x ", size.columns));
      const auto seed = static_cast<uint64_t>(size.rows + size.columns);
      const Tensors inputs =
          as_type(as_type({2 * normal({size.rows, size.columns}, seed), normal({size.columns}, seed + 1)},
                          torch::kFloat32),
                  torch::kFloat64);
      const Tensors expected = run(plain, inputs, torch::kFloat64);
      expect_close(run(gelu(true), inputs, torch::kFloat64), expected, kDoubleTolerance);
      expect_close(run(gelu(false), inputs, torch::kFloat64), expected, kDoubleTolerance);
      expect_close(run(gelu(false), inputs, torch::kFloat32), expected, kFloatTolerance);
    }
  }
}

TEST(BiasGelu, WholeRange) {  // everywhere to a few units in the last place of its size, and of 1e-6 near 0
  const torch::Tensor x = torch::linspace(-12, 12, 24'001, torch::kFloat32).view({-1, 1});
  const Tensors inputs = {x.to(torch::kFloat64), torch::zeros({1}, torch::kFloat64)};
  const Tensors found = run(gelu(false), inputs, torch::kFloat32),
                exact = run(gelu(true), inputs, torch::kFloat64);
  for (size_t i : {0, 1})
    EXPECT_LE(((found[i].to(torch::kFloat64) - exact[i]).abs() / (1 + exact[i].abs())).max().item<double>(),
              1e-6);
  const torch::Tensor far = torch::tensor({{-1e4f, -40.0f, 0.0f, 40.0f, 1e4f}});
  EXPECT_TRUE(
      torch::equal(bias_gelu(far, torch::zeros({5})), torch::tensor({{0.0f, 0.0f, 0.0f, 40.0f, 1e4f}})));
}

TEST(BiasGelu, HasTheNumericalGradient) {
  expect_numerical_gradient(gelu(true), {normal({3, 5}, 1), normal({5}, 2)});
}

// ---- pooling ----

using Pool = torch::Tensor (*)(const torch::Tensor&, const Layout&);

torch::Tensor plain_pool(Pool pooling, const torch::Tensor& hidden, const Layout& layout) {
  Tensors rows;
  for (int64_t b = 0; b < layout.batch(); ++b) {
    const torch::Tensor own = hidden.narrow(0, layout.offsets[static_cast<size_t>(b)], layout.length(b));
    rows.push_back(pooling == pool_mean  ? own.sum(0) / static_cast<double>(layout.length(b))
                   : pooling == pool_cls ? own[0]
                                         : std::get<0>(own.max(0)));
  }
  return torch::stack(rows);
}

TEST(Pool, EqualsPlainPooling) {
  for (const int threads : {1, 2}) {
    const Threads guard(threads);
    for (const Pool pooling : {pool_mean, pool_cls, pool_max})
      for (const std::vector<int64_t>& lengths :
           {std::vector<int64_t>{1}, {1, 1}, {3}, {2, 7, 1, 5}, {512, 1, 300}, lengths_to(40)})
        for (const int64_t dim : {1, 8, 33})
          for (const torch::ScalarType type : {torch::kFloat32, torch::kFloat64}) {
            const Layout layout = make_layout(lengths);
            const Tensors hidden =
                as_type(as_type({normal({layout.tokens(), dim}, 5)}, type), torch::kFloat64);
            expect_close(run([&](const Tensors& x) { return pooling(x[0], layout); }, hidden, type),
                         run([&](const Tensors& x) { return plain_pool(pooling, x[0], layout); }, hidden,
                             torch::kFloat64),
                         type == torch::kFloat64 ? kDoubleTolerance : 1e-6);
          }
  }
}

TEST(Pool, HasTheNumericalGradient) {
  const Layout layout = make_layout(std::vector<int64_t>{3, 1, 4});
  for (const Pool pooling : {pool_mean, pool_cls, pool_max})
    expect_numerical_gradient([&](const Tensors& x) { return pooling(x[0], layout); }, {normal({8, 5}, 3)});
}

TEST(Pool, Literals) {
  const Layout layout = make_layout(std::vector<int64_t>{2, 1});
  const torch::Tensor hidden = torch::tensor({{1.0f, -4.0f}, {3.0f, -2.0f}, {-5.0f, 6.0f}});
  EXPECT_TRUE(torch::equal(pool_mean(hidden, layout), torch::tensor({{2.0f, -3.0f}, {-5.0f, 6.0f}})));
  EXPECT_TRUE(torch::equal(pool_cls(hidden, layout), torch::tensor({{1.0f, -4.0f}, {-5.0f, 6.0f}})));
  EXPECT_TRUE(torch::equal(pool_max(hidden, layout), torch::tensor({{3.0f, -2.0f}, {-5.0f, 6.0f}})));
}

// ---- what any of them may be handed ----

struct Named {
  const char* name;
  Operation operation, definition;
  Tensors inputs;
};

std::vector<Named> all_operations(const BatchDropout& dropout) {
  static const Layout layout = make_layout(std::vector<int64_t>{6, 1, 10});
  const auto attention = [=](bool definition) {
    return [=](const Tensors& x) {
      return (definition ? reference::varlen_attention : varlen_attention)(x[0], layout, 2, dropout);
    };
  };
  return {{"varlen_attention", attention(false), attention(true), {normal({17, 3 * 32}, 1)}},
          {"add_layer_norm", norm(false, 1e-12, dropout), norm(true, 1e-12, dropout), norm_inputs({17, 40})},
          {"bias_gelu", gelu(false), gelu(true), {normal({17, 40}, 2), normal({40}, 3)}}};
}

/// All ops with dropout off and on, inputs float.
template <typename Check>
void for_all_operations(Check check) {
  for (const double rate : {0.0, 0.3})
    for (Named& named : all_operations({rate, 6})) {
      SCOPED_TRACE(mtnlp::str(named.name, ", rate ", rate));
      named.inputs = as_type(named.inputs, torch::kFloat32);
      check(named);
    }
}

TEST(Ops, WithoutGradientsTheResultIsTheSame) {
  for_all_operations([](const Named& named) {
    const torch::Tensor trained = run(named.operation, named.inputs, torch::kFloat32)[0];
    const torch::Tensor plain = named.operation(named.inputs);
    EXPECT_FALSE(plain.requires_grad());
    EXPECT_TRUE(torch::equal(plain, trained));
    const c10::InferenceMode inference;
    EXPECT_TRUE(torch::equal(named.operation(named.inputs), trained));
  });
}

TEST(Ops, RepeatsBitForBit) {
  for_all_operations([](const Named& named) {
    const Tensors first = run(named.operation, named.inputs, torch::kFloat32),
                  second = run(named.operation, named.inputs, torch::kFloat32);
    for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(torch::equal(first[i], second[i])) << i;
  });
}

TEST(Ops, AnyInputMayBeFrozen) {
  for_all_operations([](const Named& named) {
    const Tensors all = run(named.operation, named.inputs, torch::kFloat32);
    for (size_t set = 1; set < size_t{1} << named.inputs.size(); ++set) {  // bit i: input i needs a gradient
      Tensors leaves;
      for (size_t i = 0; i < named.inputs.size(); ++i)
        leaves.push_back(named.inputs[i].clone().requires_grad_(set >> i & 1));
      const torch::Tensor result = named.operation(leaves);
      ASSERT_TRUE(result.requires_grad());
      result.backward(normal(result.sizes(), 99).to(torch::kFloat32));
      for (size_t i = 0; i < leaves.size(); ++i) {
        ASSERT_EQ(leaves[i].grad().defined(), (set >> i & 1) == 1) << "input " << i << " of set " << set;
        if (leaves[i].grad().defined()) expect_close({leaves[i].grad()}, {all[i + 1]}, kFloatTolerance);
      }
    }
  });
}

TEST(Ops, InputsMayLieInAnyWay) {
  for_all_operations([](const Named& named) {
    Tensors scattered;
    for (const torch::Tensor& input : named.inputs)
      scattered.push_back(input.dim() == 1 ? torch::stack({input, input}, 1).select(1, 0)
                                           : input.t().contiguous().t());
    EXPECT_FALSE(scattered[0].is_contiguous());
    Tensors leaves;
    for (const torch::Tensor& tensor : scattered) leaves.push_back(tensor.detach().requires_grad_());
    const Tensors expected = run(named.definition, named.inputs, torch::kFloat64);
    const torch::Tensor result = named.operation(leaves);
    expect_close({result}, {expected[0]}, 3 * kFloatTolerance);
    const torch::Tensor upstream = normal(result.sizes(), 99).to(torch::kFloat32);
    result.backward(upstream.t().contiguous().t());
    for (size_t i = 0; i < leaves.size(); ++i)
      expect_close({leaves[i].grad()}, {expected[i + 1]}, 3 * kFloatTolerance);
  });
}

TEST(Ops, GradientOfASumIsOneNumberSpread) {  // backward gets an expanded tensor with stride 0
  for_all_operations([](const Named& named) {
    Tensors fused, exact;
    for (const torch::Tensor& input : named.inputs) {
      fused.push_back(input.clone().requires_grad_());
      exact.push_back(input.to(torch::kFloat64).requires_grad_());
    }
    named.operation(fused).sum().backward();
    named.definition(exact).sum().backward();
    for (size_t i = 0; i < fused.size(); ++i)
      expect_close({fused[i].grad()}, {exact[i].grad()}, 3 * kFloatTolerance);
  });
}

TEST(Ops, ChainedThroughTheGraph) {  // inputs that are results, one result used twice
  for_all_operations([](const Named& named) {
    const auto chain = [](const Operation& operation) {
      return [operation](const Tensors& x) {
        Tensors scaled;
        for (const torch::Tensor& input : x) scaled.push_back(input * 0.5);
        const torch::Tensor once = operation(scaled);
        return once * once + once;
      };
    };
    expect_close(run(chain(named.operation), named.inputs, torch::kFloat32),
                 run(chain(named.definition), named.inputs, torch::kFloat64), 5 * kFloatTolerance);
  });
}

// ---- the vector kernels ----

TEST(Kernels, EqualTheDefinitionsWithEveryInstructionSet) {
  std::vector<torch::Tensor> results;
  with_every_instruction_set([&] {
    for (const AttentionCase& input : attention_cases())
      compare_attention(input, varlen_attention, reference::varlen_attention, torch::kFloat32);
    compare_attention({{512, 1, 50, 33}, 1, 64}, varlen_attention, reference::varlen_attention,
                      torch::kFloat32);
    for_all_operations([&](const Named& named) {
      const Tensors found = run(named.operation, named.inputs, torch::kFloat32);
      expect_close(found, run(named.definition, named.inputs, torch::kFloat64), 3 * kFloatTolerance);
      results.push_back(found[0]);
    });
  });
  // Vectors multiply and add in one rounding, plain code in two: what was asked for was really run.
  const size_t each = all_operations({}).size() * 2;
  if (results.size() > each) {
    EXPECT_FALSE(torch::equal(results.front(), results[each]));
  }
}

/// The result, rounded, and the gradients of `inputs` in their types; the upstream is one that bfloat16
/// holds.
Tensors run_rounded(const Named& named, const Tensors& inputs) {
  Tensors leaves;
  for (const torch::Tensor& input : inputs) leaves.push_back(input.clone().requires_grad_());
  const torch::Tensor result = named.operation(leaves);
  result.backward(normal(result.sizes(), 99).to(torch::kBFloat16).to(result.scalar_type()));
  Tensors all = {result.detach().to(torch::kBFloat16)};
  for (const torch::Tensor& leaf : leaves) all.push_back(leaf.grad());
  return all;
}

TEST(Kernels, InBfloat16GiveWhatTheyGiveInFloatRounded) {
  with_every_instruction_set([&] {
    for_all_operations([&](const Named& named) {
      Tensors rounded = named.inputs, floats = named.inputs;
      rounded[0] = rounded[0].to(torch::kBFloat16);
      floats[0] = rounded[0].to(torch::kFloat32);
      const Tensors found = run_rounded(named, rounded);
      Tensors expected = run_rounded(named, floats);
      expected[1] = expected[1].to(torch::kBFloat16);  // the gradient of what came in bfloat16
      for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(torch::equal(found[i], expected[i])) << i;
      // torch::equal also compares types; the definition keeps them alike.
      EXPECT_EQ(named.definition(rounded).scalar_type(), named.operation(rounded).scalar_type());
    });
  });
}

TEST(Kernels, RoundToBfloat16AsTorchDoes) {
  // GELU passes these through: ties to even, down and up, just beside a tie, the largest, infinity, NaN.
  const float infinity = std::numeric_limits<float>::infinity();
  const torch::Tensor bias = torch::tensor({16.0625f, 16.1875f, 16.062502f, 16.187498f, 40.3f, 3.4028235e38f,
                                            infinity, std::numeric_limits<float>::quiet_NaN()});
  with_every_instruction_set([&] {
    const torch::Tensor result = bias_gelu(torch::zeros({1, 8}, torch::kBFloat16), bias);
    EXPECT_TRUE(torch::allclose(result, bias.to(torch::kBFloat16).view({1, 8}), 0, 0, /*equal_nan=*/true))
        << result;
  });
}

TEST(Kernels, AnyNumberOfThreadsGivesTheSameBits) {
  static const Layout layout = make_layout(lengths_to(50));  // 1275 tokens
  const int64_t tokens = layout.tokens();
  const BatchDropout dropout{0.1, 12};
  const std::vector<Named> large = {
      {"varlen_attention",
       [&](const Tensors& x) { return varlen_attention(x[0], layout, 3, dropout); },
       {},
       {normal({tokens, 3 * 96}, 1)}},
      {"add_layer_norm", norm(false, 1e-12, dropout), {}, norm_inputs({tokens, 384})},
      {"bias_gelu", gelu(false), {}, {normal({tokens, 200}, 2), normal({200}, 3)}}};
  for (const Named& named : large) {
    SCOPED_TRACE(named.name);
    std::vector<Tensors> results;
    for (const int threads : {1, 2, 3, 7}) {
      const Threads guard(threads);
      results.push_back(run(named.operation, named.inputs, torch::kFloat32));
    }
    for (size_t k = 1; k < results.size(); ++k)
      for (size_t i = 0; i < results[0].size(); ++i)
        EXPECT_TRUE(torch::equal(results[k][i], results[0][i])) << i;
  }
}

TEST(Kernels, AnEmptyBatchIsEmpty) {
  EXPECT_EQ(bias_gelu(torch::empty({0, 8}), torch::zeros({8})).sizes(), (at::IntArrayRef{0, 8}));
  EXPECT_EQ(add_layer_norm(torch::empty({0, 8}), torch::zeros({8}), torch::empty({0, 8}), torch::ones({8}),
                           torch::zeros({8}), 1e-5, {})
                .sizes(),
            (at::IntArrayRef{0, 8}));
}

}  // namespace
}  // namespace mtnlp
