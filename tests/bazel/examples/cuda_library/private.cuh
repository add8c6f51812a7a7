#pragma once

// What --expt-relaxed-constexpr allows: a host function that device code calls.
constexpr int twice(int value) { return 2 * value; }
