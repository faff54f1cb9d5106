// mtnlp-train: mtnlp with libtorch. mtnlp starts it for what needs libtorch.
#include "cli/command_line.h"
#include "network/quiet_libtorch.h"
#include "process.h"
#include "train/libtorch.h"

int main(int argc, char** argv) {
  mtnlp::prepare_process();
  mtnlp::quiet_libtorch();
  mtnlp::end_process(mtnlp::cli::run_mtnlp(argc, argv, &mtnlp::libtorch()));
}
