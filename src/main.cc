#include "cli/cli.h"

int main(int argc, char** argv) { return mtnlp::cli::run_mtnlp(argc, argv); }
