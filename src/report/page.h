// A report of runs as one page of HTML that needs nothing but itself: no network, no script, no font.
#pragma once

#include <string>

#include "report/facts.h"
#include "report/html.h"

namespace mtnlp {

/// Returns the page. It depends on the facts alone.
std::string report_page(const ReportFacts& facts);

// ---- its parts ----

/// Returns the figures of several runs beside each other, and what tests of each two of them say.
Html compared_html(const ReportFacts& facts);
/// Returns all sections of a run; `id` begins the addresses in them.
Html run_html(const RunFacts& run, const std::string& id);
/// Returns all sections of a task; `id` is that of the first.
Html task_html(const TaskFacts& task, const std::string& id);
/// Returns the figures of a task that count most, large.
Html headline_html(const TaskFacts& task);
/// Returns what is said of confidences: calibration, coverage, which answers may be trusted.
Html confidence_html(const ConfidenceFacts& facts);

/// Returns "0.9733"; "–" for NaN.
std::string figure_text(double value);
/// Returns "95 %: 0.9483 – 0.9864"; "" where there is no interval.
std::string range_text(const Interval95& interval);
/// Returns "97 %".
std::string percent_text(double share);
/// Returns `count` and the noun, with an s unless it is 1.
std::string count_text(size_t count, const std::string& noun);

/// The style sheet of the page.
extern const char* const kPageStyle;

}  // namespace mtnlp
