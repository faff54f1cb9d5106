// The process of the executable: its environment, memory, signals and end. What has to come before any
// library is initialised, such as taking variables out of the environment, comes with linking it in.
#pragma once

namespace mtnlp {

/// Sets what libraries read later: when memory goes back to the system, how much oneDNN keeps. A write
/// beyond the limit on a file's size becomes an error of that write.
void prepare_process();

/// Ends the process without the destructors of what is global: those of libtorch take some 80 ms and do
/// nothing that the end of a process does not do.
[[noreturn]] void end_process(int status);

}  // namespace mtnlp
