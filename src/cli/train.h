// One training run from the command line, for the verbs that train one.
#pragma once

#include "cli/cli.h"
#include "cli/train_options.h"

namespace mtnlp::cli {

/// Trains a new run with `arguments`, whose options are those of `verb`, the verb train.
void start_train(const TrainArguments& arguments, const GlobalOptions& global, const VerbTable& verb);

/// Goes on with the run `start.resume`; `given` are the options on the command line, of which few may be others than it began with.
void resume_train(const RunArguments& start, const GlobalOptions& global, const VerbTable& given);

}  // namespace mtnlp::cli
