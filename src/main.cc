#include "cli/command_line.h"
#include "process.h"

int main(int argc, char** argv) {
  mtnlp::prepare_process();
  mtnlp::end_process(mtnlp::cli::run_mtnlp(argc, argv, /*libtorch=*/nullptr));
}
